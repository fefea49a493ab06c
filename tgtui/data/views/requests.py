"""What queries return of requests and of the queue: frozen as in `views`, and as hostile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Whose = Literal["everybody", "own", "nobody"]
RequestStatus = Literal["pending", "fetching", "completed", "failed", "cancelled"]
Stage = Literal["fetching", "resolving", "writing"]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a worker is with one request."""

    stage: Stage
    done: int = 0
    """Bytes while fetching, packages while resolving."""
    total: int | None = None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request and why it is where it is."""

    id: UUID
    registry: str
    name: str
    status: RequestStatus
    is_auto_queued: bool
    requested_by: str | None
    """Display name of who asked; None for a dependency that was queued by the worker."""
    source_name: str | None
    """The package whose dependency this is."""
    root_request_id: UUID | None
    depth: int
    attempt_count: int
    error_code: str | None
    error_message: str | None
    retry_after: datetime | None
    package_id: UUID | None
    step: Step | None
    """As its worker told at the last beat, None where nobody works on it."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Chain:
    """A request with all that were queued because of it, counted."""

    root: RequestRow
    total: int
    """Requests in the chain, the root included."""
    completed: int
    failed: int
    cancelled: int

    @property
    def open(self) -> int:
        """Still pending or fetching."""
        return self.total - self.completed - self.failed - self.cancelled


@dataclass(frozen=True, slots=True)
class ChainPage:
    """Chains, newest first."""

    rows: tuple[Chain, ...]
    next_cursor: UUID | None


@dataclass(frozen=True, slots=True)
class RegistryOutage:
    """A registry's host that is left alone for a while."""

    registry: str
    host: str
    """As `Lane.host` has it."""
    reason: str
    """A sentence."""
    until: datetime
    """When it is tried again, by this machine's clock."""
    is_on: bool = True
    """False once the wait is over and the host has not answered yet."""


@dataclass(frozen=True, slots=True)
class WorkAtHand:
    """A request somebody works on this moment, wherever that is."""

    registry: str
    name: str
    step: Step


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue in one line."""

    counts: QueueCounts
    at_hand: WorkAtHand | None
    """The one that is worked on for longest."""
    outages: tuple[RegistryOutage, ...]
    whose: Whose = "everybody"
    """What is counted and shown: all requests, one person's own, or none."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What the queue strip says."""

    pending: int
    fetching: int
    failed: int
    """Failed in the last day."""
    waiting: int
    """Pending with a retry time in the future; counted in `pending` too."""
