"""Limits that protect registries and teams: the cooldown of a package, the hourly limit of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.basics.errors import TgtuiError
from tgtui.data.models.tables import Account, PackageRequest
from tgtui.data.storage.sql import table_of
from tgtui.data.storage.times import database_now

HOUR = timedelta(hours=1)
REMEMBERED = frozenset({"not_found", "malformed", "too_large"})
"""Answers of the registry that trying again does not change."""
REMOVED = "removed_by_admin"
"""`error_code` of requests for a deleted package."""
BEING_FETCHED = "It is being fetched right now."
NOT_YOURS = "The request is gone, or it belongs to another person."
NOT_AGAIN = "; the registry is not asked again before "

_requests = table_of(PackageRequest)
_LAST_OUTCOME = (
    select(
        _requests.c.status,
        _requests.c.error_code,
        _requests.c.error_message,
        _requests.c.updated_at,
    )
    .where(
        _requests.c.package_name == bindparam("name"),
        _requests.c.registry == bindparam("registry"),
        _requests.c.status.in_(("completed", "failed")),
        _requests.c.attempt_count > 0,
    )
    .order_by(_requests.c.updated_at.desc())
    .limit(1)
)
"""The time of the last request that asked the registry, not of one that only repeated its answer."""


class RequestRefused(TgtuiError):
    """A request can't be made, retried or cancelled now; the sentence says why, and when it can."""


@dataclass(frozen=True, slots=True)
class RememberedFailure:
    """The registry answered within the cooldown and is not asked again."""

    code: str
    message: str
    """`message` and the time from which it can be fetched again."""


def removed_sentence(registry: str, name: str) -> str:
    """The sentence for a request of a deleted package."""
    return (
        f"{registry}:{name} was deleted by an admin and is not fetched again;"
        " ask an admin to restore it."
    )


def remembered_failure(
    session: Session, registry: str, name: str, cooldown: timedelta
) -> RememberedFailure | None:
    """The registry's refusal within the cooldown; None if it may be asked."""
    last = session.execute(_LAST_OUTCOME, {"registry": registry, "name": name}).one_or_none()
    if last is None or last.status != "failed" or last.error_code not in REMEMBERED:
        return None
    if not clock.is_within(last.updated_at, cooldown, database_now(session)):
        return None
    again = last.updated_at + cooldown
    return RememberedFailure(last.error_code, remembered_sentence(last.error_message, again))


def remembered_sentence(message: str | None, again: datetime) -> str:
    """What the registry said, and when it can be asked again."""
    said = (message or "It failed").partition(NOT_AGAIN)[0].rstrip(".")
    return f"{said}{NOT_AGAIN}{shown_time(again)} unless an admin forces it."


def limited_sentence(count: int, hourly_limit: int, again: datetime) -> str:
    """The sentence for a person over their hourly limit."""
    return (
        f"You made {count} requests within an hour; the limit is {hourly_limit};"
        f" ask again after {shown_time(again)}."
    )


def refuse_over_limit(session: Session, account_id: UUID, hourly_limit: int) -> None:
    """RequestRefused if the account made `hourly_limit` requests within the last hour."""
    # Locked: of two requests at once, the second counts the first.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    now = database_now(session)
    count, oldest = session.execute(
        select(func.count(), func.min(PackageRequest.created_at)).where(
            PackageRequest.requested_by == account_id,
            PackageRequest.is_auto_queued.is_(False),
            PackageRequest.created_at > now - HOUR,
            PackageRequest.created_at <= now + clock.SKEW,
        )
    ).one()
    if count >= hourly_limit:
        raise RequestRefused(limited_sentence(count, hourly_limit, oldest + HOUR))


def shown_time(moment: datetime) -> str:
    """`14:05`, in this machine's time zone."""
    return f"{moment.astimezone():%H:%M}"
