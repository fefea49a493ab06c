"""The one gateway between asynchronous code and the database: `await database.read(query, ...)`.

Queries are plain functions that take a connection first; the gateway opens and commits the transaction
and runs it in a thread. SQLite has one writer at a time, so writes queue here and not in its lock.
"""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from tgtui.basics.errors import (
    DatabaseError,
    DatabaseReadOnly,
    DatabaseStandby,
    DatabaseUnavailable,
)
from tgtui.basics.masking import masked
from tgtui.data.storage.changes import Announcer, announced
from tgtui.data.storage.engine import WRITES, at_once, file_behind, watch_over
from tgtui.data.storage.file import SqliteFile, is_of_the_disk
from tgtui.data.storage.server.links import Links

P = ParamSpec("P")
T = TypeVar("T")

WRITE_ATTEMPTS = 5
"""Attempts of a write that lost a deadlock or a serialisation conflict."""
CONFLICT_PAUSE_S = 0.02
"""Seconds before a retry, doubled each time, with jitter."""
RETRYABLE_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""

TEMPORARY_STATES = frozenset({"25006", "40001", "40P01", "53100", "55P03"})
"""SQLSTATEs that mean the database can't be used now, and say nothing about the data. All of SQLite's do."""
STANDBY_STATE = "25006"
DISK_FULL_STATE = "53100"
"""In both of them it can still be read."""
POSTGRESQL_SENTENCES = {
    "25006": "The database is read-only or a standby; connect to the primary.",
    "40001": "Other programs kept changing the same rows; try again in a moment.",
    "40P01": "Other programs kept changing the same rows; try again in a moment.",
    "42501": (
        "This database login lacks permission; ask the administrator for one of these roles:"
        " GRANT tgtui_member, tgtui_admin or tgtui_worker."
    ),
    "53100": "The database server's disk is full; nothing stored so far is lost.",
    "55P03": "Another program holds a lock on the same rows; try again in a moment.",
    "57014": "The database took too long to answer; try again, or ask for less.",
}
"""By SQLSTATE, which does not depend on the server's language."""
REMEDIES = {
    # Of the server, then of PgBouncer, which speaks English alone.
    "too many (clients|connections)|connection slots|no more connections allowed|query_wait_timeout": (
        "End other programs, raise that limit, or lower database_connections (docs/team.md, Connections)."
    ),
    "statement pooling mode": "Set pool_mode = transaction in the pooler (docs/team.md).",
}
"""By what is said when no session is given, which has no SQLSTATE."""
CHECK = "Check TGTUI_DATABASE_URL and the server."


class Database:
    """Owns the engine and its threads. Made by the composition root, which also closes it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.file = file_behind(engine)
        """SQLite's; None on a server."""
        self._watch = watch_over(engine)
        self._writing = engine.execution_options(**{WRITES: True})
        self._announcer = Announcer(engine)
        readers, writers = at_once(engine)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="tgtui-read")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="tgtui-write")

    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `query(connection, ...)` in a read transaction. DatabaseError if it can't be reached."""
        call = partial(self.read_now, query, *args, **kwargs)
        return await asyncio.wrap_future(self._readers.submit(call))

    async def read_timed(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, float]:
        """`read`, and the seconds that the query itself took, without its wait for a thread."""

        def timed(connection: Connection) -> tuple[T, float]:
            started = time.monotonic()
            result = query(connection, *args, **kwargs)
            return result, time.monotonic() - started

        return await self.read(timed)

    async def write(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `query(connection, ...)` in one transaction; it may be run again after a deadlock."""
        call = partial(self.write_now, query, *args, **kwargs)
        return await asyncio.wrap_future(self._writers.submit(call))

    def read_now(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` in the calling thread."""
        with explained(self.engine), self.engine.connect() as connection, connection.begin():
            return query(connection, *args, **kwargs)

    def write_now(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` in the calling thread."""
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            try:
                with (
                    explained(self.engine),
                    self._writing.connect() as connection,
                    connection.begin(),
                ):
                    result = query(connection, *args, **kwargs)
                    topics = announced(connection)
                self._announcer.tell(topics)
                if self.file is not None:
                    self.file.committed.set()
                return result
            except DatabaseError as error:
                if attempt == WRITE_ATTEMPTS or not _lost_a_conflict(error.__cause__):
                    raise
                time.sleep(CONFLICT_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")

    def links(self) -> Links | None:
        """How the connections to the server are; None on SQLite."""
        return self._watch.links() if self._watch is not None else None

    def leave(self) -> None:
        """The program is about to close it: within a few seconds no server is waited for any more.

        What it did not answer by then fails as DatabaseUnavailable, and its transaction is undone.
        """
        if self._watch is not None:
            self._watch.leave()

    def close(self) -> None:
        """Wait for running queries, for a server's a few seconds at most, then close the connections."""
        self.leave()
        self._readers.shutdown()
        self._writers.shutdown()
        self._announcer.close()
        self.engine.dispose()
        if self._watch is not None:
            self._watch.end()


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Raise DatabaseError with a sentence if the database can't be used; a wrong statement stays a bug.

    CatalogueLost before anything is done if SQLite's file was deleted or replaced meanwhile.
    """
    file = file_behind(engine)
    if file is not None:
        file.require()
    try:
        yield
    except DBAPIError as error:
        sentence = _sentence(error, file)
        if not sentence:
            raise
        raise _kind(error)(sentence) from error
    except TimeoutError as error:
        raise DatabaseUnavailable(
            "The database is busy: no connection is free. Try again."
        ) from error


def _lost_a_conflict(error: BaseException | None) -> bool:
    return _sqlstate(error) in RETRYABLE_SQLSTATES


def _sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's five characters; None for SQLite, or if no server answered."""
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state


def _kind(error: DBAPIError) -> type[DatabaseError]:
    state = _sqlstate(error)
    if state == STANDBY_STATE:
        return DatabaseStandby
    if state == DISK_FULL_STATE or is_of_the_disk(error.orig):
        return DatabaseReadOnly
    is_about_statement = state in POSTGRESQL_SENTENCES and state not in TEMPORARY_STATES
    return DatabaseError if is_about_statement else DatabaseUnavailable


def _sentence(error: DBAPIError, file: SqliteFile | None) -> str:
    """A sentence with a remedy; empty if the statement is wrong, not the database."""
    if isinstance(error.orig, sqlite3.Error):
        return file.problem(error.orig) if file is not None else ""
    state = _sqlstate(error)
    if state in POSTGRESQL_SENTENCES:
        return POSTGRESQL_SENTENCES[state]
    if not isinstance(error, OperationalError) and not error.connection_invalidated:
        return ""
    # A variable may have got the whole address by mistake, and the driver quotes what it can't use.
    reason = masked(" ".join(str(error.orig).split()))[:300].rstrip("?.")
    todo = next((do for said, do in REMEDIES.items() if re.search(said, reason)), CHECK)
    return f"The database can't be reached: {reason}. {todo}"
