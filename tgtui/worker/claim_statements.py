"""The statements of a claim, built once; `queue.py` says what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Integer,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from tgtui.data.models import PackageRequest
from tgtui.data.sql import database_time, literal, table_of

requests = table_of(PackageRequest)
c = requests.c


def expired() -> ColumnElement[bool]:
    """Whoever held it gave no sign of life for too long."""
    return and_(
        c.status == literal("fetching"),
        or_(c.lease_expires_at.is_(None), c.lease_expires_at < database_time()),
    )


def held() -> ColumnElement[bool]:
    """By this claim still; `of_id` and `of_token` say which."""
    return and_(
        c.id == bindparam("of_id"), c.lease_token == bindparam("of_token"), c.status == "fetching"
    )


def _first(order: Sequence[Any], *conditions: ColumnElement[bool]) -> CTE:
    """The first few of those that are neither less urgent nor of another registry, locked."""
    return (
        select(c.id)
        .where(
            *conditions,
            c.registry.in_(bindparam("registries", expanding=True)),
            c.priority <= bindparam("max_priority"),
        )
        .order_by(*order)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte()
    )


_EXPIRED = _first([c.lease_expires_at], expired())
_DUE = _first(
    [c.priority, c.id],
    c.status == literal("pending"),
    or_(c.retry_after.is_(None), c.retry_after <= database_time()),
)
_LEASE_END = database_time(bindparam("lease_seconds", type_=Float))

CLAIM = (
    update(requests)
    .where(
        c.id.in_(
            select(_EXPIRED.c.id)
            .union_all(select(_DUE.c.id))
            .limit(bindparam("limit", type_=Integer))
        )
    )
    .values(
        status="fetching",
        lease_token=bindparam("token"),
        lease_expires_at=_LEASE_END,
        locked_by=bindparam("worker"),
        attempt_count=c.attempt_count + 1,
        retry_after=None,
        updated_at=bindparam("now"),
    )
    .returning(
        c.id,
        c.registry,
        c.package_name,
        c.attempt_count,
        c.depth,
        c.root_request_id,
        c.is_auto_queued,
        c.is_forced,
        c.priority,
    )
)

HOLD = update(requests).where(held()).values(lease_expires_at=_LEASE_END)
