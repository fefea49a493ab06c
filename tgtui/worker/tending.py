"""Done beside the queue and off the hot path: stores interactions in batches, and updates the search's counts
after changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import date
from uuid import UUID

from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.data.search.index import drain, is_stale
from tgtui.data.storage.database import Database
from tgtui.data.upkeep.interactions import Interaction, Kind, record
from tgtui.data.versions.named import package_ids

BATCH_S = 3.0
"""Seconds for which interactions are gathered before they are stored."""
INDEX_PAUSE_S = 0.1
"""Seconds between two parts of the index's work, so that an ingest gets its turn."""
LAST_WORK_S = 1.0
"""Seconds that closing may take to update the index."""
MAX_UNKNOWN = 500
"""At most this many requested packages are watched until they arrive, to count the request."""

log = logging.getLogger("tgtui.tending")


class Tending:
    """Runs as one task from `start` to `stop`."""

    def __init__(
        self, database: Database, account_id: UUID | None, *, records: bool, indexes: bool
    ) -> None:
        """`records` turns on storing interactions, `indexes` updating the search."""
        self.account_id = account_id
        """Whose interactions are recorded; None records nothing."""
        self._database = database
        self._records = records
        self.indexes = indexes
        self._noted: dict[Interaction, None] = {}
        self._unknown: dict[tuple[str, str], tuple[UUID, date]] = {}
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="tgtui-tending")

    async def stop(self) -> None:
        """Store what was noted; the next program counts what is not counted by then."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def note(self, kind: Kind, package_id: UUID) -> None:
        """Note an interaction. Nothing is written now, and each is stored once a day at most."""
        if self._records and self.account_id is not None:
            day = clock.now().date()
            self._noted[Interaction(package_id, self.account_id, kind, day)] = None

    def note_request(self, registry: str, name: str) -> None:
        """Note a request for a package, which may arrive in the catalogue only later."""
        if self._records and self.account_id is not None and len(self._unknown) < MAX_UNKNOWN:
            self._unknown[registry, name] = (self.account_id, clock.now().date())

    async def _run(self) -> None:
        while not self._stopping.is_set():
            await self._attempt()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), BATCH_S)
        await self._attempt()

    async def _attempt(self) -> None:
        try:
            await self._store()
            await self._index()
        except DatabaseError as error:
            log.warning("tried again later: %s", error)
        except Exception:
            log.exception("tending failed")

    async def _store(self) -> None:
        if self._unknown:
            found = await self._database.read(package_ids, list(self._unknown))
            for name, package_id in found.items():
                account_id, day = self._unknown.pop(name)
                self._noted[Interaction(package_id, account_id, "request", day)] = None
        noted = list(self._noted)
        if noted:
            await self._database.write(record, noted)
            for interaction in noted:
                self._noted.pop(interaction, None)

    async def _index(self) -> None:
        if not self.indexes:
            return
        loop = asyncio.get_running_loop()
        is_last = self._stopping.is_set()
        until = loop.time() + LAST_WORK_S
        while loop.time() < until if is_last else not self._stopping.is_set():
            if not await self._database.read(is_stale) or not await self._database.write(drain):
                return
            await asyncio.sleep(0 if is_last else INDEX_PAUSE_S)
