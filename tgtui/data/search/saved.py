"""Searches that people saved, by account."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.basics.text import clean
from tgtui.data.models.search import saved_searches as kept
from tgtui.data.storage.sql import changed_rows, insert_missing
from tgtui.data.storage.times import database_now
from tgtui.data.views.searches import SavedSearchRow

MAX_NAME = 60
MAX_SAVED = 100
"""Of one account."""


def saved_searches(connection: Connection, account_id: UUID) -> list[SavedSearchRow]:
    """An account's saved searches, by name."""
    rows = connection.execute(
        select(kept.c.name, kept.c.query)
        .where(kept.c.account_id == account_id)
        .order_by(func.lower(kept.c.name), kept.c.name)
    )
    return [SavedSearchRow(row.name, row.query) for row in rows]


def save_search(connection: Connection, account_id: UUID, name: str, query: str) -> None:
    """Save a search, replacing one of the same name. UsageError for an unusable name or search."""
    name, query = usable_name(name, "search"), query.strip()
    if not query:
        raise UsageError("Type a search first; an empty one shows everything anyway.")
    of_name = (kept.c.account_id == account_id, kept.c.name == name)
    if changed_rows(connection, update(kept).where(*of_name).values(query=query)):
        return
    count = connection.scalar(select(func.count()).where(kept.c.account_id == account_id)) or 0
    if count >= MAX_SAVED:
        raise UsageError(f"There are already {MAX_SAVED} saved searches; remove one first.")
    insert_missing(
        connection,
        kept,
        [
            {
                "id": uuid7(),
                "account_id": account_id,
                "name": name,
                "query": query,
                "created_at": database_now(connection),
            }
        ],
    )


def usable_name(name: str, of: str) -> str:
    """The name of a saved `search` or of what else is saved, as it is stored. UsageError."""
    name = clean(name, MAX_NAME + 1)
    if len(name) > MAX_NAME:
        raise UsageError(f"The name is too long: {MAX_NAME} characters at most.")
    if not name:
        raise UsageError(f"Give the {of} a name.")
    return name


def forget_search(connection: Connection, account_id: UUID, name: str) -> bool:
    """Delete a saved search; False if there was none."""
    of_name = (kept.c.account_id == account_id, kept.c.name == name)
    return changed_rows(connection, delete(kept).where(*of_name)) > 0
