"""The statements of claims, built once; `claims.py` documents what they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Float,
    Integer,
    ScalarSelect,
    Select,
    Update,
    and_,
    bindparam,
    case,
    cast,
    column,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)

from tgtui.data.models.tables import package_requests
from tgtui.data.storage.sql import database_time, literal
from tgtui.registries.base import Lane

LONGEST_LEASE_S = 3_600
"""The most that the settings admit. A later lease is invalid: the clock was set back, or the row edited."""
LONGEST_WAIT_S = 2 * 3_600
"""Longer than any retry waits. A later wait is invalid for the same reasons."""

T = TypeVar("T")

requests = package_requests
c = requests.c

_LIMIT: ColumnElement[int] = bindparam("limit", type_=Integer)
RESTS_S = {1: 2.0, 2: 8.0, 3: 30.0}
"""Seconds after which a request that died alone is run alone again, by how often in a row. Programs that are killed in quick
succession, for whatever reason, meet it again and again."""
LONGEST_REST_S = 60.0
IN_ORDER = text("SET LOCAL enable_sort = off")
"""Before looks that begin in the middle of an index. Statistics of a queue are outdated, and PostgreSQL might read everything in a state
from another index, to sort it; so it reads the one that has the order."""
_ODD_LEASES = (
    c.lease_expires_at.is_(None),
    c.lease_expires_at > database_time(LONGEST_LEASE_S),
)
"""No claim writes them."""

IDLE = {
    "lease_token": None,
    "lease_expires_at": None,
    "locked_by": None,
    "alone_count": None,
    "stage": None,
    "stage_done": None,
    "stage_total": None,
}
"""The columns of a lease in a row that is not held."""


def expired() -> ColumnElement[bool]:
    """The lease has run out: its holder gave no sign of life for too long."""
    return and_(
        c.status == literal("fetching"),
        or_(c.lease_expires_at < database_time(), *_ODD_LEASES),
    )


def is_fetching() -> ColumnElement[bool]:
    """Condition on a row that is found by its key.

    Written so that no index of states serves it: statistics of a queue are outdated, and PostgreSQL might
    read everything in this state to find the one row.
    """
    return c.status.concat("") == "fetching"


def held() -> ColumnElement[bool]:
    """Still held by the claim given by `of_id` and `of_token`."""
    return and_(c.id == bindparam("of_id"), c.lease_token == bindparam("of_token"), is_fetching())


def in_lane(lane: Lane, registry: ColumnElement[str] = c.registry) -> ColumnElement[bool]:
    """Requests for what the lane's host serves."""
    conditions = [registry == literal(lane.registry)]
    if lane.scope:
        conditions.append(_in_scope(lane.scope))
    conditions.extend(not_(_in_scope(scope)) for scope in lane.elsewhere)
    return and_(*conditions)


@lru_cache(maxsize=64)
def claim_statement(lane: Lane) -> Update:
    """Takes pending requests and those whose wait is over, by priority and age.

    Each kind has an index in its own order, so a claim reads no more than it may take.
    """
    return _claim_first(
        _first(lane, [c.priority, c.id], _pending(c.retry_after.is_(None))),
        _first(lane, [c.retry_after], _waits(c.retry_after <= database_time())),
        _first(lane, [c.retry_after], _waits(c.retry_after > database_time(LONGEST_WAIT_S))),
    )


@lru_cache(maxsize=64)
def claim_beyond(lane: Lane) -> Update:
    """The same for PostgreSQL, from where `Head` knows that each index begins: `priorities`, `lows`, `waits_from`."""
    levels = (
        func.unnest(
            bindparam("priorities", type_=ARRAY(Integer)), bindparam("lows", type_=ARRAY(c.id.type))
        )
        .table_valued(column("priority", Integer), column("low", c.id.type))
        .render_derived(name="level")
    )
    of_level = (
        select(c.id, c.priority)
        .where(
            _pending(c.retry_after.is_(None)),
            in_lane(lane),
            c.priority == levels.c.priority,
            c.id >= levels.c.low,
            c.priority <= bindparam("max_priority"),
        )
        .order_by(c.id)
        .limit(_LIMIT)
        .with_for_update(skip_locked=True, of=requests)
        .lateral()
    )
    # Level by level, until the limit is reached: what is not taken is not locked.
    pending = (
        select(of_level.c.id, of_level.c.priority)
        .select_from(levels.join(of_level, true()))
        .limit(_LIMIT)
        .cte()
        .prefix_with("MATERIALIZED")
    )
    is_due = and_(
        c.retry_after <= database_time(),
        c.retry_after >= bindparam("waits_from", type_=c.retry_after.type),
    )
    waits = _first(lane, [c.retry_after], _waits(is_due), c.retry_after)
    first = select(func.min(waits.c.retry_after)).scalar_subquery().label("first_wait")
    return _claim_first(pending, waits).returning(first)


def _claim_first(*kinds: CTE) -> Update:
    found = union_all(*(select(kind.c.id, kind.c.priority) for kind in kinds)).subquery()
    chosen = select(found.c.id).order_by(found.c.priority, found.c.id).limit(_LIMIT)
    attempt = case((c.attempt_count < 0, 1), else_=c.attempt_count + 1)
    return _claim(chosen, attempt_count=attempt)


