"""Which requests a chain needs, and which chains still need a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice, product
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, or_, select, update

from tgtui.basics.ids import uuid7s
from tgtui.data.models.tables import (
    package_request_chains,
    package_request_members,
    package_requests,
)
from tgtui.data.storage.sql import insert_missing, literal, slices
from tgtui.data.storage.times import database_now

requests = package_requests
chains = package_request_chains
members = package_request_members

ACTIVE = ("pending", "fetching")
ADDED_AT_ONCE = 5_000
"""Members that are added by one statement, so that many chains take no more memory than few."""


def in_state(*states: str) -> ColumnElement[bool]:
    """Of rows that are found by key or name.

    Written so that no index of states serves it: with a long queue it would be read whole for a few rows.
    """
    return requests.c.status.concat("").in_(states)


def is_living() -> ColumnElement[bool]:
    """The chain was not cancelled."""
    return chains.c.cancelled_at.is_(None)


def is_unsettled() -> ColumnElement[bool]:
    """A living chain that is not known to have all it needs; written so that the partial index serves it."""
    return and_(chains.c.settled_at.is_(None), is_living())


def is_wanted() -> ColumnElement[bool]:
    """The chain of the membership still needs the request."""
    return members.c.cancelled_at.is_(None)


def status_in_chain() -> ColumnElement[str]:
    """A request that is left to other chains counts as cancelled in this one, until it is here after all."""
    is_left = and_(members.c.cancelled_at.is_not(None), requests.c.status.in_(ACTIVE))
    return case((is_left, literal("cancelled")), else_=requests.c.status)


def is_needed() -> ColumnElement[bool]:
    """Some living chain needs the request."""
    member, chain = package_request_members.alias(), package_request_chains.alias()
    return exists().where(
        member.c.request_id == package_requests.c.id,
        member.c.cancelled_at.is_(None),
        chain.c.id == member.c.chain_id,
        chain.c.cancelled_at.is_(None),
    )


_LIVING_CHAINS = (
    select(members.c.request_id, chains.c.id)
    .join(members, members.c.chain_id == chains.c.id)
    .where(
        members.c.request_id.in_(bindparam("request_ids", expanding=True)),
        is_wanted(),
        is_living(),
    )
    .order_by(chains.c.id)
)
# Shared: a chain that is cancelled at this moment is cancelled before or after what is queued for it.
LIVING_CHAINS = _LIVING_CHAINS.with_for_update(read=True, of=chains)
LIVING_CHAINS_NOW = _LIVING_CHAINS.with_for_update(read=True, of=chains, skip_locked=True)


def living_chains(
    connection: Connection, request_ids: Collection[UUID], *, waits: bool = True
) -> dict[UUID, list[UUID]]:
    """The chains that need each of these requests, none of which is cancelled until the transaction ends.

    At most a slice of requests, so that chains are locked in one order. Without `waits` those are left out that
    another transaction is changing: for whoever has locked requests.
    """
    statement = LIVING_CHAINS if waits else LIVING_CHAINS_NOW
    found: dict[UUID, list[UUID]] = {id: [] for id in request_ids}
    for request_id, chain_id in connection.execute(statement, {"request_ids": sorted(request_ids)}):
        found[request_id].append(chain_id)
    return found


def add_members(
    connection: Connection,
    chain_ids: Iterable[UUID],
    request_ids: Collection[UUID],
    *,
    are_roots: bool,
) -> None:
    """Each of these chains needs each of these requests; what it has already stays as it is."""
    now = database_now(connection)
    pairs = product(chain_ids, request_ids)
    while some := list(islice(pairs, ADDED_AT_ONCE)):
        insert_missing(
            connection,
            members,
            [
                {
                    "id": id,
                    "chain_id": chain_id,
                    "request_id": request_id,
                    "is_root": are_roots,
                    "cancelled_at": None,
                    "created_at": now,
                }
                for id, (chain_id, request_id) in zip(uuid7s(len(some)), some, strict=True)
            ],
        )


def chain_of(
    connection: Connection, id: UUID, account_id: UUID | None, *, only_own: bool
) -> UUID | None:
    """The chain with this id, or the newest one with this request as a root; of the account's own first.

    `only_own` finds only the account's own. None if there is no such chain.
    """
    of_root = select(members.c.chain_id).where(members.c.request_id == id, members.c.is_root)
    own = chains.c.requested_by == account_id
    found = (
        select(chains.c.id)
        .where(or_(chains.c.id == id, chains.c.id.in_(of_root)))
        .order_by(
            case((chains.c.id == id, 0), (own, 1), else_=2),
            chains.c.id.desc(),
        )
        .limit(1)
    )
    return connection.scalar(found.where(own) if only_own else found)


def chains_with(
    connection: Connection, request_id: UUID, account_id: UUID | None, *, only_own: bool
) -> list[UUID]:
    """The account's own chains that the request belongs to; without `only_own` all of them if none is its own."""
    found = (
        select(chains.c.id)
        .join(members, members.c.chain_id == chains.c.id)
        .where(members.c.request_id == request_id)
        .order_by(chains.c.id)
    )
    own = list(connection.scalars(found.where(chains.c.requested_by == account_id)))
    return own if own or only_own else list(connection.scalars(found))


def unneeded(
    connection: Connection, request_ids: Collection[UUID], *, waits: bool = True
) -> set[UUID]:
    """Of these requests those whose chains were all cancelled; it stays so until the transaction ends.

    Without `waits` a chain that another transaction is changing counts as it was before: for whoever has locked
    requests.
    """
    left: set[UUID] = set()
    for some in slices(sorted(request_ids)):
        needed = (
            select(members.c.request_id)
            .join(chains, chains.c.id == members.c.chain_id)
            .where(members.c.request_id.in_(some), is_wanted(), is_living())
            .order_by(chains.c.id)
        )
        # Locked, chains before requests, then looked at: who joins or cancels one this moment comes before or after.
        connection.execute(
            needed.with_for_update(read=True, of=chains, skip_locked=not waits)
        ).all()
        held = select(requests.c.id).where(requests.c.id.in_(some)).order_by(requests.c.id)
        connection.execute(held.with_for_update(key_share=True)).all()
        known = select(members.c.request_id).where(members.c.request_id.in_(some))
        left.update(set(connection.scalars(known)).difference(connection.scalars(needed)))
    return left


def unsettle_chains_of(connection: Connection, request_ids: Collection[UUID]) -> None:
    """The living chains of these requests no longer count as complete."""
    for some in slices(list(request_ids)):
        connection.execute(
            update(chains)
            .where(
                is_living(),
                chains.c.id.in_(select(members.c.chain_id).where(members.c.request_id.in_(some))),
            )
            .values(settled_at=None, updated_at=database_now(connection))
        )
