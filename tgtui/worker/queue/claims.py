"""Claims of requests: leases, fencing, outcomes. Each function is one step of the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace
from sqlalchemy import Connection, Update, or_, select, tuple_, union_all, update

from tgtui.data.requests.chains import unneeded
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, database_time, literal
from tgtui.data.storage.times import database_now, note
from tgtui.data.views.requests import Step
from tgtui.registries.base import Lane
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.heads import Head, Leases
from tgtui.worker.queue.settling import Ending, as_needed, settle
from tgtui.worker.queue.statements import (
    ASKED_FOR,
    REPORT_STAGE,
    any_expired,
    c,
    claim_beyond,
    claim_statement,
    is_fetching,
    requests,
    suspect_is_due,
    suspect_statement,
)

CRASHED = "Gave up after {attempts} attempts: the worker crashed or lost its lease each time."

BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
ANY_PRIORITY = 2**31 - 1
"""The largest value of the column."""


def claim_requests(
    connection: Connection,
    *,
    worker: str,
    lane: Lane,
    limit: int,
    lease_seconds: float,
    max_attempts: int,
    max_priority: int = ANY_PRIORITY,
    head: Head | None = None,
) -> list[Claim]:
    """Take up to `limit` due requests of a lane, by priority and age. `max_priority` leaves alone what is less urgent.

    One statement. On PostgreSQL it skips rows that another program is claiming; on SQLite the transaction is
    the only writer. With `head`, on PostgreSQL, it begins where the lane's indexes do; a whole look follows if there
    is room left, unless that was too expensive to come again now.
    """
    claimed: list[Claim] = []

    def take(look: Callable[[int], list[Claim]]) -> None:
        while len(claimed) < limit:
            claims = look(limit - len(claimed))
            usable = [claim for claim in claims if not _gave_up(connection, claim, max_attempts)]
            claimed.extend(usable)
            if usable or not claims:
                return
            # What comes after those that were given up is due as well.

    def whole(room: int) -> list[Claim]:
        values = {"max_priority": max_priority, "limit": room}
        claims, _ = _claim(connection, claim_statement(lane), worker, lease_seconds, values)
        if head is not None:
            is_filled = len(claims) == room
            head.learn(database_now(connection), claims, is_filled=is_filled, waits_from=None)
        return claims

    def beyond(room: int) -> list[Claim]:
        assert head is not None
        values = {
            "max_priority": max_priority,
            "limit": room,
            "priorities": list(head.lows),
            "lows": list(head.lows.values()),
            "waits_from": head.waits_from or BEFORE_ALL,
        }
        claims, first_wait = _claim(connection, claim_beyond(lane), worker, lease_seconds, values)
        now = database_now(connection)
        waits_from = first_wait or head.waits_from
        head.learn(now, claims, is_filled=len(claims) == room, waits_from=waits_from)
        return claims

    if head is None:
        take(whole)
        return claimed
    if not head.is_due:
        take(beyond)
    head.is_owed = len(claimed) < limit
    if head.is_due or (head.is_owed and head.rest_s <= 0):
        with head.look():
            take(whole)
    return claimed


def take_over(
    connection: Connection,
    *,
    worker: str,
    lanes: Sequence[Lane],
    lease_seconds: float,
    max_attempts: int,
    max_priority: int = ANY_PRIORITY,
) -> Claim | None:
    """Take over the lease that ran out first, in one statement: a request that may have crashed its worker.

    It must run alone: nothing else is at work in the program. Its attempt then counts against it if this lease runs
    out as well, and after `max_attempts` such deaths it is given up. What ran beside others spends nothing. If its
    chains were all cancelled meanwhile, it ends so instead.
    """
    statement = suspect_statement(tuple(lanes))
    values = {"max_priority": max_priority, "max_attempts": max_attempts}
    while claims := _claim(connection, statement, worker, lease_seconds, values)[0]:
        if unneeded(connection, [claims[0].request_id], waits=False):
            hand_back(connection, claims)
        elif not _gave_up(connection, claims[0], max_attempts):
            return claims[0]
    return None


def may_be_expired(
    connection: Connection, lanes: Sequence[Lane], leases: Leases, max_priority: int = ANY_PRIORITY
) -> bool:
    """Whether a lease has run out, on PostgreSQL; from where the index of leases begins."""
    key = tuple(lanes)
    since = leases.since(key)
    values = {"max_priority": max_priority, "since": since}
    with nullcontext() if since is not None else leases.look():
        first, is_odd, now = connection.execute(
            any_expired(key, is_whole=since is None), values
        ).one()
    note(connection, now)
    has_found = first is not None or is_odd
    leases.learn(now, key, first or since, has_found=has_found)
    return bool(has_found)


def is_suspect_due(
    connection: Connection,
    lanes: Sequence[Lane],
    max_priority: int = ANY_PRIORITY,
    *,
    since: datetime | None = None,
) -> bool:
    """Whether `take_over` has something to take, and no program runs such a request alone already.

    With `since`, which `Leases` knows, the index of leases is read from there.
    """
    statement = suspect_is_due(tuple(lanes), is_whole=since is None)
    return bool(connection.scalar(statement, {"max_priority": max_priority, "since": since}))


def _claim(
    connection: Connection,
    statement: Update,
    worker: str,
    lease_seconds: float,
    values: Mapping[str, Any],
) -> tuple[list[Claim], datetime | None]:
    """What was claimed, by priority and age; and of `claim_beyond` the first time of those that waited."""
    token = uuid4()
    rows = connection.execute(
        statement,
        {
            "token": token,
            "lease_seconds": lease_seconds,
            "worker": worker,
            **values,
        },
    ).all()
    if rows:
        announce(connection, "requests")
    claims = [
        Claim(
            request_id=row.id,
            registry=row.registry,
            name=row.package_name,
            token=token,
            attempt=row.attempt_count,
            alone_count=row.alone_count or 0,
            depth=row.depth,
            is_auto_queued=row.is_auto_queued,
            is_forced=row.is_forced,
            priority=row.priority,
        )
        for row in sorted(rows, key=lambda row: (row.priority, row.id))
    ]
    return claims, getattr(rows[0], "first_wait", None) if rows else None


def renew_leases(
    connection: Connection, claims: Sequence[Claim], lease_seconds: float
) -> set[UUID]:
    """Extend the leases; returns the ids that are not lost: still held, or ended by now.

    A row that is being written is left as it is: no one can claim it meanwhile.
    """
    if not claims:
        return set()
    held = select(c.id).where(
        tuple_(c.id, c.lease_token).in_([(claim.request_id, claim.token) for claim in claims]),
        c.status == "fetching",
    )
    connection.execute(
        update(requests)
        .where(c.id.in_(held.with_for_update(skip_locked=True)))
        .values(lease_expires_at=database_time(lease_seconds))
    )
    ended = select(c.id).where(
        c.id.in_([claim.request_id for claim in claims]), c.status.in_(("completed", "failed"))
    )
    return set(connection.scalars(union_all(held, ended)))


def report_stages(connection: Connection, steps: Mapping[Claim, Step]) -> None:
    """Tell other programs the progress of these requests; one that is lost is left as it is."""
    if not steps:
        return
    # Skip what is being written: waiting for it would hold up the others.
    free = set(
        connection.scalars(
            select(c.id)
            .where(
                tuple_(c.id, c.lease_token).in_([(one.request_id, one.token) for one in steps]),
                is_fetching(),
            )
            .order_by(c.id)
            .with_for_update(skip_locked=True)
        )
    )
    told = [
        {
            **held_by(claim),
            "stage": step.stage,
            "stage_done": step.done,
            "stage_total": step.total,
        }
        for claim, step in steps.items()
        if claim.request_id in free
    ]
    if told:
        connection.execute(REPORT_STAGE, told)
    announce(connection, "requests")


def as_asked_for_now(connection: Connection, claims: Sequence[Claim]) -> dict[Claim, Claim]:
    """The claims with what people came to ask for since they were taken."""
    if not claims:
        return {}
    ids = [claim.request_id for claim in claims]
    rows = {row.id: row for row in connection.execute(ASKED_FOR, {"ids": ids})}
    return {
        claim: replace(
            claim,
            depth=row.depth,
            is_auto_queued=row.is_auto_queued,
            is_forced=row.is_forced,
            priority=row.priority,
        )
        for claim in claims
        if (row := rows.get(claim.request_id)) is not None
    }


def asked_for_more(connection: Connection, claims: Sequence[Claim]) -> set[Claim]:
    """Those of which the latest version or a look past the cooldown came to be wanted since they were read."""
    return {
        claim
        for claim, now in as_asked_for_now(connection, claims).items()
        if (now.is_auto_queued, now.is_forced) != (claim.is_auto_queued, claim.is_forced)
    }


def hand_back(connection: Connection, claims: Sequence[Claim]) -> None:
    """Make requests that are unfinished at a stop pending again, as if never claimed. Lost ones are left alone.

    Those whose chains were all cancelled are cancelled too.
    """
    endings = dict.fromkeys(claims, Ending("pending", costs_attempt=False))
    settle(connection, as_needed(connection, endings))


def release_dead_workers(connection: Connection, is_dead: Callable[[str], bool]) -> int:
    """Expire the leases of programs that are known to be dead; returns how many requests that frees."""
    holders = connection.scalars(
        select(c.locked_by)
        .where(c.status == literal("fetching"), c.locked_by.is_not(None))
        .distinct()
    ).all()
    dead = [holder for holder in holders if holder is not None and is_dead(holder)]
    if not dead:
        return 0
    # What is locked another program that starts is releasing.
    # A lease that has run out already did so when it did.
    theirs = select(c.id).where(
        c.status == literal("fetching"),
        c.locked_by.in_(dead),
        or_(c.lease_expires_at.is_(None), c.lease_expires_at >= database_time()),
    )
    return changed_rows(
        connection,
        update(requests)
        .where(c.id.in_(theirs.with_for_update(skip_locked=True)))
        .values(lease_expires_at=database_time(-1)),
    )


def _gave_up(connection: Connection, claim: Claim, max_attempts: int) -> bool:
    """Fail a request that crashed its worker each time it ran alone."""
    if max(claim.attempt, claim.alone_count) <= max_attempts:
        return False
    message = CRASHED.format(attempts=max_attempts)
    # Of one that was taken over the attempts were not counted beyond the bound.
    is_counted = claim.attempt <= max_attempts
    end(
        connection,
        claim,
        Ending("failed", code="crashed", message=message, costs_attempt=is_counted),
    )
    return True


def end(connection: Connection, claim: Claim, ending: Ending) -> None:
    """Record the outcome of one request. LeaseLost if it is no longer this worker's."""
    if settle(connection, {claim: ending}):
        raise LeaseLost(f"{claim.registry}:{claim.name}")


def held_by(claim: Claim) -> dict[str, UUID]:
    """The parameters of `held` in a statement."""
    return {"of_id": claim.request_id, "of_token": claim.token}
