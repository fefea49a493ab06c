"""Tries again what failed or was cancelled: one request, or all of a chain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, case, delete, exists, or_, select, update

from tgtui.data.access import people_calls
from tgtui.data.access.limits import (
    BEING_FETCHED,
    HOUR,
    NOT_YOURS,
    RequestRefused,
    over_limit,
    remembered_failures,
    removed_sentence,
)
from tgtui.data.models.tables import package_requests
from tgtui.data.requests.asking import (
    UNLIMITED,
    Asked,
    Limits,
    ask_all,
    deleted_among,
    outcome_of,
)
from tgtui.data.requests.chains import (
    ACTIVE,
    chain_of,
    chains,
    chains_with,
    members,
    requests,
    unsettle_chains_of,
)
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.requests import Refused, Retried, Target

_ENDED = ("failed", "cancelled")


def retry(
    connection: Connection,
    id: UUID,
    *,
    account_id: UUID | None,
    only_own: bool = False,
    force: bool = False,
    limits: Limits = UNLIMITED,
) -> Retried:
    """Try again now: of a chain, or a root of one, all that failed or was cancelled; else the one request.

    A chain that was cancelled is wanted again. What waits for its next try becomes due. If all of it is here, it is asked for anew. It counts once. `only_own`
    finds only the account's own requests. `force` ignores what the registry said within the cooldown.
    RequestRefused if nothing can be tried again.
    """
    if people_calls.are_used(connection):
        answers = people_calls.retry(
            connection,
            id,
            account_id=account_id,
            only_own=only_own,
            force=force,
            per_hour=limits.per_hour,
            cooldown=limits.cooldown,
        )
        retried = [each for each in answers if not each.reason]
        refused = tuple(
            Refused(each.registry, each.name, each.reason) for each in answers if each.reason
        )
        if not retried or retried[0].request_id is None:
            raise RequestRefused(refused[0].reason if refused else NOT_YOURS)
        announce(connection, "requests")
        first = retried[0]
        assert first.request_id is not None
        if first.outcome in {"new", "followed"}:
            return _asked_anew([outcome_of(each) for each in answers])
        return Retried(first.request_id, first.counted > 0, first.counted, refused)
    return _retry(connection, id, account_id, only_own, force, limits)


def _asked_anew(outcomes: Sequence[Asked | Refused]) -> Retried:
    """All of it was here."""
    asked = [each for each in outcomes if isinstance(each, Asked)]
    refused = tuple(each for each in outcomes if isinstance(each, Refused))
    if not asked:
        raise RequestRefused(refused[0].reason if refused else NOT_YOURS)
    new = sum(each.is_new for each in asked)
    return Retried(asked[0].request_id, new > 0, new, refused)


def _retry(
    connection: Connection,
    id: UUID,
    account_id: UUID | None,
    only_own: bool,
    force: bool,
    limits: Limits,
) -> Retried:
    """On SQLite, where no one else writes meanwhile."""
    chain_id = chain_of(connection, id, account_id, only_own=only_own)
    if chain_id is not None:
        concerned = [chain_id]
    else:
        concerned = chains_with(connection, id, account_id, only_own=only_own)
    rows = _rows(connection, chain_id, id, concerned)
    if not rows:
        raise RequestRefused(NOT_YOURS)
    refused = _refused(connection, rows, None if force else limits)
    told = {(each.registry, each.name) for each in refused}
    again = [
        row for row in rows if _is_to_try(row) and (row.registry, row.package_name) not in told
    ]
    ended = [row for row in again if row.status in _ENDED]
    if ended and not force and account_id is not None and limits.per_hour is not None:
        reason = over_limit(connection, account_id, limits.per_hour)
        if reason is not None:
            raise RequestRefused(reason)
    left = _revive(connection, chain_id, rows, told)
    newer: Mapping[UUID, UUID] = {}
    if again:
        renewed, newer = _renew(connection, concerned, again, force)
        if renewed:
            _charge(connection, concerned, account_id)
    waiting = [row for row in rows if row.status == "pending"]
    for some in slices([row.id for row in waiting if row.retry_after is not None]):
        connection.execute(
            update(requests)
            .where(requests.c.id.in_(some))
            .values(retry_after=None, updated_at=database_now(connection))
        )
    announce(connection, "requests")
    if again:
        packages = {(row.registry, row.package_name) for row in again}
        first = again[0].id
        return Retried(newer.get(first, first), True, len(packages), refused)
    if left:
        return Retried(left[0], False, 0, refused)
    if refused:
        raise RequestRefused(refused[0].reason)
    if waiting:
        return Retried(waiting[0].id, False, 0)
    if any(row.status == "fetching" for row in rows):
        raise RequestRefused(BEING_FETCHED)
    roots = [(row.registry, row.package_name) for row in rows if row.is_root or chain_id is None]
    return _asked_anew(ask_all(connection, roots, account_id=account_id, limits=limits))


def _rows(
    connection: Connection, chain_id: UUID | None, request_id: UUID, concerned: Collection[UUID]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What is to be tried: of a chain everything, in order; else the request, as the chains concerned have it."""
    which = (
        members.c.chain_id == chain_id
        if chain_id is not None
        else members.c.request_id == request_id
    )
    found = connection.execute(
        select(
            requests.c.id,
            requests.c.registry,
            requests.c.package_name,
            requests.c.status,
            requests.c.retry_after,
            members.c.chain_id,
            members.c.is_root,
            members.c.cancelled_at,
        )
        .join(members, members.c.request_id == requests.c.id)
        .where(which)
        .order_by(requests.c.id, members.c.cancelled_at.is_(None))
    )
    theirs = set(concerned)
    rows = [row for row in found if row.chain_id in theirs]
    return list({row.id: row for row in reversed(rows)}.values())[::-1]


