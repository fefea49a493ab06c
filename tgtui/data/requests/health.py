"""What an operator watches of the queue, and how long its history is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from tgtui.basics import clock
from tgtui.basics.ids import first_uuid7
from tgtui.data.models.tables import PackageRequest
from tgtui.data.requests.lists import queued
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, literal

ACTIVE = ("pending", "fetching")
PRUNED_AT_ONCE = 500
"""Requests of one transaction: a short one, so that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The queue as one line says it."""

    pending: int
    fetching: int
    due: int
    """Pending and not waiting for a retry: work that nobody does yet."""
    oldest_due_s: int
    """Seconds since the oldest of them was asked for, 0 where nothing is due."""


def queue_health(session: Session) -> QueueHealth:
    """From the partial indexes of what is queued."""
    is_due = _is_due()
    row = session.execute(
        select(
            func.count(case((PackageRequest.status == "pending", 1))).label("pending"),
            func.count(case((PackageRequest.status == "fetching", 1))).label("fetching"),
            func.count(case((is_due, 1))).label("due"),
            func.min(case((is_due, PackageRequest.created_at))).label("oldest"),
        ).where(queued())
    ).one()
    waited = clock.now() - row.oldest if row.oldest is not None else timedelta(0)
    return QueueHealth(row.pending, row.fetching, row.due, max(0, int(waited.total_seconds())))


def is_unattended(session: Session) -> bool:
    """Work is due, and nobody does any: no request is held by a worker that is alive, no registry asked for patience.

    A worker that is there takes what is due within a second or two. Who sees only their own requests is told of those.
    """
    due = select(PackageRequest.id).where(_is_due())
    held = select(PackageRequest.id).where(
        PackageRequest.status == literal("fetching"),
        PackageRequest.lease_expires_at > database_time(),
    )
    is_due, is_held = session.execute(select(exists(due), exists(held))).one()
    return is_due and not is_held and not current_outages(session)


def prune_history(session: Session, *, days: int) -> bool:
    """Forget some requests of the oldest chain that ended `days` ago; False when there is none.

    A chain goes only when all of it has ended and is old enough. Its youngest go first and its root last: what
    is left meanwhile is still a chain.
    """
    cutoff = clock.now() - timedelta(days=days)
    root_id = session.scalar(_old_root(cutoff))
    if root_id is None:
        return False
    gone = session.scalars(
        select(PackageRequest.id)
        .where(or_(PackageRequest.id == root_id, PackageRequest.root_request_id == root_id))
        .order_by(PackageRequest.id.desc())
        .limit(PRUNED_AT_ONCE)
    ).all()
    session.execute(delete(PackageRequest).where(PackageRequest.id.in_(gone)))
    announce(session, "requests")
    return True


def _is_due() -> ColumnElement[bool]:
    return and_(
        PackageRequest.status == literal("pending"),
        or_(PackageRequest.retry_after.is_(None), PackageRequest.retry_after <= database_time()),
    )


def _old_root(cutoff: datetime) -> Select[UUID]:
    """By the key, which is in order of time: nothing younger is read."""
    member = aliased(PackageRequest)
    stays = or_(member.status.in_(ACTIVE), member.updated_at >= cutoff)
    return (
        select(PackageRequest.id)
        .where(
            PackageRequest.id < first_uuid7(cutoff),
            or_(PackageRequest.is_auto_queued.is_(False), PackageRequest.root_request_id.is_(None)),
            PackageRequest.status.not_in(ACTIVE),
            PackageRequest.updated_at < cutoff,
            ~exists().where(member.root_request_id == PackageRequest.id, stays),
        )
        .order_by(PackageRequest.id)
        .limit(1)
    )
