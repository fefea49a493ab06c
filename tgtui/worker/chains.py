"""Looks after chains beside the jobs: those of which a request has just ended, and in turn all others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

from tgtui.basics.errors import DatabaseError
from tgtui.data.storage.database import Database
from tgtui.worker.ingest.completing import (
    complete,
    open_requests,
    unsettled_chains,
    unsettled_chains_of,
)
from tgtui.worker.ingest.rooms import Bounds

AT_ONCE = 100
"""Chains that one look takes in turn: a long queue of chains costs each look no more than a short one."""
COMPLETED_AT_ONCE = 20
"""Chains in one transaction."""


class Chains:
    """`on_queued` is called when a look queued something, `on_settled` when it settled chains."""

    def __init__(
        self,
        database: Database,
        bounds: Bounds,
        *,
        on_queued: Callable[[], None],
        on_settled: Callable[[], None],
    ) -> None:
        self._database = database
        self._bounds = bounds
        self._on_queued = on_queued
        self._on_settled = on_settled
        self._ended: set[UUID] = set()
        self._looking = asyncio.Lock()
        self._after: UUID | None = None
        self.is_stale = True
        """Something changed since the last look, or that one did not come to the end."""
        self.times_queued = 0
        """How often a look queued something."""
        self._open: dict[UUID, UUID] = {}
        """A request of each chain that was queued or fetched when it was last looked at."""
        self._open_before: dict[UUID, UUID] = {}
        """Of chains that were last looked at in the turn before: those that others settled go with it."""

    @property
    def is_due(self) -> bool:
        """A request has ended since the last look."""
        return bool(self._ended)

    def changed(self) -> None:
        """Something in the catalogue did."""
        self.is_stale = True

    def ended(self, request_id: UUID) -> None:
        """Its chains may be complete."""
        self._ended.add(request_id)

    async def look(self) -> bool:
        """Look at the chains of requests that ended, and at the next ones in turn; whether those were the last."""
        async with self._looking:
            ended, self._ended = self._ended, set()
            self.is_stale = False
            try:
                touched = await self._database.read(unsettled_chains_of, ended)
                in_turn = await self._database.read(unsettled_chains, self._after, AT_ONCE)
                self._after = in_turn[-1] if len(in_turn) == AT_ONCE else None
                self.is_stale = self.is_stale or self._after is not None
                await self._complete({*touched, *in_turn})
                if self._after is None:
                    self._open_before, self._open = self._open, {}
                return self._after is None
            except DatabaseError:
                self._ended |= ended
                self.is_stale = True
                raise

    async def look_at_all(self) -> None:
        """Look at every chain that is not known to be complete."""
        self._after = None
        while not await self.look():
            pass

    async def _complete(self, chain_ids: Collection[UUID]) -> None:
        known: dict[UUID, UUID] = {}
        for chain_id in chain_ids:
            for remembered in (self._open_before, self._open):
                if (request_id := remembered.pop(chain_id, None)) is not None:
                    known[chain_id] = request_id
        found = await self._database.read(open_requests, chain_ids, known)
        self._open.update(found)
        ripe = sorted(set(chain_ids) - found.keys())
        has_queued = False
        for start in range(0, len(ripe), COMPLETED_AT_ONCE):
            some = ripe[start : start + COMPLETED_AT_ONCE]
            while some:
                needy = await self._database.write(complete, some, self._bounds)
                has_queued |= needy is not None
                some = [id for id in some if needy is not None and id > needy]
        if ripe:
            self._on_settled()
        if has_queued:
            self.times_queued += 1
            self._on_queued()
