"""Settings that are the catalogue's: every worker follows them, whatever its own are."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select, update

from tgtui.basics.ids import uuid7
from tgtui.data.models.settings import catalogue_settings
from tgtui.data.storage.sql import insert_missing
from tgtui.data.storage.times import database_now


def shared_settings(connection: Connection) -> dict[str, str]:
    """By name, as in the settings file."""
    t = catalogue_settings.c
    return {row.name: row.value for row in connection.execute(select(t.name, t.value))}


def propose_settings(connection: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """Store those that have no value yet; returns all that hold then. Of two who propose the first one wins."""
    for name in sorted(values):
        _insert(connection, name, values[name])
    return shared_settings(connection)


def put_setting(connection: Connection, name: str, value: str | None) -> bool:
    """None removes it. False if it was so already."""
    t = catalogue_settings.c
    known = connection.scalar(select(t.value).where(t.name == name))
    if known == value:
        return False
    if value is None:
        connection.execute(delete(catalogue_settings).where(t.name == name))
    elif known is None:
        _insert(connection, name, value)
    else:
        changed = {"value": value, "updated_at": database_now(connection)}
        connection.execute(update(catalogue_settings).where(t.name == name).values(changed))
    return True


def _insert(connection: Connection, name: str, value: str) -> None:
    now = database_now(connection)
    row = {"id": uuid7(), "name": name, "value": value, "created_at": now, "updated_at": now}
    insert_missing(connection, catalogue_settings, [row])
