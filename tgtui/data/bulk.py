"""Inserts many rows at once, each database by its quickest way: COPY, or the driver's own executemany.

SQLAlchemy's executemany spends several times as long on each row, and PostgreSQL's is a quarter of COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = Mapping[str, Any]


def bulk_insert(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Every row names the same columns in the same order; a column that is not named is NULL."""
    if not rows:
        return
    columns = tuple(rows[0])
    connection = session.connection()
    driver = connection.connection.driver_connection
    library = connection.dialect.dbapi
    assert driver is not None
    assert library is not None
    ready = _converted(_converters(table, columns, connection.dialect), rows)
    try:
        if connection.dialect.name == "sqlite":
            driver.executemany(_insert(table, columns), ready)
        else:
            with driver.cursor() as cursor, cursor.copy(_copy(table, columns)) as copy:
                for row in ready:
                    copy.write_row(row)
    except library.Error as error:
        # As SQLAlchemy would raise it, so that the gateway can explain it.
        raise DBAPIError.instance(_insert(table, columns), None, error, library.Error) from error


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
    """Position and converter of the columns whose values the driver does not take as they are."""
    found: list[tuple[int, Converter]] = []
    for position, name in enumerate(columns):
        type_ = table.c[name].type
        is_ours = type_.__module__ == "tgtui.data.types"
        converter = type_.dialect_impl(dialect).bind_processor(dialect) if is_ours else None
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
