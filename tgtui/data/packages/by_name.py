"""A package by its name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from tgtui.data.models.tables import packages
from tgtui.data.storage.times import by_machine

_NAMED = (
    packages.c.name == bindparam("name"),
    packages.c.registry == bindparam("registry"),
    packages.c.deleted_at.is_(None),
)
_ID = select(packages.c.id).where(*_NAMED)
_LAST_ATTEMPT = select(packages.c.last_fetch_attempt).where(*_NAMED)


def find_package(connection: Connection, registry: str, name: str) -> UUID | None:
    """The package's id by its exact name; None if it is not in the catalogue or deleted."""
    return connection.scalar(_ID, {"registry": registry, "name": name})


def last_attempt(connection: Connection, registry: str, name: str) -> datetime | None:
    """When the package was last fetched, with or without success, by this machine's clock; None for a deleted one."""
    found = connection.scalar(_LAST_ATTEMPT, {"registry": registry, "name": name})
    return found and by_machine(connection, found)
