"""Opens SQLite or PostgreSQL so that both give the same guarantees."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from tgtui.basics.errors import SettingsError

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for another program's transaction."""
WAL_PAUSE_S = 0.01
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 60_000
"""No query of a screen or the worker comes near it; a runaway one is stopped."""
LOCK_TIMEOUT_MS = 15_000
READERS = 4
"""Connections that read at once; on PostgreSQL the same number writes at once, on SQLite one."""
FEED = 1
"""The connection that waits for changes, as long as the program runs."""
ANNOUNCER = 1
"""The connection that announces changes, beside those that make them."""

WRITES = "tgtui_writes"
"""Execution option of a connection whose transaction will write."""

SQLITE_PRAGMAS = (
    # Off by default, and cascades then silently do nothing.
    "PRAGMA foreign_keys = ON",
    # With WAL a crash of the program loses no committed transaction, only a power cut may lose the last ones.
    "PRAGMA synchronous = NORMAL",
    # 32 MiB: the indexes of a large catalogue stay in memory.
    "PRAGMA cache_size = -32768",
    # Rows of a large catalogue are read from the system's cache, without a call for each page.
    "PRAGMA mmap_size = 4294967296",
    # Sorting a page needs no file.
    "PRAGMA temp_store = MEMORY",
)


def parse_url(text: str) -> URL:
    """`sqlite:///file`, `postgresql://...` or `postgres://...`; SettingsError for anything else."""
    hint = "use sqlite:///path/to/file.db or postgresql://user@host/database"
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError(f"The database URL can't be read; {hint}.") from None
    backend = url.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite")
    raise SettingsError(f"The database {backend!r} is not supported; {hint}.")


def open_engine(url: URL) -> Engine:
    """An engine that is not connected yet. SQLite's folder is created if missing."""
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return create_engine(
        url,
        pool_size=READERS + READERS + FEED + ANNOUNCER,
        max_overflow=0,
        # A connection that the server dropped is replaced before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": url.query.get("connect_timeout", CONNECT_TIMEOUT_S),
            "application_name": "tgtui",
            # A connection that was cut silently is noticed within seconds.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
                " -c idle_in_transaction_session_timeout=60000"
            ),
        },
    )


def _open_sqlite(url: URL) -> Engine:
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=READERS + 1 + FEED,
        max_overflow=0,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: Any) -> None:
        # The driver must not open transactions itself: it would begin them deferred.
        dbapi_connection.isolation_level = None
        _use_wal(dbapi_connection)
        for pragma in SQLITE_PRAGMAS:
            dbapi_connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once, whatever the busy timeout.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers read during a write. The file remembers it; later connections change nothing."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # SQLite's busy timeout does not cover programs that switch a new file to WAL at the same time.
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE_S)
