"""A refresh of the results in a process of its own, at low priority: the app and `tgtui worker --analytics` run it.

Nothing here imports the libraries of analytics but the process itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import msgspec

from tgtui.analytics.errors import Stopped, require_extra
from tgtui.analytics.steps import AnalyticsStep
from tgtui.basics.errors import TgtuiError
from tgtui.basics.events import Subscribers
from tgtui.basics.formatting import counted, number
from tgtui.basics.leaving import HANG_UP, TERMINATE, leaving
from tgtui.basics.logfields import fields
from tgtui.basics.settings import Settings
from tgtui.services.child import run_child, say

NICENESS = 15
"""Of 19: whoever types does not wait for it."""
LOOK_S = 3_600.0
"""Seconds between two looks at whether the results are old, of a worker."""
CURRENT = "The results are young enough."

log = logging.getLogger("tgtui.analytics")


class RefreshRun:
    """A refresh in a separate process. `step` is its progress, `result` its outcome."""

    def __init__(self, settings: Settings, older_than: timedelta | None = None) -> None:
        """Nothing is done if the newest results are younger than `older_than`, or another program exports."""
        self.step = AnalyticsStep("opening")
        self.result: str | None = None
        """A sentence once it has ended, else None."""
        self.is_failed = False
        self.is_current = False
        """It found results that are young enough."""
        self._settings = settings
        self._older_than = older_than
        self._subscribers = Subscribers()
        self._task = asyncio.create_task(self._run(), name="analytics-refresh")

    @property
    def is_running(self) -> bool:
        return self.result is None

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` in the event loop at every step and at the end. Returns a function that unsubscribes it."""
        return self._subscribers.add(callback)

    async def wait(self) -> None:
        """Until it has ended; cancelled, it is stopped."""
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop it; the tables are as before or as after."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        hours = self._older_than.total_seconds() / 3_600 if self._older_than is not None else None
        job = {"settings": msgspec.to_builtins(self._settings), "older_than_hours": hours}
        try:
            await run_child(__name__, job, self._hear)
        except asyncio.CancelledError:
            self._end("The refresh was stopped; the results are as they were.", is_failed=True)
            raise
        if self.is_running:
            self._end(
                "The refresh crashed; run `tgtui analytics refresh` to see why.", is_failed=True
            )

    def _hear(self, told: dict[str, Any]) -> None:
        if "failed" in told:
            self._end(str(told["failed"]), is_failed=True)
        elif "ended" in told:
            self.is_current = bool(told["is_current"])
            self._end(str(told["ended"]))
        else:
            self.step = AnalyticsStep(**told["step"])
            self._subscribers.tell()

    def _end(self, result: str, *, is_failed: bool = False) -> None:
        self.result, self.is_failed = result, is_failed
        self._subscribers.tell()


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
