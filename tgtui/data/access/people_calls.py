"""What people do with the queue on PostgreSQL: calls of functions of its schema, the same for every login.

In a database guarded by `tgtui db grants` there is no other way for people to write these rows (docs/security.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, Row, TextClause, text

from tgtui.data.access.limits import (
    BEING_FETCHED,
    NOT_YOURS,
    limited_sentence,
    remembered_sentence,
    removed_sentence,
)

_Row = Row[*tuple[Any, ...]]
"""Of `tgtui_asked`."""

REFUSED = frozenset({"removed", "remembered", "limited", "gone", "fetching"})


class Answer(Struct, frozen=True):
    """What a function says of one package, or of a retry as a whole."""

    registry: str
    name: str
    outcome: str
    """new, followed, retried, waits_no_more, or one of REFUSED."""
    request_id: UUID | None
    chain_id: UUID | None
    reason: str
    """Why it was refused, a sentence; else empty."""
    counted: int
    """Of `retried`: how many requests are queued again."""


_SIGN_IN = text("SELECT tgtui_sign_in(:issuer, :subject, :display_name)")
_TAKE_PART = text("SELECT tgtui_take_part(:account, :takes_part)")
_FORGET = text("SELECT tgtui_forget(:account)")
_ASK = text(
    "SELECT * FROM tgtui_ask("
    "CAST(:registries AS text[]), CAST(:names AS text[]), CAST(:account AS uuid), :force, :priority,"
    " CAST(:per_hour AS integer), CAST(:cooldown AS interval))"
)
_WANT_VERSION = text("SELECT * FROM tgtui_want_version(:version, CAST(:account AS uuid))")
_BRING_TO_FRONT = text("SELECT tgtui_bring_to_front(:registry, :name)")
_HURRY = text("SELECT tgtui_hurry(:chain, CAST(:registries AS text[]), CAST(:names AS text[]))")
_ACTIVE_PACKAGES = text("SELECT registry, name FROM tgtui_active_packages()")
_RETRY = text(
    "SELECT * FROM tgtui_retry("
    ":request, CAST(:account AS uuid), :only_own, :force,"
    " CAST(:per_hour AS integer), CAST(:cooldown AS interval))"
)
_CANCEL = text("SELECT tgtui_cancel(:request, CAST(:account AS uuid), :only_own)")
_CANCEL_CHAIN = text("SELECT * FROM tgtui_cancel_chain(:chain, CAST(:account AS uuid), :only_own)")
_RECORD = text(
    "SELECT tgtui_record(CAST(:packages AS uuid[]), CAST(:accounts AS uuid[]),"
    " CAST(:kinds AS text[]), CAST(:days AS date[]))"
)


def are_used(connection: Connection) -> bool:
    """False on SQLite, which has no functions and no logins."""
    return connection.dialect.name == "postgresql"


def sign_in(connection: Connection, issuer: str, subject: str, display_name: str) -> UUID:
    """The person's account, created if they have none yet."""
    account_id: UUID = _scalar(
        connection, _SIGN_IN, issuer=issuer, subject=subject, display_name=display_name
    )
    return account_id


def ask(
    connection: Connection,
    packages: Sequence[tuple[str, str]],
    *,
    account_id: UUID | None,
    force: bool,
    priority: int,
    per_hour: int | None,
    cooldown: timedelta | None,
) -> list[Answer]:
    """One for each of these (registry, name)."""
    registries, names = zip(*packages, strict=True) if packages else ((), ())
    given = {
        "registries": list(registries),
        "names": list(names),
        "account": account_id,
        "force": force,
        "priority": priority,
        "per_hour": per_hour,
        "cooldown": cooldown,
    }
    return [_answer(row) for row in connection.execute(_ASK, given)] if packages else []


