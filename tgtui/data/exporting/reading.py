"""One consistent read of the catalogue, however long it takes: no lock, bounded memory, no objects for rows.

SQLite gives tuples of the driver. PostgreSQL copies CSV, which is read by a parser that builds no Python objects.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tgtui.data.exporting.sources import Source
from tgtui.data.storage.database import Database, explained
from tgtui.data.storage.times import database_now

ROWS_AT_ONCE = 20_000
"""Rows in memory, of SQLite."""
_FIRST = text("SELECT 1 FROM packages LIMIT 1")


class Snapshot(Struct, frozen=True):
    """The catalogue as it was when the read began. One stream is read at a time."""

    connection: Connection
    now: datetime
    """By the database's clock."""
    is_sqlite: bool

    def rows(self, source: Source) -> Generator[list[tuple[Any, ...]], None, None]:
        """SQLite: some rows at a time. Keys are 16 bytes, times and days ISO text. DBAPIError."""
        with self._raised(statement := self._text(source)) as driver:
            cursor = driver.execute(statement)
            try:
                while some := cursor.fetchmany(ROWS_AT_ONCE):
                    yield some
            finally:
                cursor.close()

    def csv(self, source: Source) -> Generator[bytes, None, None]:
        """PostgreSQL: CSV without a head; NULL is empty, an empty text is `""`. DBAPIError."""
        statement = f"COPY ({self._text(source)}) TO STDOUT (FORMAT csv)"
        with (
            self._raised(statement) as driver,
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for block in copy:
                yield bytes(block)

    def _text(self, source: Source) -> str:
        """For the driver alone: nothing in it comes from outside of the program."""
        dialect = self.connection.dialect
        compiled = source.statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        # The driver doubles it for its own parameters, of which there are none.
        return str(compiled).replace("%%", "%")

    @contextmanager
    def _raised(self, statement: str) -> Iterator[Any]:
        """Errors of the driver are raised as by SQLAlchemy, so that the gateway can explain them."""
        library = self.connection.dialect.dbapi
        assert library is not None
        try:
            yield self.connection.connection.driver_connection
        except library.Error as error:
            raise DBAPIError.instance(statement, None, error, library.Error) from error


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Open one. Writers go on; what they write is not seen. DatabaseError if the database can't be used."""
    with explained(database.engine), database.engine.connect() as connection:
        if database.is_sqlite:
            with _read_through(connection), connection.begin():
                connection.execute(_FIRST)  # SQLite's BEGIN alone holds nothing
                yield Snapshot(connection, database_now(connection), is_sqlite=True)
            return
        from tgtui.data.storage.server.connection import taking_any_time

        still = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with still.begin(), taking_any_time(still):
            yield Snapshot(still, database_now(still), is_sqlite=False)


@contextmanager
def _read_through(connection: Connection) -> Iterator[None]:
    """All of the file is read once: mapped, it would count as memory of this program, all of it."""
    driver: Any = connection.connection.driver_connection
    (mapped,) = driver.execute("PRAGMA mmap_size").fetchone() or (0,)
    driver.execute("PRAGMA mmap_size = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA mmap_size = {mapped}")
