"""Inserts many rows at once, in the fastest way of each database: COPY, or the driver's own executemany.

SQLAlchemy's executemany takes several times as long per row, and PostgreSQL's has a quarter of COPY's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Date, Dialect, Table
from sqlalchemy.exc import DBAPIError

from tgtui.basics.ids import uuid7_bytes
from tgtui.data.storage.types import Key, UtcTimestamp, driver_time

Row = Mapping[str, Any]

KEYS_IN_ADVANCE = 1_024
PAGES_IN_LOG = 1_000
"""SQLite's default."""
PAGES_IN_LONG_LOG = 32_000
"""128 MB, freed by the first commit after it."""


def bulk_insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Every row has the same columns in the same order; columns that are left out are NULL."""
    if rows:
        columns = tuple(rows[0])
        dialect = connection.dialect
        ready = _converted(_converters(table, columns, dialect), rows)
        insert_ready(connection, table, columns, ready)


def insert_ready(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]
) -> None:
    """The same for rows of values in the order of `columns`, in the form of DriverForm. DBAPIError."""
    driver = connection.connection.driver_connection
    library = connection.dialect.dbapi
    assert driver is not None
    assert library is not None
    try:
        if connection.dialect.name == "sqlite":
            driver.executemany(_insert(table, columns), rows)
        else:
            with driver.cursor() as cursor, cursor.copy(_copy(table, columns)) as copy:
                for row in rows:
                    copy.write_row(row)
    except library.Error as error:
        # Raised as by SQLAlchemy, so that the gateway can explain it.
        raise DBAPIError.instance(_insert(table, columns), None, error, library.Error) from error


def update_ready(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """SQLite: one statement with question marks for each row."""
    driver, library = connection.connection.driver_connection, connection.dialect.dbapi
    assert driver is not None
    assert library is not None
    try:
        driver.executemany(statement, rows)
    except library.Error as error:
        raise DBAPIError.instance(statement, None, error, library.Error) from error


def write_much(connection: Connection, *, is_over: bool = False) -> None:
    """SQLite: checkpoint less often while much is written, because the same pages change again and again.

    Applies to the connection; `is_over` restores SQLite's default.
    """
    if connection.dialect.name == "sqlite":
        pages = PAGES_IN_LOG if is_over else PAGES_IN_LONG_LOG
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {pages}")


DriverKey: TypeAlias = bytes | str
"""16 bytes on SQLite, 32 digits on PostgreSQL."""


class DriverForm:
    """Keys and timestamps in the driver's form: for millions of rows, in a tenth of the time of objects."""

    def __init__(self, is_sqlite: bool) -> None:
        self._is_sqlite = is_sqlite
        self._made: list[DriverKey] = []

    def key(self, id: UUID) -> DriverKey:
        """The driver's form of an id."""
        return id.bytes if self._is_sqlite else id.hex

    def id(self, key: DriverKey) -> UUID:
        """The id of a key, for statements that take objects."""
        return UUID(bytes=key) if isinstance(key, bytes) else UUID(hex=key)

    def new_keys(self, count: int) -> Sequence[DriverKey]:
        """New keys of version 7 (`ids.py`), in order. Made in advance, because one by one they cost several times as much."""
        if len(self._made) < count:
            made = uuid7_bytes(KEYS_IN_ADVANCE + count)
            self._made = list(made) if self._is_sqlite else [key.hex() for key in made]
            self._made.reverse()
        taken = self._made[-count:] if count else []
        del self._made[len(self._made) - count :]
        taken.reverse()
        return taken

    def time(self, moment: datetime | None) -> datetime | str | None:
        """The driver's form of a timezone-aware moment."""
        return moment and driver_time(moment, as_text=self._is_sqlite)


def _insert(table: Table, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - ours


def _copy(table: Table, columns: tuple[str, ...]) -> str:
    return f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"


Converter = Callable[[Any], Any]


@cache
def _converters(
    table: Table, columns: tuple[str, ...], dialect: Dialect
) -> tuple[tuple[int, Converter], ...]:
    """Position and converter of each column whose values the driver does not take as they are."""
    found: list[tuple[int, Converter]] = []
    for position, name in enumerate(columns):
        type_ = table.c[name].type
        # SQLite's driver takes dates too, but from Python 3.12 on it warns of it.
        is_converted = isinstance(type_, UtcTimestamp | Key | Date)
        converter = type_.dialect_impl(dialect).bind_processor(dialect) if is_converted else None
        if converter is not None:
            found.append((position, converter))
    return tuple(found)


def _converted(
    converters: tuple[tuple[int, Converter], ...], rows: Iterable[Row]
) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row.values())
        for position, convert in converters:
            values[position] = convert(values[position])
        yield values
