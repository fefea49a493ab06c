"""A claim: a request that a worker holds by a lease, and the loss of one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tgtui.registries.base import Lane
from tgtui.worker.queue.statements import SUSPECT_ATTEMPTS


class LeaseLost(Exception):
    """Another worker has the request now: nothing of this attempt may be written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that this worker holds until its lease runs out."""

    request_id: UUID
    registry: str
    name: str
    token: UUID
    attempt: int
    """Number of this attempt, from 1."""
    depth: int
    is_auto_queued: bool
    is_forced: bool
    priority: int

    def is_in(self, lane: Lane) -> bool:
        """Whether the lane's host serves the package."""
        return self.registry == lane.registry and lane.serves(self.name)

    @property
    def is_suspect(self) -> bool:
        """It was tried so often that it may crash the workers that try it."""
        return self.attempt > SUSPECT_ATTEMPTS
