"""A refresh of the results in a process of its own, at low priority: the app and `tgtui worker --analytics` run it.

Nothing here imports the libraries of analytics but the process itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import asdict

from tgtui.analytics.errors import Stopped, require_extra
from tgtui.analytics.steps import AnalyticsStep
from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted, number
from tgtui.basics.leaving import HANG_UP, TERMINATE, leaving
from tgtui.basics.logfields import fields
from tgtui.basics.settings import Settings
from tgtui.services.child import ChildRun, say

NICENESS = 15
"""Of 19: whoever types does not wait for it."""
LOOK_S = 3_600.0
"""Seconds between two looks at whether the results are old, of a worker."""
CURRENT = "The results are young enough."

log = logging.getLogger("tgtui.analytics")


class RefreshRun(ChildRun[AnalyticsStep]):
    """A refresh in a separate process; the tables are as before or as after it."""

    STOPPED = "The refresh was stopped; the results are as they were."
    CRASHED = "The refresh crashed; run `tgtui analytics refresh` to see why."

    def __init__(self, settings: Settings, older_than: timedelta | None = None) -> None:
        """Nothing is done if the newest results are younger than `older_than`, or another program exports."""
        self.is_current = False
        """It found results that are young enough."""
        hours = older_than.total_seconds() / 3_600 if older_than is not None else None
        job = {"settings": msgspec.to_builtins(settings), "older_than_hours": hours}
        super().__init__("analytics-refresh", __name__, job, AnalyticsStep("opening"))

    async def wait(self) -> None:
        """Until it has ended; cancelled, it is stopped."""
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            await self.stop()
            raise

    def step_of(self, told: dict[str, Any]) -> AnalyticsStep:
        return AnalyticsStep(**told)

    def outcome_of(self, told: dict[str, Any]) -> str:
        self.is_current = bool(told["is_current"])
        return super().outcome_of(told)


async def refresh_regularly(
    settings: Settings, *, once: bool = False, look_s: float = LOOK_S
) -> None:
    """Refresh whenever the results are older than the settings say, until cancelled. NotInstalled.

    A failure is logged, and tried again at the next look.
    """
    require_extra()
    hours = settings.analytics.refresh_hours
    while hours:
        run = RefreshRun(settings, timedelta(hours=hours))
        await run.wait()
        if run.is_failed:
            log.warning("analytics failed", extra=fields(reason=run.result))
        elif not run.is_current:
            log.info("analytics refreshed", extra=fields(result=run.result))
        if once:
            return
        await asyncio.sleep(look_s)


def main() -> int:
    """The process of a RefreshRun: reads a job as JSON from stdin, writes one JSON object per line to stdout."""
    job = json.load(sys.stdin)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    settings = msgspec.convert(job["settings"], Settings)
    hours = job["older_than_hours"]
    is_asked = False

    def asked(_number: int) -> None:
        nonlocal is_asked
        is_asked = True

    def tell(step: AnalyticsStep) -> None:
        if is_asked:
            raise Stopped
        say({"step": asdict(step)})

    try:
        with leaving(asked, TERMINATE, HANG_UP):
            require_extra()
            from tgtui.services.analytics import refresh

            older = timedelta(hours=hours) if hours is not None else None
            done = refresh(settings, tell, older_than=older, yields=True)
    except TgtuiError as error:
        say({"failed": str(error)})
        return error.exit_code
    except Stopped:
        return 1
    if done is None:
        say({"ended": CURRENT, "is_current": True})
    else:
        rows = number(sum(done.exported.rows.values())) if done.exported is not None else "0"
        ended = f"{rows} rows were exported, and {counted(done.results, 'result')} computed."
        say({"ended": ended, "is_current": False})
    return 0


if __name__ == "__main__":
    sys.exit(main())
