"""Compiles each SQL statement once in a process, as a program with one engine does; tests open thousands."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

STATEMENTS = 2_000
"""More than the program has."""


def pytest_configure() -> None:
    """A compiled statement is kept by its dialect: those of one database count as the same."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        _count_as_the_same(dialect)
    _share_cache(sqlalchemy.Engine)


def _count_as_the_same(dialect: Any) -> None:
    def is_same(one: Any, other: Any) -> bool:
        return type(one) is type(other) and one.server_version_info == other.server_version_info

    dialect.__eq__ = is_same
    dialect.__hash__ = lambda one: hash(type(one))


def _share_cache(engine: Any) -> None:
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    initialise = engine.__init__

    # `create_engine` reads from the names which arguments there are: pyiceberg's catalog gives `echo`.
    def sharing(
        self: Any, pool: Any, dialect: Any, url: Any, echo: Any = None, **more: Any
    ) -> None:
        initialise(self, pool, dialect, url, echo=echo, **more)
        self._compiled_cache = shared

    engine.__init__ = sharing