@lru_cache(maxsize=64)
def suspect_statement(lanes: tuple[Lane, ...]) -> Update:
    """Takes over the lease that ran out first, to run its request alone.

    The attempt of the former owner is given back, unless the request ran alone then too.
    """
    chosen = (
        select(c.id)
        .where(_suspect(lanes))
        .order_by(c.lease_expires_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte()
    )
    spent = case((c.alone_count.is_(None), c.attempt_count), else_=c.attempt_count + 1)
    most: ColumnElement[int] = bindparam("max_attempts", type_=Integer)
    return _claim(
        select(chosen.c.id),
        attempt_count=case((spent < 1, 1), (spent > most, most), else_=spent),
        alone_count=func.coalesce(c.alone_count, 0) + 1,
    )


@lru_cache(maxsize=64)
def suspect_is_due(lanes: tuple[Lane, ...], *, is_whole: bool) -> Select[bool]:
    """Whether a lease has run out, and no program is running such a request alone already. `is_whole` as for `any_expired`."""
    tried = _first_lease(
        c.id,
        c.alone_count.is_not(None),
        c.lease_expires_at >= database_time(),
        c.lease_expires_at <= database_time(LONGEST_LEASE_S),
    )
    found = (
        _first_lease(c.id, condition, _has_rested(), _may_be_taken(lanes))
        for condition in _each_expired(is_whole)
    )
    return select(and_(or_(*(id.is_not(None) for id in found)), tried.is_(None)))


@lru_cache(maxsize=64)
def any_expired(
    lanes: tuple[Lane, ...], *, is_whole: bool
) -> Select[datetime | None, bool, datetime]:
    """For PostgreSQL: (when the first lease ran out, whether one is invalid, the time). With `is_whole` False only of
    those that ran out since `since`. See `IN_ORDER`."""
    ran_out, *invalid = _each_expired(is_whole)
    first = _first_lease(c.lease_expires_at, ran_out, _may_be_taken(lanes))
    odd = [_first_lease(c.id, condition, _may_be_taken(lanes)) for condition in invalid]
    return select(first, or_(false(), *(id.is_not(None) for id in odd)), database_time())


def _first_lease(column: ColumnElement[T], *conditions: ColumnElement[bool]) -> ScalarSelect[T]:
    """`column` of the first by the index of leases, whatever statistics say; see `IN_ORDER`."""
    return (
        select(column)
        .where(c.status == literal("fetching"), *conditions)
        .order_by(c.lease_expires_at)
        .limit(1)
        .scalar_subquery()
    )


def _each_expired(is_whole: bool) -> tuple[ColumnElement[bool], ...]:
    """One condition at a time: an `OR` is read through a bitmap, which never marks dead entries as such."""
    ran_out = c.lease_expires_at < database_time()
    if is_whole:
        return (ran_out, *_ODD_LEASES)
    since = bindparam("since", type_=c.lease_expires_at.type)
    return (and_(ran_out, c.lease_expires_at >= since),)


def _suspect(lanes: tuple[Lane, ...]) -> ColumnElement[bool]:
    return and_(expired(), _has_rested(), _may_be_taken(lanes))


def _has_rested() -> ColumnElement[bool]:
    """It never died alone, or long enough ago."""
    wait = case(
        *((c.alone_count == deaths, s) for deaths, s in RESTS_S.items()), else_=LONGEST_REST_S
    )
    rested = c.lease_expires_at < database_time(-cast(wait, Float))
    return or_(c.alone_count.is_(None), rested, *_ODD_LEASES)


def _may_be_taken(lanes: tuple[Lane, ...]) -> ColumnElement[bool]:
    # Leases are few in any registry. An index with the registry also has everything pending, and would be read
    # completely without statistics.
    registry = c.registry.concat("")
    return and_(
        or_(*(in_lane(lane, registry) for lane in lanes)), c.priority <= bindparam("max_priority")
    )


def _claim(
    chosen: Select[UUID], **counts: ColumnElement[int] | ColumnElement[int | None]
) -> Update:
    return (
        update(requests)
        .where(c.id.in_(chosen))
        .values(
            **{**IDLE, **_LEASE, **counts},
            status="fetching",
            retry_after=None,
            updated_at=database_time(),
        )
        .returning(
            c.id,
            c.registry,
            c.package_name,
            c.attempt_count,
            c.alone_count,
            c.depth,
            c.is_auto_queued,
            c.is_forced,
            c.priority,
        )
    )


def _pending(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(c.status == literal("pending"), condition)


def _waits(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(_pending(c.retry_after.is_not(None)), condition)


def _in_scope(scope: str) -> ColumnElement[bool]:
    prefix = f"{scope}/"
    return func.substr(c.package_name, 1, len(prefix)) == prefix


def _first(
    lane: Lane, order: Sequence[Any], condition: ColumnElement[bool], *also: ColumnElement[Any]
) -> CTE:
    """The first few of the lane that are urgent enough, locked."""
    return (
        select(c.id, c.priority, *also)
        .where(condition, in_lane(lane), c.priority <= bindparam("max_priority"))
        .order_by(*order)
        .limit(_LIMIT)
        .with_for_update(skip_locked=True)
        .cte()
    )


_LEASE_END = database_time(bindparam("lease_seconds", type_=Float))
_LEASE = {
    "lease_token": bindparam("token"),
    "lease_expires_at": _LEASE_END,
    "locked_by": bindparam("worker"),
}

ASKED_FOR = select(c.id, c.depth, c.is_auto_queued, c.is_forced, c.priority).where(
    c.id.in_(bindparam("ids", expanding=True))
)

REPORT_STAGE = (
    update(requests)
    .where(held())
    .values({name: bindparam(name) for name in ("stage", "stage_done", "stage_total")})
)
