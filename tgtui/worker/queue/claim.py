"""A claim: a request that a worker holds by a lease, and the loss of one."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from tgtui.registries.base import Lane


class LeaseLost(Exception):
    """Another worker has the request now: nothing of this attempt may be written."""


class Claim(Struct, frozen=True):
    """A request that this worker holds until its lease runs out."""

    request_id: UUID
    registry: str
    name: str
    token: UUID
    attempt: int
    """Number of this attempt, from 1."""
    alone_count: int
    """How often in a row it was taken over to run alone, with this time; 0 if it runs beside others."""
    depth: int
    is_auto_queued: bool
    is_forced: bool
    priority: int

    def is_in(self, lane: Lane) -> bool:
        """Whether the lane's host serves the package."""
        return self.registry == lane.registry and lane.serves(self.name)

    @property
    def is_suspect(self) -> bool:
        """Its former owner died or was cut off, perhaps because of it."""
        return self.alone_count > 0
