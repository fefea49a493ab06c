"""What tests of tags do and look at."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from tests.support import rows
from tgtui.data.models.tables import package_tags
from tgtui.data.packages.removal import delete_package
from tgtui.data.storage.database import Database
from tgtui.data.tags.reading import assignments_of


def packages(database: Database, *names: str) -> list[UUID]:
    """Of these names, in their order."""
    return [database.write_now(rows.add_package, name) for name in names]


def slugs(database: Database, package_id: UUID) -> list[str]:
    """The tags of a package by name."""
    return [tag.slug for tag in database.read_now(assignments_of, package_id)]


def delete_package_row(connection: Connection, package_id: UUID) -> None:
    """As an admin does."""
    by = connection.scalar(select(package_tags.c.created_by)) or rows.add_account(
        connection, "root"
    )
    delete_package(connection, package_id, account_id=by)
