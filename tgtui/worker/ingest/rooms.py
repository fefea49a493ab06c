"""How many more requests a chain may have. To count its requests for each package of it would cost the square of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy import Connection

from tgtui.data.storage.sql import slices
from tgtui.worker.ingest import statements as sql

SHARE = 8
"""Of the room that was counted this part may be used before it is counted again: so many programs at once stay within
the bound. Near it every request is counted."""
CHAINS_KEPT = 100_000
"""Chains whose room is remembered, about 20 MB; the one looked at longest ago is forgotten first."""


class Bounds(Struct, frozen=True):
    """How much one chain may queue."""

    max_depth: int
    """Edges below a requested package."""
    max_packages: int
    """Requests in one chain, the roots included."""
    _spare: dict[UUID, int] = field(default_factory=dict)
    """How many more may be queued for a chain before it is counted again. What is rolled back was spent as well."""

    def rooms(
        self, connection: Connection, chain_ids: Sequence[UUID], new: int, joined: int
    ) -> dict[UUID, int]:
        """How many of `new` requests there is room for in each chain. All that are `joined` are added to it besides."""
        rooms: dict[UUID, int] = {}
        to_count: list[UUID] = []
        for chain_id in chain_ids:
            left = self._spare.get(chain_id, 0) - new - joined
            if left >= 0 or not new:
                rooms[chain_id] = new
                self._remember(chain_id, left)
            else:
                to_count.append(chain_id)
        for some in slices(to_count):
            lengths = dict.fromkeys(some, 0)
            lengths.update(
                (chain_id, length)
                for chain_id, length in connection.execute(sql.CHAIN_LENGTHS, {"chain_ids": some})
            )
            for chain_id, length in lengths.items():
                room = max(0, self.max_packages - length)
                rooms[chain_id] = min(room, new)
                self._remember(chain_id, (room - new - joined) // SHARE)
        return rooms

    def _remember(self, chain_id: UUID, spare: int) -> None:
        self._spare.pop(chain_id, None)
        if spare > 0:
            self._spare[chain_id] = spare
        while len(self._spare) > CHAINS_KEPT:
            self._spare.pop(next(iter(self._spare)), None)
