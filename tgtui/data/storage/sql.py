"""Expressions that differ between the databases, each behind one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Connection,
    Float,
    Insert,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement

from tgtui.data.storage.types import UtcTimestamp

T = TypeVar("T")

IN_LIST = 500
"""Values in one IN list: as many as both databases plan well."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement whose columns are read by name."""


class database_time(FunctionElement[datetime]):
    """The database's own clock in UTC, `seconds` from now, so that machines with different clocks agree.

    NULL if `seconds` is NULL.
    """

    type = UtcTimestamp()
    inherit_cache = True
    name = "database_time"

    def __init__(self, seconds: float | ColumnElement[float] = 0) -> None:
        given = isinstance(seconds, ColumnElement)
        super().__init__(seconds if given else BindParameter(None, seconds, Float(), unique=True))


@compiles(database_time, "postgresql")
def _postgresql_time(element: database_time, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    # The time of the statement, not of the row, so that an index can serve comparisons.
    return f"(timezone('utc', statement_timestamp()) + make_interval(secs => {seconds}))"


@compiles(database_time, "sqlite")
def _sqlite_time(element: database_time, compiler: Any, **kw: Any) -> str:
    # Milliseconds, padded to the six digits that stored timestamps have: they compare as text.
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


class hexadecimal(FunctionElement[str]):
    """A key as 32 digits of either case, empty for NULL: text instead of an object, for very many rows."""

    type = Text()
    inherit_cache = True
    name = "hexadecimal"


@compiles(hexadecimal, "postgresql")
def _postgresql_hexadecimal(element: hexadecimal, compiler: Any, **kw: Any) -> str:
    return f"coalesce(replace(({compiler.process(element.clauses, **kw)})::text, '-', ''), '')"


@compiles(hexadecimal, "sqlite")
def _sqlite_hexadecimal(element: hexadecimal, compiler: Any, **kw: Any) -> str:
    return f"hex({compiler.process(element.clauses, **kw)})"


def literal(value: str) -> ColumnElement[str]:
    """A constant written into the statement, which partial indexes require."""
    assert value.isidentifier()
    return literal_column(f"'{value}'")


class month_of(FunctionElement[str]):
    """The month of a timestamp: `2026-01`."""

    type = Text()
    inherit_cache = True
    name = "month_of"


@compiles(month_of, "postgresql")
def _postgresql_month(element: month_of, compiler: Any, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)}, 'YYYY-MM')"


@compiles(month_of, "sqlite")
def _sqlite_month(element: month_of, compiler: Any, **kw: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 7)"


class contains(FunctionElement[bool]):
    """`contains(column, name)`: the column contains the text of the parameter `name`, case included."""

    type = Boolean()
    inherit_cache = True
    name = "contains"

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, bindparam(name, type_=Text()))


@compiles(contains, "postgresql")
def _postgresql_contains(element: contains, compiler: Any, **kw: Any) -> str:
    # Trigram indexes serve LIKE. The database escapes the text, so that one statement serves all texts.
    column, text = element.clauses
    pattern = compiler.process(text, **kw)
    for sign in ("\\", "%%", "_"):
        pattern = f"replace({pattern}, '{sign}', '\\{sign}')"
    return f"({compiler.process(column, **kw)} LIKE '%%' || {pattern} || '%%')"


@compiles(contains, "sqlite")
def _sqlite_contains(element: contains, compiler: Any, **kw: Any) -> str:
    column, text = element.clauses
    return f"(instr({compiler.process(column, **kw)}, {compiler.process(text, **kw)}) > 0)"


class has_term(FunctionElement[bool]):
    """`has_term(column, name)`: the column has the text of the parameter `name` between its spaces."""

    type = Boolean()
    inherit_cache = True
    name = "has_term"

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, bindparam(name, type_=Text()))


