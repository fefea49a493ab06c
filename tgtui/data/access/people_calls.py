"""What people do with the queue on PostgreSQL: calls of functions of its schema, the same for every login.

In a database guarded by `tgtui db grants` there is no other way for people to write these rows (docs/security.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from tgtui.data.access.limits import (
    BEING_FETCHED,
    NOT_YOURS,
    RequestRefused,
    limited_sentence,
    remembered_sentence,
    removed_sentence,
)

_Asked = Row[*tuple[Any, ...]]
"""`outcome`, and by it `request_id`, `said`, `again`, `counted`, `allowed`."""

_SIGN_IN = text("SELECT tgtui_sign_in(:issuer, :subject, :display_name)")
_ASK = text(
    "SELECT * FROM tgtui_ask("
    ":registry, :name, CAST(:account AS uuid), :force, :priority,"
    " CAST(:per_hour AS integer), CAST(:cooldown AS interval))"
)
_WANT_VERSION = text("SELECT * FROM tgtui_want_version(:version, CAST(:account AS uuid))")
_BRING_TO_FRONT = text("SELECT tgtui_bring_to_front(:registry, :name)")
_HURRY = text("SELECT tgtui_hurry(:root, CAST(:registries AS text[]), CAST(:names AS text[]))")
_ACTIVE_PACKAGES = text("SELECT registry, name FROM tgtui_active_packages()")
_RETRY = text(
    "SELECT * FROM tgtui_retry("
    ":request, CAST(:account AS uuid), :only_own, :force,"
    " CAST(:per_hour AS integer), CAST(:cooldown AS interval))"
)
_CANCEL = text("SELECT tgtui_cancel(:request, CAST(:account AS uuid), :only_own)")
_CANCEL_CHAIN = text("SELECT tgtui_cancel_chain(:root, CAST(:account AS uuid), :only_own)")
_RECORD = text(
    "SELECT tgtui_record(CAST(:packages AS uuid[]), CAST(:accounts AS uuid[]),"
    " CAST(:kinds AS text[]), CAST(:days AS date[]))"
)


def are_used(session: Session) -> bool:
    """False on SQLite, which has no functions and no logins."""
    return session.get_bind().dialect.name == "postgresql"


def sign_in(session: Session, issuer: str, subject: str, display_name: str) -> UUID:
    """The person's account, created if they have none yet."""
    account_id: UUID = _scalar(
        session, _SIGN_IN, issuer=issuer, subject=subject, display_name=display_name
    )
    return account_id


def ask(
    session: Session,
    registry: str,
    name: str,
    *,
    account_id: UUID | None,
    force: bool,
    priority: int,
    per_hour: int | None,
    cooldown: timedelta | None,
) -> tuple[UUID, bool]:
    """The request, and whether it is new. RequestRefused."""
    asked = session.execute(
        _ASK,
        {
            "registry": registry,
            "name": name,
            "account": account_id,
            "force": force,
            "priority": priority,
            "per_hour": per_hour,
            "cooldown": cooldown,
        },
    ).one()
    return _request_of(asked)


def want_version(session: Session, version_id: UUID, account_id: UUID | None) -> None:
    """Does nothing if its dependencies are loaded. RequestRefused."""
    asked = session.execute(_WANT_VERSION, {"version": version_id, "account": account_id}).one()
    if asked.outcome is not None:
        _request_of(asked)


def bring_to_front(session: Session, registry: str, name: str) -> bool:
    """False if no request for it is pending."""
    return bool(_scalar(session, _BRING_TO_FRONT, registry=registry, name=name))


def hurry(session: Session, root_id: UUID, packages: Sequence[tuple[str, str]]) -> None:
    """Move these (registry, name), and what is pending of the chain, ahead of requests that no one waits for."""
    registries, names = zip(*packages, strict=True) if packages else ((), ())
    session.execute(_HURRY, {"root": root_id, "registries": list(registries), "names": list(names)})


def active_packages(session: Session) -> set[tuple[str, str]]:
    """(registry, name) of everything that is queued or being fetched, for anyone."""
    return {(row.registry, row.name) for row in session.execute(_ACTIVE_PACKAGES)}


def retry(
    session: Session,
    request_id: UUID,
    *,
    account_id: UUID | None,
    only_own: bool,
    force: bool,
    per_hour: int | None,
    cooldown: timedelta | None,
) -> tuple[UUID, bool]:
    """As `ask`. RequestRefused also if it is gone, another person's, or being fetched."""
    asked = session.execute(
        _RETRY,
        {
            "request": request_id,
            "account": account_id,
            "only_own": only_own,
            "force": force,
            "per_hour": per_hour,
            "cooldown": cooldown,
        },
    ).one()
    return _request_of(asked)


def cancel(session: Session, request_id: UUID, account_id: UUID | None, only_own: bool) -> str:
    """`ended`; `left` because others wait too; `gone`; or the state in which it can't be cancelled."""
    outcome: str = _scalar(
        session, _CANCEL, request=request_id, account=account_id, only_own=only_own
    )
    return outcome


def cancel_chain(
    session: Session, root_id: UUID, account_id: UUID | None, only_own: bool
) -> int | None:
    """How many requests were cancelled; None if the chain is another person's."""
    ended: int | None = _scalar(
        session, _CANCEL_CHAIN, root=root_id, account=account_id, only_own=only_own
    )
    return ended


def record(session: Session, interactions: Sequence[tuple[UUID, UUID, str, date]]) -> int:
    """Store (package, account, kind, day); returns how many are new."""
    packages, accounts, kinds, days = zip(*interactions, strict=True)
    return int(
        _scalar(
            session,
            _RECORD,
            packages=list(packages),
            accounts=list(accounts),
            kinds=list(kinds),
            days=list(days),
        )
    )


def _scalar(session: Session, statement: TextClause, **parameters: Any) -> Any:
    return session.execute(statement, parameters).scalar_one()


def _request_of(asked: _Asked) -> tuple[UUID, bool]:
    match asked.outcome:
        case "new" | "followed" | "waits_no_more":
            return asked.request_id, asked.outcome == "new"
        case "gone":
            raise RequestRefused(NOT_YOURS)
        case "fetching":
            raise RequestRefused(BEING_FETCHED)
        case "removed":
            registry, _, name = asked.said.partition(":")
            raise RequestRefused(removed_sentence(registry, name))
        case "remembered":
            raise RequestRefused(remembered_sentence(asked.said, _utc(asked.again)))
        case "limited":
            raise RequestRefused(limited_sentence(asked.counted, asked.allowed, _utc(asked.again)))
    raise AssertionError(asked.outcome)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