def _revive(
    connection: Connection,
    chain_id: UUID | None,
    rows: Sequence[Row[*tuple[Any, ...]]],
    told: Collection[Target],
) -> list[UUID]:
    """Want again what was cancelled of the chain, whatever became of it; returns these requests, without what is refused."""
    is_it = chains.c.id == chain_id
    was_cancelled = connection.scalar(select(chains.c.cancelled_at).where(is_it)) is not None
    left = [
        row.id
        for row in rows
        if chain_id is not None
        and (was_cancelled or row.cancelled_at is not None)
        and (row.registry, row.package_name) not in told
    ]
    if left:
        now = database_now(connection)
        lives = {"cancelled_at": None, "settled_at": None, "updated_at": now}
        connection.execute(update(chains).where(is_it).values(lives))
    for some in slices(left):
        of_it = members.c.chain_id == chain_id, members.c.request_id.in_(some)
        connection.execute(update(members).where(*of_it).values(cancelled_at=None))
    return left


def _is_to_try(row: Row[*tuple[Any, ...]]) -> bool:
    """It ended without bringing its package, or is left to other chains."""
    return row.status in _ENDED or (row.cancelled_at is not None and row.status in ACTIVE)


def _refused(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], limits: Limits | None
) -> tuple[Refused, ...]:
    """Those that were deleted, or of which the registry said within the cooldown that there is nothing."""
    ended = [(row.registry, row.package_name) for row in rows if row.status in _ENDED]
    deleted = deleted_among(connection, ended)
    failures = (
        remembered_failures(connection, ended, limits.cooldown)
        if limits is not None and limits.cooldown is not None
        else {}
    )
    return tuple(
        Refused(*each, removed_sentence(*each) if each in deleted else failures[each].message)
        for each in dict.fromkeys(ended)
        if each in deleted or each in failures
    )


