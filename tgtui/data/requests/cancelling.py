"""Cancels pending requests: one, or a whole chain, but not what another living chain needs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, exists, func, select, update

from tgtui.data.access import people_calls
from tgtui.data.access.limits import NOT_YOURS, RequestRefused
from tgtui.data.models.tables import package_requests
from tgtui.data.requests.chains import (
    chain_of,
    chains,
    chains_with,
    is_living,
    is_needed,
    is_wanted,
    members,
)
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, literal, slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.requests import Cancelled

CHAIN_CANCELLED = "chain_cancelled"
"""`error_code` of requests cancelled with their chain."""
ENDED = {"completed": "is completed", "failed": "has failed", "cancelled": "was cancelled already"}
"""The state of a request that has ended, for a sentence."""


class NotYourChain(RequestRefused):
    """The chain belongs to another person."""

    def __init__(self) -> None:
        super().__init__("Another person requested it: only they or an admin can cancel its chain.")


def cancel_request(
    connection: Connection,
    request_id: UUID,
    *,
    account_id: UUID | None = None,
    only_own: bool = False,
) -> bool:
    """Cancel a pending request: True; False if it is left to others, whose chains need it too.

    `account_id` is who cancels; without a chain of theirs it is cancelled for everyone, unless `only_own`.
    RequestRefused if it is being fetched or has ended.
    """
    if people_calls.are_used(connection):
        outcome = people_calls.cancel(connection, request_id, account_id, only_own)
    else:
        outcome = _cancel(connection, request_id, account_id, only_own)
    if outcome not in {"ended", "left"}:
        raise _nothing_to_cancel(outcome)
    announce(connection, "requests")
    return outcome == "ended"


def cancel_chain(
    connection: Connection, id: UUID, *, account_id: UUID | None = None, only_own: bool = False
) -> Cancelled:
    """Cancel every pending request of the chain that no other living chain needs. `id` is its own or a root's.

    What is being fetched is finished and queues nothing more for it. NotYourChain if it is not the account's own.
    """
    if people_calls.are_used(connection):
        counts = people_calls.cancel_chain(connection, id, account_id, only_own)
        if counts is None:
            raise NotYourChain
        announce(connection, "requests")
        return Cancelled(*counts)
    chain_id = chain_of(connection, id, account_id, only_own=only_own)
    if chain_id is None:
        raise NotYourChain
    now = database_now(connection)
    connection.execute(
        update(chains)
        .where(chains.c.id == chain_id)
        .values(cancelled_at=func.coalesce(chains.c.cancelled_at, now), updated_at=now)
    )
    pending = connection.scalars(
        select(package_requests.c.id)
        .join(members, members.c.request_id == package_requests.c.id)
        .where(
            members.c.chain_id == chain_id,
            is_wanted(),
            package_requests.c.status == literal("pending"),
        )
    ).all()
    _leave(connection, [chain_id], pending)
    ended = _end_unneeded(connection, pending, code=CHAIN_CANCELLED)
    announce(connection, "requests")
    return Cancelled(ended, len(pending) - ended)


def _cancel(
    connection: Connection, request_id: UUID, account_id: UUID | None, only_own: bool
) -> str:
    concerned = chains_with(connection, request_id, account_id, only_own=only_own)
    status = connection.scalar(
        select(package_requests.c.status).where(package_requests.c.id == request_id)
    )
    if status is None or (only_own and not concerned):
        return "gone"
    if status != "pending":
        return status
    if not _leave(connection, concerned, [request_id]) and _is_needed(connection, request_id):
        return "cancelled"
    root_wanted = exists().where(members.c.chain_id == chains.c.id, members.c.is_root, is_wanted())
    now = database_now(connection)
    # A chain without a root that anyone wants is cancelled.
    for some in slices(concerned):
        connection.execute(
            update(chains)
            .where(chains.c.id.in_(some), is_living(), ~root_wanted)
            .values(cancelled_at=now, updated_at=now)
        )
    return "ended" if _end_unneeded(connection, [request_id]) else "left"


def _nothing_to_cancel(status: str) -> RequestRefused:
    if status == "gone":
        return RequestRefused(NOT_YOURS)
    if status == "fetching":
        return RequestRefused("It is being fetched and will be completed shortly.")
    return RequestRefused(f"The request {ENDED[status]}; there is nothing to cancel.")


def _leave(connection: Connection, chain_ids: Sequence[UUID], request_ids: Sequence[UUID]) -> int:
    """These chains no longer need these requests; returns how many memberships that ends."""
    left = 0
    for theirs in slices(chain_ids):
        for some in slices(request_ids):
            of_them = members.c.chain_id.in_(theirs), members.c.request_id.in_(some)
            left += changed_rows(
                connection,
                update(members)
                .where(*of_them, is_wanted())
                .values(cancelled_at=database_now(connection)),
            )
    return left


def _is_needed(connection: Connection, request_id: UUID) -> bool:
    needed = select(package_requests.c.id).where(package_requests.c.id == request_id, is_needed())
    return connection.scalar(needed) is not None


def _end_unneeded(
    connection: Connection, request_ids: Sequence[UUID], *, code: str | None = None
) -> int:
    ended = 0
    for some in slices(request_ids):
        ended += changed_rows(
            connection,
            update(package_requests)
            .where(
                package_requests.c.id.in_(some),
                package_requests.c.status == literal("pending"),
                ~is_needed(),
            )
            .values(
                status="cancelled",
                retry_after=None,
                error_code=package_requests.c.error_code if code is None else code,
                updated_at=database_now(connection),
            ),
        )
    return ended
