"""The health of the queue for operators, and the deletion of its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
)

from tgtui.basics.ids import first_uuid7
from tgtui.data.models.tables import package_requests
from tgtui.data.requests.chains import ACTIVE, chains, is_unsettled, is_wanted, members, requests
from tgtui.data.requests.lists import queued
from tgtui.data.requests.outages import current_outages
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import database_time, literal, takes_no_writes
from tgtui.data.storage.times import database_now

LOOKED_AT = 50
"""Chains, the newest, that are looked at to know whether a worker is running."""
PRUNED_AT_ONCE = 500
"""Requests deleted in one transaction: few, so that no one waits for it."""
LOOKED_THROUGH = 500
"""Old chains, or old requests, that one transaction looks at for some to delete."""
BEFORE_ALL = UUID(int=0)


class Place(Struct, frozen=True):
    """How far history was looked through: the chains, then the requests that have none."""

    after: UUID = BEFORE_ALL
    are_chains_done: bool = False


class QueueHealth(Struct, frozen=True):
    """The state of the queue in one log line."""

    pending: int
    fetching: int
    due: int
    """Pending and not waiting for a retry: work that is not claimed yet."""
    oldest_due_s: int
    """Seconds since the oldest of them was requested; 0 if nothing is due."""
    is_read_only: bool
    """A standby, or a server that was told to take no writes: no request can be claimed."""


def queue_health(connection: Connection) -> QueueHealth:
    """Read the state from the partial indexes of what is queued."""
    is_due = _is_due()
    row = connection.execute(
        select(
            func.count(case((package_requests.c.status == "pending", 1))).label("pending"),
            func.count(case((package_requests.c.status == "fetching", 1))).label("fetching"),
            func.count(case((is_due, 1))).label("due"),
            func.min(case((is_due, package_requests.c.created_at))).label("oldest"),
        ).where(queued())
    ).one()
    waited = database_now(connection) - row.oldest if row.oldest is not None else timedelta(0)
    return QueueHealth(
        row.pending,
        row.fetching,
        row.due,
        max(0, int(waited.total_seconds())),
        is_read_only=takes_no_writes(connection),
    )


def is_unattended(connection: Connection) -> bool:
    """Whether work is due and no worker does any: no live worker holds a request, no registry is being left alone.

    A running worker takes a due request within a second or two, and as soon looks at a chain that has nothing queued.
    With restricted rights only one's own requests count.
    """
    due = select(package_requests.c.id).where(_is_due())
    held = select(package_requests.c.id).where(
        package_requests.c.status == literal("fetching"),
        package_requests.c.lease_expires_at > database_time(),
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
        package_requests.c.id == members.c.request_id,
        queued(),
    )
    unfinished = select(newest.c.id).where(~queued_for)
    is_due, is_unfinished, is_held = connection.execute(
        select(exists(due), exists(unfinished), exists(held))
    ).one()
    return (is_due or is_unfinished) and not is_held and not current_outages(connection)


def prune_history(connection: Connection, *, days: int, place: Place | None = None) -> Place | None:
    """Delete some of what ended `days` ago, or look at some more; the place to go on from, None at the end.

    A chain is deleted only when all of it has ended and is old enough. Its youngest requests go first and the chain
    last, so that the rest is still a chain. What another chain has too stays with that one.
    """
    cutoff = database_now(connection) - timedelta(days=days)
    place = Place() if place is None else place
    if place.are_chains_done:
        return _prune_requests(connection, cutoff, place.after)
    return _prune_chains(connection, cutoff, place.after)


def _prune_chains(connection: Connection, cutoff: datetime, after: UUID) -> Place:
    old = _old_chains(cutoff, after)
    chain_id = connection.scalar(_first_that_ended(cutoff, old))
    if chain_id is None:
        ids = connection.scalars(old).all()
        return Place(ids[-1]) if len(ids) == LOOKED_THROUGH else Place(are_chains_done=True)
    gone = connection.scalars(_of_this_chain_alone(chain_id)).all()
    if len(gone) < PRUNED_AT_ONCE:
        connection.execute(delete(chains).where(chains.c.id == chain_id))
    _delete(connection, gone)
    # Those before it stay: they are not looked at again.
    return Place(UUID(int=chain_id.int - 1))


def _prune_requests(connection: Connection, cutoff: datetime, after: UUID) -> Place | None:
    old = _old_requests(cutoff, after)
    ids = connection.scalars(old).all()
    _delete(connection, connection.scalars(_of_no_chain(cutoff, old)).all())
    return Place(ids[-1], are_chains_done=True) if len(ids) == LOOKED_THROUGH else None


def _delete(connection: Connection, ids: Sequence[UUID]) -> None:
    if not ids:
        return
    # In the order of all transactions: a delete locks in the order of its plan.
    gone = requests.c.id.in_(ids)
    connection.execute(select(requests.c.id).where(gone).order_by(requests.c.id).with_for_update())
    connection.execute(delete(package_requests).where(gone))
    announce(connection, "requests")


def _is_due() -> ColumnElement[bool]:
    return and_(
        package_requests.c.status == literal("pending"),
        or_(
            package_requests.c.retry_after.is_(None),
            package_requests.c.retry_after <= database_time(),
        ),
    )


def _old_chains(cutoff: datetime, after: UUID) -> Select[UUID]:
    """By the key, which is in order of time, so that nothing younger is read."""
    return (
        select(chains.c.id)
        .where(chains.c.id > after, chains.c.id < first_uuid7(cutoff))
        .order_by(chains.c.id)
        .limit(LOOKED_THROUGH)
    )


def _first_that_ended(cutoff: datetime, old: Select[UUID]) -> Select[UUID]:
    stays = or_(requests.c.status.in_(ACTIVE), requests.c.updated_at >= cutoff)
    of_old = old.subquery()
    return (
        select(chains.c.id)
        .join(of_old, of_old.c.id == chains.c.id)
        .where(
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


def _old_requests(cutoff: datetime, after: UUID) -> Select[UUID]:
    return (
        select(requests.c.id)
        .where(requests.c.id > after, requests.c.id < first_uuid7(cutoff))
        .order_by(requests.c.id)
        .limit(LOOKED_THROUGH)
    )


def _of_no_chain(cutoff: datetime, old: Select[UUID]) -> Select[UUID]:
    return select(requests.c.id).where(
        requests.c.id.in_(select(old.subquery().c.id)),
        requests.c.status.not_in(ACTIVE),
        requests.c.updated_at < cutoff,
        ~exists().where(members.c.request_id == requests.c.id),
    )
