"""Who takes part in the insights about people, and what is recorded of a person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, func, select, update

from tgtui.data.access import people_calls
from tgtui.data.models.insights import insight_results
from tgtui.data.models.tables import accounts, package_interactions
from tgtui.data.search.index import touch
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows
from tgtui.data.storage.times import database_now
from tgtui.data.views.insights import RecordedOf


def recorded_of(connection: Connection, account_id: UUID) -> RecordedOf | None:
    """None if there is no such account, or this login may not see it."""
    found = connection.execute(
        select(accounts.c.display_name, accounts.c.stays_out_since).where(
            accounts.c.id == account_id
        )
    ).one_or_none()
    if found is None:
        return None
    i = package_interactions
    count = connection.scalar(select(func.count()).where(i.c.account_id == account_id))
    return RecordedOf(found[0], found[1] is None, count or 0)


def accounts_called(connection: Connection, name: str) -> list[UUID]:
    """The accounts with this name, or this subject at their provider."""
    a = accounts
    called = (a.c.display_name == name) | (a.c.subject == name)
    return list(connection.scalars(select(a.c.id).where(called).order_by(a.c.id)))


def taking_part(connection: Connection) -> list[UUID]:
    """The accounts whose names may be shown; a login sees those that it may."""
    return list(
        connection.scalars(select(accounts.c.id).where(accounts.c.stays_out_since.is_(None)))
    )


def stay_out(connection: Connection, account_id: UUID) -> None:
    """Leave the insights about people at once; what is recorded still counts for packages."""
    if people_calls.are_used(connection):
        people_calls.take_part(connection, account_id, False)
    else:
        connection.execute(
            update(accounts)
            .where(accounts.c.id == account_id, accounts.c.stays_out_since.is_(None))
            .values(stays_out_since=database_now(connection))
        )
        connection.execute(_SHOWN, {"account_id": account_id})
    announce(connection, "packages")


def take_part(connection: Connection, account_id: UUID) -> None:
    """Appear in them again, from the next refresh on."""
    if people_calls.are_used(connection):
        people_calls.take_part(connection, account_id, True)
        return
    connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(stays_out_since=None)
    )


def forget(connection: Connection, account_id: UUID) -> int:
    """Delete what is recorded of a person for the insights; returns how many interactions that were.

    Requests and tags themselves stay: they are the catalogue's.
    """
    if people_calls.are_used(connection):
        count = people_calls.forget(connection, account_id)
    else:
        mine = package_interactions.c.account_id == account_id
        used = connection.scalars(select(package_interactions.c.package_id).where(mine).distinct())
        touch(connection, used.all())
        count = changed_rows(connection, delete(package_interactions).where(mine))
        connection.execute(_SHOWN, {"account_id": account_id})
    announce(connection, "packages")
    return count


_SHOWN = delete(insight_results).where(insight_results.c.account_id == bindparam("account_id"))