def _renew(
    connection: Connection,
    chain_ids: Sequence[UUID],
    rows: Sequence[Row[*tuple[Any, ...]]],
    force: bool,
) -> tuple[int, Mapping[UUID, UUID]]:
    """Make them pending again, for every chain that waits for them; returns how many that changed.

    Where a newer request for the package is active or completed, the chains go over to that one: with it, by the former.
    """
    ids = [row.id for row in rows]
    newer = dict(_newer(connection, [row.id for row in rows if row.status in _ENDED]))
    newer |= _twins([row for row in rows if row.status in _ENDED and row.id not in newer])
    for former, other in newer.items():
        _go_over(connection, former, other)
    renewed = 0
    now = database_now(connection)
    for some in slices([id for id in ids if id not in newer]):
        renewed += changed_rows(
            connection,
            update(requests)
            .where(requests.c.id.in_(some), requests.c.status.in_(_ENDED))
            .values(
                status="pending",
                attempt_count=0,
                error_code=None,
                error_message=None,
                retry_after=None,
                # Of something cancelled the registry's answer is not forced to be fetched anew.
                is_forced=case((requests.c.status == "failed", force), else_=False),
                created_at=now,
                updated_at=now,
            ),
        )
    touched = [newer.get(id, id) for id in ids]
    lives = {"cancelled_at": None, "settled_at": None, "updated_at": now}
    for theirs in slices(chain_ids):
        for some in slices(touched):
            of_them = members.c.chain_id.in_(theirs), members.c.request_id.in_(some)
            connection.execute(update(members).where(*of_them).values(cancelled_at=None))
        connection.execute(update(chains).where(chains.c.id.in_(theirs)).values(lives))
    unsettle_chains_of(connection, touched)
    return renewed, newer


def _twins(rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[UUID, UUID]:
    """Of several ended requests for one package only the newest is made pending; the others go over to it."""
    by_age: list[Row[*tuple[Any, ...]]] = sorted(rows, key=attrgetter("id"))
    newest: dict[Target, UUID] = {(row.registry, row.package_name): row.id for row in by_age}
    twins = {row.id: newest[row.registry, row.package_name] for row in rows}
    return {id: other for id, other in twins.items() if id != other}


def _newer(connection: Connection, ids: Collection[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """For each of these that ended in vain and has one: a request for its package that is active, or brought it."""
    former, later = package_requests.alias(), package_requests.alias()
    is_better = or_(
        later.c.status.in_(ACTIVE),
        and_(later.c.status == "completed", later.c.updated_at >= former.c.updated_at),
    )
    best = (
        select(later.c.id)
        .where(
            later.c.package_name == former.c.package_name,
            later.c.registry == former.c.registry,
            later.c.id != former.c.id,
            is_better,
        )
        .order_by(later.c.status == "completed", later.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    for some in slices(list(ids)):
        rows = connection.execute(select(former.c.id, best).where(former.c.id.in_(some)))
        yield from ((id, other) for id, other in rows if other is not None)


def _go_over(connection: Connection, former: UUID, other: UUID) -> None:
    there = members.alias()
    is_there = exists().where(there.c.chain_id == members.c.chain_id, there.c.request_id == other)
    # What a chain brings already may be what it was asked for.
    of_root = select(there.c.chain_id).where(there.c.request_id == former, there.c.is_root)
    connection.execute(
        update(members)
        .where(members.c.request_id == other, members.c.chain_id.in_(of_root))
        .values(is_root=True)
    )
    connection.execute(delete(members).where(members.c.request_id == former, is_there))
    connection.execute(
        update(members).where(members.c.request_id == former).values(request_id=other)
    )


def _charge(connection: Connection, chain_ids: Sequence[UUID], account_id: UUID | None) -> None:
    """A retry counts like asking. What was counted within the hour still counts."""
    now = database_now(connection)
    own: set[UUID] = set()
    for some in slices(chain_ids):
        is_own = chains.c.id.in_(some), chains.c.requested_by == account_id
        own.update(connection.scalars(select(chains.c.id).where(*is_own)))
    is_recent = chains.c.charged_at > now - HOUR
    connection.execute(
        update(chains)
        .where(chains.c.id == min(own, default=None))
        .values(charged_at=now, charges=1 + case((is_recent, chains.c.charges), else_=0))
    )