def want_version(connection: Connection, version_id: UUID, account_id: UUID | None) -> list[Answer]:
    """Empty if its dependencies are loaded."""
    rows = connection.execute(_WANT_VERSION, {"version": version_id, "account": account_id})
    return [_answer(row) for row in rows]


def bring_to_front(connection: Connection, registry: str, name: str) -> bool:
    """False if no request for it is pending."""
    return bool(_scalar(connection, _BRING_TO_FRONT, registry=registry, name=name))


def hurry(connection: Connection, chain_id: UUID, packages: Sequence[tuple[str, str]]) -> None:
    """Move these (registry, name), and what is pending of the chain, ahead of requests that no one waits for."""
    registries, names = zip(*packages, strict=True) if packages else ((), ())
    connection.execute(
        _HURRY, {"chain": chain_id, "registries": list(registries), "names": list(names)}
    )


def active_packages(connection: Connection) -> set[tuple[str, str]]:
    """(registry, name) of everything that is queued or being fetched, for anyone."""
    return {(row.registry, row.name) for row in connection.execute(_ACTIVE_PACKAGES)}


def retry(
    connection: Connection,
    id: UUID,
    *,
    account_id: UUID | None,
    only_own: bool,
    force: bool,
    per_hour: int | None,
    cooldown: timedelta | None,
) -> list[Answer]:
    """`retried` or another outcome of the whole, and one for each package that is refused."""
    given = {
        "request": id,
        "account": account_id,
        "only_own": only_own,
        "force": force,
        "per_hour": per_hour,
        "cooldown": cooldown,
    }
    return [_answer(row) for row in connection.execute(_RETRY, given)]


def cancel(
    connection: Connection, request_id: UUID, account_id: UUID | None, only_own: bool
) -> str:
    """`ended`; `left` because others wait too; `gone`; or the state in which it can't be cancelled."""
    outcome: str = _scalar(
        connection, _CANCEL, request=request_id, account=account_id, only_own=only_own
    )
    return outcome


def cancel_chain(
    connection: Connection, chain_id: UUID, account_id: UUID | None, only_own: bool
) -> tuple[int, int] | None:
    """How many requests were cancelled, and how many are left to other chains; None if it is another person's."""
    row = connection.execute(
        _CANCEL_CHAIN, {"chain": chain_id, "account": account_id, "only_own": only_own}
    ).one()
    return None if row.ended is None else (row.ended, row.left_to_others)


def record(connection: Connection, interactions: Sequence[tuple[UUID, UUID, str, date]]) -> int:
    """Store (package, account, kind, day); returns how many are new."""
    packages, accounts, kinds, days = zip(*interactions, strict=True)
    return int(
        _scalar(
            connection,
            _RECORD,
            packages=list(packages),
            accounts=list(accounts),
            kinds=list(kinds),
            days=list(days),
        )
    )


def take_part(connection: Connection, account_id: UUID, takes_part: bool) -> None:
    """In the insights about people."""
    connection.execute(_TAKE_PART, {"account": account_id, "takes_part": takes_part})


def forget(connection: Connection, account_id: UUID) -> int:
    """Delete what is recorded of an account; returns how many interactions that were."""
    return int(_scalar(connection, _FORGET, account=account_id))


def _scalar(connection: Connection, statement: TextClause, **parameters: Any) -> Any:
    return connection.execute(statement, parameters).scalar_one()


def _answer(row: _Row) -> Answer:
    reason = _reason(row) if row.outcome in REFUSED else ""
    return Answer(
        row.registry, row.name, row.outcome, row.request_id, row.chain_id, reason, row.counted or 0
    )


def _reason(row: _Row) -> str:
    match row.outcome:
        case "gone":
            return NOT_YOURS
        case "fetching":
            return BEING_FETCHED
        case "removed":
            registry, _, name = row.said.partition(":")
            return removed_sentence(registry, name)
        case "remembered":
            return remembered_sentence(row.said, _utc(row.again))
    return limited_sentence(row.counted, row.allowed, _utc(row.again))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
