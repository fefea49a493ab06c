"""For migrations: which registries the check constraints admit (docs/adding-a-registry.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, text

CONSTRAINT = re.compile(r"ck_\w+_(?:dependency_)?registry")
"""The name of each constraint on a column that names a registry, in every table that has one."""
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
