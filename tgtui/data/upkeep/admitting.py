"""For migrations: which registries the check constraints admit (docs/adding-a-registry.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text

CONSTRAINT = re.compile(r"ck_\w+_(?:dependency_)?registry")
"""The name of each constraint on a column that names a registry, in every table that has one."""
COLUMNS = ("registry", "dependency_registry")
"""Those it is on."""
CHECK = re.compile(rf"(CONSTRAINT {CONSTRAINT.pattern} CHECK \((\w+) IN \()[^)]*(\)\))")
NAME = re.compile(r"[a-z][a-z0-9]*")


def admit_registries(connection: Connection, names: Sequence[str]) -> None:
    """Let every table admit these registries and no others, in the caller's transaction. ValueError for a bad name.

    No table is rebuilt: at a million packages that would take minutes, and lose SQLite's triggers.
    """
    if not all(NAME.fullmatch(name) for name in names):
        raise ValueError(names)
    listed = ", ".join(f"'{name}'" for name in names)
    if connection.dialect.name == "sqlite":
        _sqlite(connection, listed)
    else:
        _postgresql(connection, listed)


def forget_registry(connection: Connection, name: str) -> None:
    """Delete what belongs to a registry, before no table admits it any more: for a downgrade."""
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        for column in inspector.get_columns(table):
            if column["name"] in COLUMNS:
                change = f"DELETE FROM {table} WHERE {column['name']} = :name"  # noqa: S608 - ours
                connection.execute(text(change), {"name": name})
    if connection.dialect.name == "sqlite":
        _delete_dangling(connection)


def _delete_dangling(connection: Connection) -> None:
    """What a foreign key would have deleted, or set to null: none is in force while SQLite is migrated."""
    while dangling := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        for table, rowid, _parent, number in dangling:
            keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").mappings()
            key = next(key for key in keys if key["id"] == number)
            change = f"DELETE FROM {table}"  # noqa: S608 - ours
            if key["on_delete"] == "SET NULL":
                change = f"UPDATE {table} SET {key['from']} = NULL"  # noqa: S608 - ours
            connection.exec_driver_sql(f"{change} WHERE rowid = ?", (rowid,))


def _sqlite(connection: Connection, listed: str) -> None:
    """As SQLite's manual changes a CHECK without a rebuild (lang_altertable, "Making Other Kinds Of Table Schema Changes")."""
    tables = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
    ).all()
    version: int = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, statement in tables:
        changed = CHECK.sub(lambda match: f"{match[1]}{listed}{match[3]}", statement)
        if changed != statement:
            connection.exec_driver_sql(
                "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
                (changed, table),
            )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _postgresql(connection: Connection, listed: str) -> None:
    found = connection.execute(
        text(
            "SELECT con.conrelid::regclass::text, con.conname, att.attname"
            " FROM pg_constraint con JOIN pg_attribute att"
            " ON att.attrelid = con.conrelid AND att.attnum = con.conkey[1]"
            " WHERE con.contype = 'c' AND con.connamespace = quote_ident(current_schema())::regnamespace"
        )
    ).all()
    for table, constraint, column in found:
        if CONSTRAINT.fullmatch(constraint):
            connection.exec_driver_sql(
                f"ALTER TABLE {table} DROP CONSTRAINT {constraint},"
                f" ADD CONSTRAINT {constraint} CHECK ({column} IN ({listed}))"
            )
