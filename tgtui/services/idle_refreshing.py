"""Refreshes the insights now and then while the app is open: in a process of its own, when the machine has time.

Only a catalogue in a file is refreshed so. For a server, whose apps are many, a worker does it (`docs/analytics.md`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from datetime import timedelta

from tgtui.analytics.errors import is_installed
from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import Settings
from tgtui.data.insights.reading import newest_refresh
from tgtui.data.storage.database import Database
from tgtui.services.refreshing import RefreshRun

LOOK_S = 300.0
"""Seconds from the start to the first look, and between two of them: nobody waits for it."""
QUIET = 0.5
"""Programs waiting for a processor, for each of these, up to which the machine has time."""

log = logging.getLogger("tgtui.insights")


class IdleRefreshing:
    """Looks now and then whether the newest results are as old as the settings allow."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        is_idle: Callable[[], bool],
        *,
        run: Callable[[Settings, timedelta], RefreshRun] = RefreshRun,
        look_s: float = LOOK_S,
    ) -> None:
        """`is_idle` tells whether this program and its machine have nothing else to do."""
        self._settings = settings
        self._database = database
        self._is_idle = is_idle
        self._make_run = run
        self._look_s = look_s
        self._after = timedelta(hours=settings.analytics.refresh_hours)
        self._not_before = clock.now()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, if the settings want it and the libraries are installed."""
        if self._task is None and self._database.is_sqlite and self._after:
            self._task = asyncio.create_task(self._run(), name="tgtui-insights")

    async def stop(self) -> None:
        """End what is running: results are as they were before."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def is_due(self) -> bool:
        """Whether results should be computed now."""
        now = clock.now()
        if now < self._not_before or not self._is_idle():
            return False
        newest = await self._database.read(newest_refresh)
        # A time of the future is of a clock that was wrong.
        return newest is None or not timedelta(0) <= now - newest[1] < self._after

    async def refresh(self) -> bool:
        """Run one to its end; False, with the reason in the log, if it failed. Cancelled, it is stopped."""
        self._not_before = clock.now() + self._after
        run = self._make_run(self._settings, self._after)
        await run.wait()
        if run.is_failed:
            log.warning("the insights were not refreshed: %s", run.result)
        return not run.is_failed

    async def _run(self) -> None:
        if not await asyncio.to_thread(is_installed):
            return
        while True:
            await asyncio.sleep(self._look_s)
            try:
                if await self.is_due():
                    await self.refresh()
            except (DatabaseError, OSError) as error:
                log.debug("looking at the insights failed: %s", error)


def has_time() -> bool:
    """Whether the machine's processors are mostly idle; where that is not known, they are held to be."""
    if not hasattr(os, "getloadavg"):
        return True
    return os.getloadavg()[0] < QUIET * (os.cpu_count() or 1)
