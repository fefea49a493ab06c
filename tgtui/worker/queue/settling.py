"""Records the outcomes of claimed requests: any number in one statement, each fenced by its own lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.types import TypeEngine

from tgtui.data.requests.cancelling import CHAIN_CANCELLED
from tgtui.data.requests.chains import unneeded
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, database_time
from tgtui.worker.queue.claim import Claim
from tgtui.worker.queue.statements import IDLE, c, is_fetching, requests


class Ending(Struct, frozen=True):
    """The outcome of a request. Its lease ends with it."""

    status: Literal["completed", "failed", "pending", "cancelled"]
    package_id: UUID | None = None
    code: str | None = None
    message: str | None = None
    """With `code` the reason, or for a completed one what could not be done. Without them a pending one keeps its
    own."""
    wait_s: float | None = None
    """For a pending one: seconds until it is due, by the database's clock; None for now."""
    costs_attempt: bool = True
    """False undoes the count of the claim."""


_HELD_AMONG = select(c.id, c.lease_token).where(
    tuple_(c.id, c.lease_token).in_(bindparam("keys", expanding=True)),
    c.id.in_(bindparam("ids", expanding=True)),
    is_fetching(),
)
_LOCK_HELD = _HELD_AMONG.order_by(c.id).with_for_update()


def held_among(connection: Connection, claims: Sequence[Claim], *, locks: bool) -> set[Claim]:
    """Those that are still this worker's; with `locks` until the transaction ends."""
    if not claims:
        return set()
    keys = {(claim.request_id, claim.token): claim for claim in claims}
    statement = _LOCK_HELD if locks else _HELD_AMONG
    rows = connection.execute(statement, {"keys": list(keys), "ids": [id for id, _token in keys]})
    return {keys[row.id, row.lease_token] for row in rows}


def as_needed(connection: Connection, endings: Mapping[Claim, Ending]) -> dict[Claim, Ending]:
    """These outcomes, but what would be pending for chains that were all cancelled is cancelled too."""
    again = [claim.request_id for claim, ending in endings.items() if ending.status == "pending"]
    left = unneeded(connection, again)
    return {
        claim: replace(ending, status="cancelled", code=CHAIN_CANCELLED, message=None, wait_s=None)
        if claim.request_id in left
        else ending
        for claim, ending in endings.items()
    }


def settle(connection: Connection, endings: Mapping[Claim, Ending]) -> set[Claim]:
    """Write these outcomes; returns the claims whose lease is lost, for which nothing was written."""
    if not endings:
        return set()
    announce(connection, "requests")
    if len(endings) == 1:
        ((claim, ending),) = endings.items()
        return set() if changed_rows(connection, _SETTLE, _row(claim, ending)) else {claim}
    if connection.dialect.name == "sqlite":
        return _settle_as_the_only_writer(connection, endings)
    # In the order of all transactions: an update locks in the order of its plan.
    connection.execute(_LOCK, {"ids": sorted(claim.request_id for claim in endings)}).all()
    given = {
        "rows": msgspec.json.encode(list(map(_row, endings, endings.values()))).decode(),
        "ids": [claim.request_id for claim in endings],
    }
    held = set(connection.scalars(_settle_many(), given))
    return {claim for claim in endings if claim.request_id not in held}


def _settle_as_the_only_writer(
    connection: Connection, endings: Mapping[Claim, Ending]
) -> set[Claim]:
    """Nobody takes a lease while this transaction goes on."""
    held = held_among(connection, list(endings), locks=False)
    if held:
        connection.execute(_SETTLE, [_row(claim, endings[claim]) for claim in held])
    return endings.keys() - held


def _row(claim: Claim, ending: Ending) -> dict[str, Any]:
    return {
        "of_id": claim.request_id,
        "of_token": claim.token,
        "ends_as": ending.status,
        "with_package": ending.package_id,
        "code": ending.code,
        "message": ending.message,
        "wait_s": ending.wait_s,
        "given_back": 0 if ending.costs_attempt else 1,
    }


_TYPES: dict[str, TypeEngine[Any]] = {
    "of_id": c.id.type,
    "of_token": c.lease_token.type,
    "ends_as": Text(),
    "with_package": c.package_id.type,
    "code": Text(),
    "message": Text(),
    "wait_s": Float(),
    "given_back": Integer(),
}
"""Types of the values of `_row`."""


def _statement(given: Mapping[str, ColumnElement[Any]]) -> Update:
    return (
        update(requests)
        .where(
            c.id == given["of_id"],
            c.lease_token == given["of_token"],
            is_fetching(),
        )
        .values(
            **IDLE,
            status=given["ends_as"],
            package_id=func.coalesce(given["with_package"], c.package_id),
            error_code=_reason(given, given["code"], c.error_code),
            error_message=_reason(given, given["message"], c.error_message),
            retry_after=database_time(given["wait_s"]),
            attempt_count=c.attempt_count - given["given_back"],
            updated_at=database_time(),
        )
    )


def _reason(
    given: Mapping[str, ColumnElement[Any]], told: ColumnElement[str], known: Any
) -> ColumnElement[str]:
    """A request that is handed back keeps the reason of earlier attempts."""
    is_handed_back = and_(given["ends_as"] == "pending", given["code"].is_(None))
    return case((is_handed_back, known), else_=told)


_SETTLE = _statement({name: bindparam(name, type_=type_) for name, type_ in _TYPES.items()})


_LOCK = (
    select(c.id)
    .where(c.id == any_(bindparam("ids", type_=ARRAY(c.id.type))))
    .order_by(c.id)
    .with_for_update(key_share=True)
)


@cache
def _settle_many() -> Any:
    """For PostgreSQL: all rows as one JSON array, which costs a fraction of one parameter per value."""
    rows = (
        func.json_to_recordset(cast(bindparam("rows", type_=Text()), JSON))
        .table_valued(*(column(name, type_) for name, type_ in _TYPES.items()))
        .render_derived(name="given", with_types=True)
    )
    statement = _statement({name: rows.c[name] for name in _TYPES})
    # Redundant, for the planner: it knows the length of an array, not the number of rows of a function.
    is_among = c.id == any_(bindparam("ids", type_=ARRAY(c.id.type)))
    return statement.where(is_among).returning(c.id)
