"""Limits that protect registries and teams: the cooldown of a package, the hourly limit of a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select

from tgtui.basics import clock
from tgtui.basics.errors import TgtuiError
from tgtui.data.models.tables import accounts, package_request_chains, package_requests
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now

HOUR = timedelta(hours=1)
REMEMBERED = frozenset({"not_found", "malformed", "too_large"})
"""Answers of the registry that trying again does not change."""
REMOVED = "removed_by_admin"
"""`error_code` of requests for a deleted package."""
BEING_FETCHED = "It is being fetched right now."
NOT_YOURS = "The request is gone, or it belongs to another person."
NOT_AGAIN = "; the registry is not asked again before "

_OUTCOMES = (
    select(
        package_requests.c.registry,
        package_requests.c.package_name,
        package_requests.c.status,
        package_requests.c.error_code,
        package_requests.c.error_message,
        package_requests.c.updated_at,
    )
    .where(
        package_requests.c.package_name.in_(bindparam("names", expanding=True)),
        package_requests.c.status.in_(("completed", "failed")),
        package_requests.c.attempt_count > 0,
        package_requests.c.updated_at > bindparam("since"),
    )
    .order_by(package_requests.c.updated_at)
)
"""The time of the last request that asked the registry, not of one that only repeated its answer."""


class RequestRefused(TgtuiError):
    """A request can't be made, retried or cancelled now; the sentence says why, and when it can."""


class RememberedFailure(Struct, frozen=True):
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


def remembered_failures(
    connection: Connection, packages: Sequence[tuple[str, str]], cooldown: timedelta
) -> dict[tuple[str, str], RememberedFailure]:
    """The registry's refusal within the cooldown of those of these (registry, name) that may not be asked."""
    found: dict[tuple[str, str], RememberedFailure] = {}
    now = database_now(connection)
    for some in slices(packages):
        names = [name for _registry, name in some]
        given = {"names": names, "since": now - cooldown}
        last = {
            (row.registry, row.package_name): row for row in connection.execute(_OUTCOMES, given)
        }
        for package, row in last.items():
            if (
                row.status == "failed"
                and row.error_code in REMEMBERED
                and clock.is_within(row.updated_at, cooldown, now)
            ):
                sentence = remembered_sentence(row.error_message, row.updated_at + cooldown)
                found[package] = RememberedFailure(row.error_code, sentence)
    return {each: found[each] for each in packages if each in found}


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


def over_limit(connection: Connection, account_id: UUID, hourly_limit: int) -> str | None:
    """The sentence for an account that asked `hourly_limit` times within the last hour; None for any other."""
    # Locked: of two requests at once, the second counts the first.
    connection.execute(select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())
    now = database_now(connection)
    count, oldest = connection.execute(
        select(
            func.coalesce(func.sum(package_request_chains.c.charges), 0),
            func.min(package_request_chains.c.charged_at),
        ).where(
            package_request_chains.c.requested_by == account_id,
            package_request_chains.c.charged_at > now - HOUR,
            package_request_chains.c.charged_at <= now + clock.SKEW,
        )
    ).one()
    if oldest is None or count < hourly_limit:
        return None
    return limited_sentence(count, hourly_limit, oldest + HOUR)


def shown_time(moment: datetime) -> str:
    """`14:05`, in this machine's time zone."""
    return f"{moment.astimezone():%H:%M}"
