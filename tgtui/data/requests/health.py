"""The health of the queue for operators, and the deletion of its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from tgtui.basics.ids import first_uuid7
from tgtui.data.models.tables import PackageRequest
from tgtui.data.requests.lists import queued
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, literal
from tgtui.data.storage.times import database_now

ACTIVE = ("pending", "fetching")
PRUNED_AT_ONCE = 500
"""Requests deleted in one transaction: few, so that no one waits for it."""


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The state of the queue in one log line."""

    pending: int
    fetching: int
    due: int
    """Pending and not waiting for a retry: work that is not claimed yet."""
    oldest_due_s: int
    """Seconds since the oldest of them was requested; 0 if nothing is due."""


def queue_health(session: Session) -> QueueHealth:
    """Read the state from the partial indexes of what is queued."""
    is_due = _is_due()
    row = session.execute(
        select(
            func.count(case((PackageRequest.status == "pending", 1))).label("pending"),
            func.count(case((PackageRequest.status == "fetching", 1))).label("fetching"),
            func.count(case((is_due, 1))).label("due"),
            func.min(case((is_due, PackageRequest.created_at))).label("oldest"),
        ).where(queued())
    ).one()
    waited = database_now(session) - row.oldest if row.oldest is not None else timedelta(0)
    return QueueHealth(row.pending, row.fetching, row.due, max(0, int(waited.total_seconds())))


def is_unattended(session: Session) -> bool:
    """Whether work is due and no worker does any: no live worker holds a request, no registry is being left alone.

    A running worker takes a due request within a second or two. With restricted rights only one's own requests count.
    """
    due = select(PackageRequest.id).where(_is_due())
    held = select(PackageRequest.id).where(
        PackageRequest.status == literal("fetching"),
        PackageRequest.lease_expires_at > database_time(),
    )
    is_due, is_held = session.execute(select(exists(due), exists(held))).one()
    return is_due and not is_held and not current_outages(session)


def prune_history(session: Session, *, days: int) -> bool:
    """Delete some requests of the oldest chain that ended `days` ago; False if there is none.

    A chain is deleted only when all of it has ended and is old enough. Its youngest requests go first and its root
    last, so that the rest is still a chain.
    """
    cutoff = database_now(session) - timedelta(days=days)
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
    """By the key, which is in order of time, so that nothing younger is read."""
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
