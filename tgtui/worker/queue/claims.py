"""Claims of requests: leases, fencing, outcomes. Each function is one step of the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, tuple_, union_all, update
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, database_time, literal
from tgtui.data.views.requests import Step
from tgtui.registries.base import Lane
from tgtui.worker.queue.claim import Claim, LeaseLost
from tgtui.worker.queue.settling import Ending, settle
from tgtui.worker.queue.statements import (
    HOLD,
    REPORT_STAGE,
    c,
    claim_statement,
    is_fetching,
    requests,
)

CRASHED = "Gave up after {attempts} attempts: the worker crashed or lost its lease each time."


ANY_PRIORITY = 2**31 - 1
"""The largest value of the column."""


def claim_requests(
    session: Session,
    *,
    worker: str,
    lane: Lane,
    limit: int,
    lease_seconds: float,
    max_attempts: int,
    max_priority: int = ANY_PRIORITY,
    suspects: int = 1,
) -> list[Claim]:
    """Take up to `limit` requests of a lane, expired leases first, then by priority and age.

    `max_priority` leaves alone what is less urgent. `suspects` is the most requests to take whose lease ran out
    repeatedly, so that a document that crashes workers does not cost others an attempt each time.

    One statement. On PostgreSQL it skips rows that another program is claiming; on SQLite the transaction is
    the only writer.
    """
    if limit <= 0:
        return []
    token = uuid4()
    rows = session.execute(
        claim_statement(lane),
        {
            "of_registry": lane.registry,
            "limit": limit,
            "max_priority": max_priority,
            "suspects": min(suspects, limit),
            "token": token,
            "lease_seconds": lease_seconds,
            "worker": worker,
            "now": clock.now(),
        },
    ).all()
    if rows:
        announce(session, "requests")
    claims = [
        Claim(
            request_id=row.id,
            registry=row.registry,
            name=row.package_name,
            token=token,
            attempt=row.attempt_count,
            depth=row.depth,
            is_auto_queued=row.is_auto_queued,
            is_forced=row.is_forced,
            priority=row.priority,
        )
        for row in sorted(rows, key=lambda row: (row.priority, row.id))
    ]
    usable = [claim for claim in claims if not _crashed_too_often(session, claim, max_attempts)]
    if claims and not usable:  # what comes after those that were given up is due as well
        return claim_requests(
            session,
            worker=worker,
            lane=lane,
            limit=limit,
            lease_seconds=lease_seconds,
            max_attempts=max_attempts,
            max_priority=max_priority,
            suspects=suspects,
        )
    return usable


def renew_leases(session: Session, claims: Sequence[Claim], lease_seconds: float) -> set[UUID]:
    """Extend the leases; returns the ids that are not lost: still held, or ended by now.

    A row that is being written is left as it is: that transaction has renewed it, and no one can claim it
    meanwhile.
    """
    if not claims:
        return set()
    held = select(c.id).where(
        tuple_(c.id, c.lease_token).in_([(claim.request_id, claim.token) for claim in claims]),
        c.status == "fetching",
    )
    session.execute(
        update(requests)
        .where(c.id.in_(held.with_for_update(skip_locked=True)))
        .values(lease_expires_at=database_time(lease_seconds))
    )
    ended = select(c.id).where(
        c.id.in_([claim.request_id for claim in claims]), c.status.in_(("completed", "failed"))
    )
    return set(session.scalars(union_all(held, ended)))


_HELD_AMONG = (
    select(c.id, c.lease_token)
    .where(
        tuple_(c.id, c.lease_token).in_(bindparam("keys", expanding=True)),
        c.id.in_(bindparam("ids", expanding=True)),
        is_fetching(),
    )
    .order_by(c.id)
    .with_for_update()
)


def report_stages(session: Session, steps: Mapping[Claim, Step]) -> None:
    """Tell other programs the progress of these requests; one that is lost is left as it is."""
    if not steps:
        return
    # Skip what is being written: waiting for it would hold up the others.
    free = set(
        session.scalars(
            select(c.id)
            .where(
                tuple_(c.id, c.lease_token).in_([(one.request_id, one.token) for one in steps]),
                is_fetching(),
            )
            .order_by(c.id)
            .with_for_update(skip_locked=True)
        )
    )
    for claim, step in steps.items():
        if claim.request_id in free:
            session.execute(
                REPORT_STAGE,
                {
                    **held_by(claim),
                    "stage": step.stage,
                    "stage_done": step.done,
                    "stage_total": step.total,
                },
            )
    announce(session, "requests")


def hold(session: Session, claim: Claim, lease_seconds: float) -> None:
    """The fence before a write: LeaseLost if the request is no longer this worker's."""
    held = changed_rows(
        session,
        HOLD,
        {**held_by(claim), "lease_seconds": lease_seconds},
    )
    if held != 1:
        raise LeaseLost(f"{claim.registry}:{claim.name}")


def held_among(session: Session, claims: Sequence[Claim]) -> set[Claim]:
    """The fence before a write for several: those that are still this worker's, until the transaction ends."""
    if not claims:
        return set()
    keys = {(claim.request_id, claim.token): claim for claim in claims}
    rows = session.execute(_HELD_AMONG, {"keys": list(keys), "ids": [id for id, _token in keys]})
    return {keys[row.id, row.lease_token] for row in rows}


def hand_back(session: Session, claims: Sequence[Claim]) -> None:
    """Make requests that are unfinished at a stop pending again, as if never claimed. Lost ones are left alone."""
    settle(session, dict.fromkeys(claims, Ending("pending", costs_attempt=False)))


def release_dead_workers(session: Session, is_dead: Callable[[str], bool]) -> int:
    """Expire the leases of programs that are known to be dead; returns how many requests that frees."""
    holders = session.scalars(
        select(c.locked_by)
        .where(c.status == literal("fetching"), c.locked_by.is_not(None))
        .distinct()
    ).all()
    dead = [holder for holder in holders if holder is not None and is_dead(holder)]
    if not dead:
        return 0
    return changed_rows(
        session,
        update(requests)
        .where(c.status == literal("fetching"), c.locked_by.in_(dead))
        .values(lease_expires_at=database_time(-1)),
    )


def _crashed_too_often(session: Session, claim: Claim, max_attempts: int) -> bool:
    """Fail a request that crashed its worker at every attempt."""
    if claim.attempt <= max_attempts:
        return False
    message = CRASHED.format(attempts=max_attempts)
    end(session, claim, Ending("failed", code="crashed", message=message, costs_attempt=False))
    return True


def end(session: Session, claim: Claim, ending: Ending) -> None:
    """Record the outcome of one request. LeaseLost if it is no longer this worker's."""
    if settle(session, {claim: ending}):
        raise LeaseLost(f"{claim.registry}:{claim.name}")


def held_by(claim: Claim) -> dict[str, UUID]:
    """The parameters of `held` in a statement."""
    return {"of_id": claim.request_id, "of_token": claim.token}
