"""Opens SQLite or PostgreSQL so that both give the same guarantees."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from tgtui.basics.errors import SettingsError
from tgtui.data.storage.address import (
    HINT,
    UNREADABLE,
    keywords_address,
    postgresql_address,
    sqlite_address,
)
from tgtui.data.storage.file import SqliteFile
from tgtui.data.storage.server.session import connect_arguments, use_sessions

EMPTY = f"The database URL is empty; leave it out for the file in the data folder, or {HINT}."
QUOTED = "The database URL is in quotes; leave them out."
QUOTES = ("'", '"', "`", "“", "”", "‘", "’")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9_]+)?://")
KEYWORDS = re.compile(r"[a-z_]+\s*=")

if TYPE_CHECKING:
    # Both would import psycopg, which SQLite doesn't need.
    from tgtui.data.storage.server.line import Line
    from tgtui.data.storage.server.watch import Watch

READERS = 4
"""Connections that read at once; on PostgreSQL the same number writes at once, on SQLite one."""
FEED = 1
"""The connection that waits for changes, as long as the program runs."""
ANNOUNCER = 1
"""The connection that announces changes, beside those that make them."""
CONNECTIONS = READERS + READERS + FEED + ANNOUNCER
"""Of a program to PostgreSQL, at most, unless the settings say otherwise."""

WRITES = "tgtui_writes"
"""Execution option of a connection whose transaction will write."""

FILE = "tgtui_file"
"""Execution option of an SQLite engine: its `SqliteFile`."""
WATCH = "tgtui_watch"
"""Execution option of a PostgreSQL engine: the `Watch` of its connections."""


def parse_url(text: str) -> URL:
    """`sqlite:///file`, or any address that psql takes; blanks around it don't count. SettingsError for others.

    PostgreSQL's driver is always ours, whatever the address names.
    """
    text = text.strip()
    if not text:
        raise SettingsError(EMPTY)
    if text.startswith(QUOTES):
        raise SettingsError(QUOTED)
    scheme = SCHEME.match(text)
    if scheme is None:
        if KEYWORDS.match(text):
            return keywords_address(text)
        raise SettingsError(UNREADABLE)
    backend, rest = scheme[1].lower(), text[scheme.end() :]
    if backend == "sqlite":
        return sqlite_address(rest)
    if backend in {"postgresql", "postgres"}:
        return postgresql_address(rest)
    raise SettingsError(f"The database {backend!r} is not supported; {HINT}.")


def open_engine(url: URL, connections: int = CONNECTIONS) -> Engine:
    """An engine that is not connected yet. Its first connection creates SQLite's file and folder if missing.

    `connections` is how many there are to PostgreSQL at most, four or more.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        # A connection that the server dropped is replaced before it is used.
        pool_pre_ping=True,
        connect_args=connect_arguments(url),
        # Whatever the login or the server prefers: who waited for a lock has to see what was written meanwhile.
        isolation_level="READ COMMITTED",
    )
    _watch(engine)
    return engine


def at_once(engine: Engine) -> tuple[int, int]:
    """How many may read and how many may write at once, so that none waits for a connection."""
    if engine.dialect.name == "sqlite":
        return READERS, 1
    assert isinstance(engine.pool, QueuePool)
    at_work = engine.pool.size() - FEED - ANNOUNCER
    return at_work - at_work // 2, at_work // 2


def file_behind(engine: Engine) -> SqliteFile | None:
    """SQLite's file; None on a server."""
    file: SqliteFile | None = engine.get_execution_options().get(FILE)
    return file


def watch_over(engine: Engine) -> Watch | None:
    """The watch over a server's connections; None on SQLite."""
    watch: Watch | None = engine.get_execution_options().get(WATCH)
    return watch


def line_of(connection: Connection) -> Line:
    """What is known of a server's connection."""
    line: Line = connection.connection.driver_connection.line  # type: ignore[union-attr]
    return line


def _watch(engine: Engine) -> None:
    from tgtui.data.storage.server.watch import Watch

    watch = Watch()
    engine.update_execution_options(**{WATCH: watch})
    use_sessions(engine, watch.connect)


def _open_sqlite(url: URL) -> Engine:
    assert url.database is not None
    file = SqliteFile(Path(url.database))
    engine = create_engine(
        url,
        creator=file.connect,
        pool_size=READERS + 1 + FEED,
        max_overflow=0,
    )
    engine.update_execution_options(**{FILE: file})

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once, whatever the busy timeout.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
