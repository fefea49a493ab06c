"""Opens SQLite or PostgreSQL so that both give the same guarantees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import unquoted
from tgtui.data.storage.file import SqliteFile

if TYPE_CHECKING:
    # Both would import psycopg, which SQLite doesn't need.
    from tgtui.data.storage.server.line import Line
    from tgtui.data.storage.server.watch import Watch

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 60_000
"""No query of a screen or the worker comes near it; a runaway one is stopped."""
LOCK_TIMEOUT_MS = 15_000
KERNEL = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""By these, seconds and a count and milliseconds, the kernel notices a connection that was cut silently."""
READERS = 4
"""Connections that read at once; on PostgreSQL the same number writes at once, on SQLite one."""
FEED = 1
"""The connection that waits for changes, as long as the program runs."""
ANNOUNCER = 1
"""The connection that announces changes, beside those that make them."""

WRITES = "tgtui_writes"
"""Execution option of a connection whose transaction will write."""

FILE = "tgtui_file"
"""Execution option of an SQLite engine: its `SqliteFile`."""
WATCH = "tgtui_watch"
"""Execution option of a PostgreSQL engine: the `Watch` of its connections."""


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


def open_engine(url: URL) -> Engine:
    """An engine that is not connected yet. Its first connection creates SQLite's file and folder if missing."""
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    engine = create_engine(
        url,
        pool_size=READERS + READERS + FEED + ANNOUNCER,
        max_overflow=0,
        # A connection that the server dropped is replaced before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": url.query.get("connect_timeout", CONNECT_TIMEOUT_S),
            "application_name": "tgtui",
            **KERNEL,
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
            ),
        },
    )
    _watch(engine)
    return engine


def _sqlite_url(text: str) -> URL:
    """SQLAlchemy would read the path as UTF-8, which a path need not be, and drop what is behind a `?`."""
    path, mark, _ = text.partition("://")[2].partition("/")[2].partition("?")
    if mark:
        raise SettingsError(
            "An SQLite URL has no part behind a question mark; write %3F for one in the file's path."
        )
    return URL.create("sqlite+pysqlite", database=unquoted(path))


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

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: list[Any], params: dict[str, Any]) -> Any:
        return watch.connect(*args, **params)


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
