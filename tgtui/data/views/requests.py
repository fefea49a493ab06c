"""Requests, chains and the queue. Registry text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Whose = Literal["everybody", "own", "nobody"]
RequestStatus = Literal["pending", "fetching", "completed", "failed", "cancelled"]
Stage = Literal["fetching", "resolving", "writing"]

Target = tuple[str, str]
"""(registry, name) of a package."""

BOUND_REACHED = "bound_reached"
"""`error_code` of a completed request whose dependencies were not all queued."""
LIMITS = "the chain reached its limit (worker.max_packages or worker.max_depth)"
MAX_PACKAGES = 5_000
"""At most this many are asked for at once."""


class Step(Struct, frozen=True):
    """A worker's progress with one request."""

    stage: Stage
    done: int = 0
    """Bytes while fetching, packages while resolving."""
    total: int | None = None
    """None if unknown."""


class RequestRow(Struct, frozen=True):
    """A request, its state and the reason for it."""

    id: UUID
    registry: str
    name: str
    status: RequestStatus
    is_auto_queued: bool
    requested_by: str | None
    """Display name of who requested it; None for a dependency that the worker queued."""
    source_name: str | None
    """The package whose dependency this is."""
    depth: int
    attempt_count: int
    error_code: str | None
    error_message: str | None
    retry_after: datetime | None
    """By this machine's clock."""
    package_id: UUID | None
    step: Step | None
    """As its worker last reported; None if no one works on it."""
    created_at: datetime
    updated_at: datetime
    is_for_watchers: bool = False
    """The worker queued it, because someone watches the package."""
    chain_id: UUID | None = None
    """The chain it was read of, in which `status` is cancelled if it is left to others; None for a single request."""


class Chain(Struct, frozen=True):
    """What someone asked for at once, with counts of all requests it needs."""

    root: RequestRow
    """The first one; `requested_by` is whose chain it is."""
    total: int
    """Requests in the chain, the roots included."""
    completed: int
    failed: int
    cancelled: int
    roots: int = 1
    """How many of them were asked for."""
    is_settled: bool = True
    """It was cancelled, or a worker made sure that all it needs is here or in vain."""
    left_out: int = 0
    """Packages it needs that are not queued for it, because it reached a limit. Known once it is settled."""

    @property
    def id(self) -> UUID:
        """Of the chain, or of a request that is none."""
        return self.root.chain_id or self.root.id

    @property
    def open(self) -> int:
        """Still pending or fetching."""
        return self.total - self.completed - self.failed - self.cancelled


class ChainPage(Struct, frozen=True):
    """Chains, newest first."""

    rows: tuple[Chain, ...]
    next_cursor: UUID | None


class Refused(Struct, frozen=True):
    """A package that was not queued."""

    registry: str
    name: str
    reason: str
    """A sentence."""


class Retried(Struct, frozen=True):
    """The outcome of a retry."""

    request_id: UUID
    """The first that is queued."""
    is_new: bool
    """Something is queued that was not."""
    queued: int
    """How many requests are queued again; 0 if some only waited for their next try, which is now."""
    refused: tuple[Refused, ...] = ()
    """What is not tried again, and why."""


class Cancelled(Struct, frozen=True):
    """What became of a chain's pending requests."""

    ended: int
    """Cancelled."""
    left: int
    """Still queued, because another living chain needs them."""


class RegistryOutage(Struct, frozen=True):
    """A registry's host that is being left alone."""

    registry: str
    host: str
    """In the form of `Lane.host`."""
    reason: str
    """A sentence."""
    until: datetime
    """When it is tried again, by this machine's clock."""
    is_on: bool = True
    """False once the wait is over and the host has not answered yet."""


class WorkAtHand(Struct, frozen=True):
    """A request that a worker is working on, in any program."""

    registry: str
    name: str
    step: Step


class QueueView(Struct, frozen=True):
    """The queue in one line."""

    counts: QueueCounts
    at_hand: WorkAtHand | None
    """The one that has been worked on the longest."""
    outages: tuple[RegistryOutage, ...]
    whose: Whose = "everybody"
    """What is counted and shown: all requests, one person's own, or none."""


class QueueCounts(Struct, frozen=True):
    """Counts for the queue strip."""

    pending: int
    fetching: int
    failed: int
    """Failed in the last day."""
    waiting: int
    """Pending with a retry time in the future; counted in `pending` too."""