@compiles(has_term, "postgresql")
def _postgresql_term(element: has_term, compiler: Any, **kw: Any) -> str:
    column, text = (compiler.process(each, **kw) for each in element.clauses)
    return f"(string_to_array({column}, ' ') @> ARRAY[CAST({text} AS text)])"


@compiles(has_term, "sqlite")
def _sqlite_term(element: has_term, compiler: Any, **kw: Any) -> str:
    column, text = (compiler.process(each, **kw) for each in element.clauses)
    return f"(instr(' ' || {column} || ' ', ' ' || {text} || ' ') > 0)"


class slash_in(FunctionElement[int]):
    """Position of the first slash in the text, from 1; 0 if it has none."""

    type = Integer()
    inherit_cache = True
    name = "slash_in"


@compiles(slash_in, "postgresql")
def _postgresql_slash(element: slash_in, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)}, '/')"


@compiles(slash_in, "sqlite")
def _sqlite_slash(element: slash_in, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)}, '/')"


def behind_scope(text: Any) -> ColumnElement[str]:
    """`/core` of `@babel/core`: from the first slash on; the whole text if it has none."""
    return func.substr(text, slash_in(text))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows that break no unique constraint and skip the rest; returns how many were new."""
    if not rows:
        return 0
    statement = _insert_or_leave(table, connection.dialect.name)
    result = connection.execute(
        statement, [dict(row) for row in rows], execution_options={"preserve_rowcount": True}
    )
    return _rowcount(result)


@cache
def _insert_or_leave(table: Table, dialect: str) -> Insert:
    # Imported here: PostgreSQL's takes 40 ms, which no command on SQLite needs.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


def _rowcount(result: Any) -> int:
    return int(result.rowcount)


def changed_rows(
    connection: Connection, statement: Any, parameters: Mapping[str, Any] | None = None
) -> int:
    """Execute an UPDATE or DELETE; returns how many rows it changed."""
    return _rowcount(connection.execute(statement, parameters))


def hidden(column: Any) -> Any:
    """The column, hidden from the planner's indexes."""
    return func.coalesce(column, column)


def takes_no_writes(connection: Connection) -> bool:
    """Whether the server is a standby or set to take no writes; of SQLite its file says so."""
    if dialect_of(connection) == "sqlite":
        return False
    return bool(connection.scalar(text("SELECT current_setting('transaction_read_only') = 'on'")))


def notes(connection: Connection) -> dict[str, Any]:
    """What this transaction keeps in mind, empty at its beginning: a connection outlives it in the pool.

    Outside of a transaction nothing is kept.
    """
    transaction = connection.get_transaction()
    if transaction is None:
        return {}
    if _NOTES not in connection.info or connection.info[_NOTES][0] is not transaction:
        connection.info[_NOTES] = (transaction, {})
    found: dict[str, Any] = connection.info[_NOTES][1]
    return found


def dialect_of(connection: Connection) -> str:
    """`sqlite` or `postgresql`."""
    return connection.dialect.name


@contextmanager
def planned_for_values(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL plan each statement for its own values: a generic plan is bad for most words."""
    if dialect_of(connection) != "postgresql":
        yield
        return
    connection.execute(_PLAN_ANEW)
    yield  # an error ends the transaction, and with it the setting
    connection.execute(_PLAN_ONCE)


_NOTES = "tgtui_notes"
_PLAN_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")
_PLAN_ONCE = text("SET LOCAL plan_cache_mode = auto")


def among(column: Any, name: str, dialect: str) -> ColumnElement[bool]:
    """The key is one of the parameter `name`: an array on PostgreSQL, so that one plan serves any number of them."""
    if dialect == "postgresql":
        keys: BindParameter[Any] = bindparam(name, type_=ARRAY(Uuid()))
        chosen: ColumnElement[bool] = column == any_(keys)
        return chosen
    is_one: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    return is_one


def slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts short enough for one IN list."""
    for start in range(0, len(values), IN_LIST):
        yield values[start : start + IN_LIST]
