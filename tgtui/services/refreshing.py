"""Refreshes the insights now and then while the app is open: in a process of its own, when the machine has time.

Only a catalogue in a file is refreshed so. For a server, whose apps are many, a worker does it (`docs/analytics.md`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from importlib.util import find_spec

from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import Settings
from tgtui.data.insights.reading import newest_refresh
from tgtui.data.storage.database import Database

COMMAND = (sys.executable, "-m", "tgtui", "analytics", "refresh")
NEEDS = ("duckdb", "pyarrow", "pyiceberg")
"""Without them nothing is tried; looking for them imports nothing."""
AFTER = timedelta(days=1)
"""How old results are when they are computed again, and when it is tried again after a failure."""
LOOK_S = 300.0
"""Seconds from the start to the first look, and between two of them: nobody waits for it."""
QUIET = 0.5
"""Programs waiting for a processor, for each of these, up to which the machine has time."""
LOW_PRIORITY = 15
LAST_WORDS = 300
"""Characters of what the command said that are logged."""

log = logging.getLogger("tgtui.insights")


class Refreshing:
    """Looks now and then whether the newest results are a day old."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        is_idle: Callable[[], bool],
        *,
        command: Sequence[str] = COMMAND,
        look_s: float = LOOK_S,
    ) -> None:
        """`is_idle` tells whether this program and its machine have nothing else to do."""
        self._settings = settings
        self._database = database
        self._is_idle = is_idle
        self._command = command
        self._look_s = look_s
        self._not_before = clock.now()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, if the settings want it and the libraries are installed."""
        if self._task is None and self._database.is_sqlite and self._settings.refresh_insights:
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
        return newest is None or not timedelta(0) <= now - newest[1] < AFTER

    async def refresh(self) -> bool:
        """Run the command to its end; False, with the reason in the log, if it failed."""
        self._not_before = clock.now() + AFTER
        process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=os.name != "nt",
        )
        _calm(process.pid)
        try:
            _out, said = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
        if process.returncode:
            words = said.decode(errors="replace").strip()[-LAST_WORDS:]
            log.warning("the insights were not refreshed (%d): %s", process.returncode, words)
        return process.returncode == 0

    async def _run(self) -> None:
        if not await asyncio.to_thread(are_installed):
            return
        while True:
            await asyncio.sleep(self._look_s)
            try:
                if await self.is_due():
                    await self.refresh()
            except (DatabaseError, OSError) as error:
                log.debug("looking at the insights failed: %s", error)

    def _environment(self) -> Mapping[str, str]:
        """The same catalogue; its address may have a password, which a command line would show to everyone."""
        settings = self._settings
        return {
            **os.environ,
            "TGTUI_DATABASE_URL": settings.effective_database_url,
            "TGTUI_DATA_DIR": str(settings.data_folder),
        }


def are_installed() -> bool:
    """Whether the libraries of the analytics are."""
    return all(find_spec(name) is not None for name in NEEDS)


def has_time() -> bool:
    """Whether the machine's processors are mostly idle; where that is not known, they are held to be."""
    if not hasattr(os, "getloadavg"):
        return True
    return os.getloadavg()[0] < QUIET * (os.cpu_count() or 1)


def _calm(pid: int) -> None:
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, LOW_PRIORITY)
