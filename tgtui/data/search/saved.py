"""Searches that people saved, by account."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.basics.text import clean
from tgtui.data.models.search import SavedSearch
from tgtui.data.storage.sql import changed_rows, insert_missing, table_of
from tgtui.data.storage.times import database_now
from tgtui.data.views.searches import SavedSearchRow

MAX_NAME = 60
MAX_SAVED = 100
"""Of one account."""


def saved_searches(session: Session, account_id: UUID) -> list[SavedSearchRow]:
    """An account's saved searches, by name."""
    rows = session.execute(
        select(SavedSearch.name, SavedSearch.query)
        .where(SavedSearch.account_id == account_id)
        .order_by(func.lower(SavedSearch.name), SavedSearch.name)
    )
    return [SavedSearchRow(row.name, row.query) for row in rows]


def save_search(session: Session, account_id: UUID, name: str, query: str) -> None:
    """Save a search, replacing one of the same name. UsageError for an unusable name or search."""
    name, query = clean(name, MAX_NAME + 1), query.strip()
    if len(name) > MAX_NAME:
        raise UsageError(f"The name is too long: {MAX_NAME} characters at most.")
    if not name:
        raise UsageError("Give the search a name.")
    if not query:
        raise UsageError("Type a search first; an empty one shows everything anyway.")
    of_name = (SavedSearch.account_id == account_id, SavedSearch.name == name)
    if changed_rows(session, update(SavedSearch).where(*of_name).values(query=query)):
        return
    count = session.scalar(select(func.count()).where(SavedSearch.account_id == account_id)) or 0
    if count >= MAX_SAVED:
        raise UsageError(f"There are already {MAX_SAVED} saved searches; remove one first.")
    insert_missing(
        session,
        table_of(SavedSearch),
        [
            {
                "id": uuid7(),
                "account_id": account_id,
                "name": name,
                "query": query,
                "created_at": database_now(session),
            }
        ],
    )


def forget_search(session: Session, account_id: UUID, name: str) -> bool:
    """Delete a saved search; False if there was none."""
    of_name = (SavedSearch.account_id == account_id, SavedSearch.name == name)
    return changed_rows(session, delete(SavedSearch).where(*of_name)) > 0
