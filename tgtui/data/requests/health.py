"""The health of the queue for operators, and the deletion of its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from tgtui.basics.ids import first_uuid7
from tgtui.data.models.tables import PackageRequest
from tgtui.data.requests.chains import ACTIVE, chains, is_unsettled, is_wanted, members, requests
from tgtui.data.requests.lists import queued
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, literal
from tgtui.data.storage.times import database_now

LOOKED_AT = 50
"""Chains, the newest, that are looked at to know whether a worker is running."""
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

    A running worker takes a due request within a second or two, and as soon looks at a chain that has nothing queued.
    With restricted rights only one's own requests count.
    """
    due = select(PackageRequest.id).where(_is_due())
    held = select(PackageRequest.id).where(
        PackageRequest.status == literal("fetching"),
        PackageRequest.lease_expires_at > database_time(),
    )
    newest = (
        select(chains.c.id)
        .where(is_unsettled())
        .order_by(chains.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    queued_for = exists().where(
        members.c.chain_id == newest.c.id,
        is_wanted(),
        PackageRequest.id == members.c.request_id,
        queued(),
    )
    unfinished = select(newest.c.id).where(~queued_for)
    is_due, is_unfinished, is_held = session.execute(
        select(exists(due), exists(unfinished), exists(held))
    ).one()
    return (is_due or is_unfinished) and not is_held and not current_outages(session)


def prune_history(session: Session, *, days: int) -> bool:
    """Delete some requests of the oldest chain that ended `days` ago; False if there is none.

    A chain is deleted only when all of it has ended and is old enough. Its youngest requests go first and the chain
    last, so that the rest is still a chain. What another chain has too stays with that one.
    """
    cutoff = database_now(session) - timedelta(days=days)
    chain_id = session.scalar(_old_chain(cutoff))
    if chain_id is None:
        gone = session.scalars(_of_no_chain(cutoff)).all()
    else:
        gone = session.scalars(_of_this_chain_alone(chain_id)).all()
        if len(gone) < PRUNED_AT_ONCE:
            session.execute(delete(chains).where(chains.c.id == chain_id))
    # In the order of all transactions: a delete locks in the order of its plan.
    ended = requests.c.id.in_(gone)
    session.execute(select(requests.c.id).where(ended).order_by(requests.c.id).with_for_update())
    session.execute(delete(PackageRequest).where(PackageRequest.id.in_(gone)))
    if chain_id is None and not gone:
        return False
    announce(session, "requests")
    return True


def _is_due() -> ColumnElement[bool]:
    return and_(
        PackageRequest.status == literal("pending"),
        or_(PackageRequest.retry_after.is_(None), PackageRequest.retry_after <= database_time()),
    )


def _old_chain(cutoff: datetime) -> Select[UUID]:
    """By the key, which is in order of time, so that nothing younger is read."""
    stays = or_(requests.c.status.in_(ACTIVE), requests.c.updated_at >= cutoff)
    return (
        select(chains.c.id)
        .where(
            chains.c.id < first_uuid7(cutoff),
            chains.c.updated_at < cutoff,
            ~exists().where(
                members.c.chain_id == chains.c.id, requests.c.id == members.c.request_id, stays
            ),
        )
        .order_by(chains.c.id)
        .limit(1)
        # Not one that is retried or deleted this moment.
        .with_for_update(skip_locked=True, of=chains)
    )


def _of_this_chain_alone(chain_id: UUID) -> Select[UUID]:
    other = members.alias()
    is_shared = exists().where(
        other.c.request_id == members.c.request_id, other.c.chain_id != members.c.chain_id
    )
    return (
        select(members.c.request_id)
        .where(members.c.chain_id == chain_id, ~is_shared)
        .order_by(members.c.is_root, members.c.request_id.desc())
        .limit(PRUNED_AT_ONCE)
    )


def _of_no_chain(cutoff: datetime) -> Select[UUID]:
    return (
        select(requests.c.id)
        .where(
            requests.c.id < first_uuid7(cutoff),
            requests.c.status.not_in(ACTIVE),
            requests.c.updated_at < cutoff,
            ~exists().where(members.c.request_id == requests.c.id),
        )
        .order_by(requests.c.id)
        .limit(PRUNED_AT_ONCE)
    )
