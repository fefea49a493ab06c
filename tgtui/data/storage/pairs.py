"""Looks rows up by pairs of values. SQLite reads a whole table for `(a, b) IN (...)`, however many pairs there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import CTE, Column, Connection, Row, bindparam, column, values

from tgtui.data.storage.sql import AnySelect, slices

SIZES = (1, 4, 16, 64, 256, 500)
"""Pairs in one statement, so that few statements serve any number of them."""

Statement = Callable[[int], AnySelect]
"""Makes the statement for a number of pairs, and keeps it."""


def wanted(size: int, first: Column[Any], second: Column[Any]) -> CTE:
    """A table of so many pairs to be joined; its columns are named as these two."""
    pairs = [
        (
            bindparam(f"first_{place}", type_=first.type),
            bindparam(f"second_{place}", type_=second.type),
        )
        for place in range(size)
    ]
    columns = column(first.name, first.type), column(second.name, second.type)
    return values(*columns, name="pairs").data(pairs).cte("wanted")


def rows_of(
    connection: Connection, statement: Statement, pairs: Collection[tuple[Any, Any]]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows that `statement` finds for these pairs."""
    for some in slices(sorted(pairs)):
        size = next(size for size in SIZES if size >= len(some))
        filled = [*some, *[some[-1]] * (size - len(some))]
        given = {f"first_{place}": pair[0] for place, pair in enumerate(filled)}
        given |= {f"second_{place}": pair[1] for place, pair in enumerate(filled)}
        yield from connection.execute(statement(size), given)
