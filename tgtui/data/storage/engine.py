"""Opens SQLite or PostgreSQL so that both give the same guarantees."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import unquoted
from tgtui.data.storage.file import SqliteFile

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
CONNECTIONS = READERS + READERS + FEED + ANNOUNCER
"""Of a program to PostgreSQL, at most, unless the settings say otherwise."""

WRITES = "tgtui_writes"
"""Execution option of a connection whose transaction will write."""

FILE = "tgtui_file"
"""Execution option of an SQLite engine: its `SqliteFile`."""


def parse_url(text: str) -> URL:
    """`sqlite:///file`, `postgresql://...` or `postgres://...`; SettingsError for anything else.

    In the file's path `%3F` is a question mark, as in any URL.
    """
    hint = "use sqlite:///path/to/file.db or postgresql://user@host/database"
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError(f"The database URL can't be read; {hint}.") from None
    backend = url.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return _sqlite_url(text)
    raise SettingsError(f"The database {backend!r} is not supported; {hint}.")


def open_engine(url: URL, connections: int = CONNECTIONS) -> Engine:
    """An engine that is not connected yet. Its first connection creates SQLite's file and folder if missing.

    `connections` is how many there are to PostgreSQL at most, four or more.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return create_engine(
        url,
        pool_size=connections,
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


def _sqlite_url(text: str) -> URL:
    """SQLAlchemy would read the path as UTF-8, which a path need not be, and drop what is behind a `?`."""
    path, mark, _ = text.partition("://")[2].partition("/")[2].partition("?")
    if mark:
        raise SettingsError(
            "An SQLite URL has no part behind a question mark; write %3F for one in the file's path."
        )
    return URL.create("sqlite+pysqlite", database=unquoted(path))


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
