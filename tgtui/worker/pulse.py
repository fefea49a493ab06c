"""Tells the database that this worker works: not that its program runs, but that it looks at the queue and may write."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from tgtui.basics.errors import DatabaseError
from tgtui.data.requests.signs import give_sign, take_sign_away
from tgtui.data.storage.database import Database

BEAT_S = 20.0
"""Seconds between two signs. A third of what a probe accepts, and seldom enough for a laptop at rest."""

log = logging.getLogger("tgtui.worker")


class Pulse:
    """Runs as one task from `start` to `stop`."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._has_looked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def looked(self) -> None:
        """The worker has looked at the queue, or knows that it may take nothing. One that hangs never comes here."""
        self._has_looked.set()

    def start(self) -> None:
        """Start in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="tgtui-pulse")

    async def stop(self) -> None:
        """Take the sign away: the worker stops."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(DatabaseError):
            await self._database.write(take_sign_away, self._worker)

    async def _run(self) -> None:
        while True:
            await self._has_looked.wait()
            self._has_looked.clear()
            try:
                await self._database.write(give_sign, self._worker)
            except DatabaseError as error:
                log.warning("no sign of life: %s", error)
            await asyncio.sleep(BEAT_S)
