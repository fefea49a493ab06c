"""Compares what an SQLite catalogue consists of, beside its rows, with a new one of the same schema.

A trigger runs with every change, so one that is not ours could do anything to the catalogue: it is refused. An index
holds nothing of its own, so it is made again. Tables that are not ours are left alone: nothing reads them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import create_engine

from tgtui.data.upkeep import migrate

VIRTUAL = "CREATE VIRTUAL TABLE"
_MADE = """
SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL ORDER BY name
"""
_COLUMNS = 'SELECT name, upper(type), "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)'
_REFERENCES = 'SELECT "from", "table", "to", on_update, on_delete FROM pragma_foreign_key_list(?)'

Made = dict[str, str]
"""Statements by the name of what they make, in one form."""


class Foreign(Exception):
    """What makes it no whole catalogue of tgtui, a clause."""


def make_as_new(connection: sqlite3.Connection) -> int:
    """Give it the indexes of a new catalogue; how many were missing or others. Foreign, sqlite3.Error."""
    engine = create_engine("sqlite://")
    try:
        migrate.upgrade(engine)
        with closing(engine.raw_connection()) as pooled:
            new = pooled.driver_connection
            assert isinstance(new, sqlite3.Connection)
            _require_tables(connection, new)
            _require_triggers(_made(connection, "trigger"), _made(new, "trigger"))
            return _mend_indexes(connection, _made(connection, "index"), _made(new, "index"))
    finally:
        engine.dispose()


def _require_tables(connection: sqlite3.Connection, new: sqlite3.Connection) -> None:
    made = _made(connection, "table")
    for table, statement in _made(new, "table").items():
        if table not in made:
            raise Foreign(f"it has no {table}")
        if statement.startswith(VIRTUAL) and made[table] != statement:
            raise Foreign(f"{table} is not as tgtui makes it")
        there, needed = _columns(connection, table), _columns(new, table)
        for column in sorted(there.keys() | needed.keys()):
            if column not in there:
                raise Foreign(f"it has no {table}.{column}")
            if column not in needed:
                raise Foreign(f"{table}.{column} is not one of tgtui's")
            if there[column] != needed[column]:
                raise Foreign(f"{table}.{column} is not as tgtui makes it")
        if _references(connection, table) != _references(new, table):
            raise Foreign(f"the references of {table} are not as tgtui makes them")


def _require_triggers(there: Made, needed: Made) -> None:
    for name in sorted(there.keys() | needed.keys()):
        if name not in there:
            raise Foreign(f"it has no trigger {name}")
        if there[name] != needed.get(name):
            raise Foreign(
                f"its trigger {name} is not one of tgtui's, and could change anything unseen. If you trust it,"
                f' remove it with sqlite3: DROP TRIGGER "{name}"'
            )


def _mend_indexes(connection: sqlite3.Connection, there: Made, needed: Made) -> int:
    wrong = [name for name, made in there.items() if needed.get(name) != made]
    missing = [name for name, made in needed.items() if there.get(name) != made]
    for name in wrong:
        quoted = name.replace('"', '""')
        connection.execute(f'DROP INDEX "{quoted}"')
    for name in missing:
        try:
            connection.execute(needed[name])
        except sqlite3.IntegrityError as error:
            raise Foreign(f"its index {name} can't be made again: {error}") from error
    return len({*wrong, *missing})


def _made(connection: sqlite3.Connection, kind: str) -> Made:
    return {name: " ".join(sql.split()) for name, sql in connection.execute(_MADE, [kind])}


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(rest) for name, *rest in connection.execute(_COLUMNS, [table])}


def _references(connection: sqlite3.Connection, table: str) -> set[tuple[Any, ...]]:
    return set(connection.execute(_REFERENCES, [table]))
