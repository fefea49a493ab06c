"""Comparisons that people saved, by account."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.models.personal import package_comparisons as kept
from tgtui.data.search.saved import usable_name
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, insert_missing
from tgtui.data.storage.times import database_now
from tgtui.data.views.comparing import SavedComparison

MAX_SAVED = 100
"""Of one account."""


def saved_comparisons(connection: Connection, account_id: UUID) -> list[SavedComparison]:
    """An account's saved comparisons, by name."""
    rows = connection.execute(
        select(kept.c.name, kept.c.packages)
        .where(kept.c.account_id == account_id)
        .order_by(func.lower(kept.c.name), kept.c.name)
    )
    return [SavedComparison(row.name, row.packages) for row in rows]


def save_comparison(connection: Connection, account_id: UUID, name: str, packages: str) -> None:
    """Save packages under a name, replacing others of the same name. UsageError for an unusable name."""
    name, now = usable_name(name, "comparison"), database_now(connection)
    of_name = (kept.c.account_id == account_id, kept.c.name == name)
    renewed = update(kept).where(*of_name).values(packages=packages, updated_at=now)
    if not changed_rows(connection, renewed):
        count = connection.scalar(select(func.count()).where(kept.c.account_id == account_id)) or 0
        if count >= MAX_SAVED:
            raise UsageError(f"There are already {MAX_SAVED} saved comparisons; delete one first.")
        row = {"id": uuid7(), "account_id": account_id, "name": name, "packages": packages}
        insert_missing(connection, kept, [{**row, "created_at": now, "updated_at": now}])
    announce(connection, "packages")


def rename_comparison(connection: Connection, account_id: UUID, name: str, to: str) -> bool:
    """False if there is none of this name. UsageError for an unusable name, or one that is taken."""
    to = usable_name(to, "comparison")
    names = [each.name for each in saved_comparisons(connection, account_id)]
    if name not in names:
        return False
    if to != name and to in names:
        raise UsageError(f"There is already a saved comparison {to}; delete or rename that first.")
    of_name = (kept.c.account_id == account_id, kept.c.name == name)
    renamed = update(kept).where(*of_name).values(name=to, updated_at=database_now(connection))
    announce(connection, "packages")
    return changed_rows(connection, renamed) > 0


def delete_comparison(connection: Connection, account_id: UUID, name: str) -> bool:
    """False if there was none of this name."""
    of_name = (kept.c.account_id == account_id, kept.c.name == name)
    announce(connection, "packages")
    return changed_rows(connection, delete(kept).where(*of_name)) > 0
