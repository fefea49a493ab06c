"""Jumps far into a search without reading what lies between: where its pages begin, and how many match in all.

If an index has exactly the matches in the order of the search, they are counted along it from the nearer end. Else
pages near the end are found at the end of that index. All others are found by sorting the keys of all matches once,
which tells where every page begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, literal, select

from tgtui.basics import clock
from tgtui.data.search.conditions import ROWS, Way
from tgtui.data.search.order import ANY, Order, Place
from tgtui.data.search.pages import Search
from tgtui.data.search.results import write_cursor
from tgtui.data.search.words import ABOUT, SPELLED
from tgtui.data.storage.sql import dialect_of, planned_for_values
from tgtui.syntax.query import SearchQuery

EVERY = 2**62
"""Larger than any number of matches."""
TAIL = 20_000
"""Rows at the end of an order that are searched for the last matches before sorting all of them."""


class Cuts(Struct, frozen=True):
    """Where pages of a search begin."""

    cursors: dict[int, str]
    """Cursors for `search_packages`, by the number of matches before the page."""
    total: int | None
    """How many match in all, if the search for cuts told."""


def count_matches(
    connection: Connection, query: SearchQuery, *, now: datetime | None = None
) -> int:
    """The exact number of matches, at any size: all of them are read. Ages are counted from `now`."""
    search = Search(connection, query, now or clock.now())
    with planned_for_values(connection):
        p, conditions = _matching(connection, search)
        counted = select(func.count()).select_from(p.id.table).where(*conditions)
        return connection.scalar(counted, search.values) or 0


def search_cuts(
    connection: Connection,
    query: SearchQuery,
    offsets: range,
    *,
    total: int | None = None,
    now: datetime | None = None,
) -> Cuts:
    """The cursors after `offsets` matches each, as far as there are matches; and of all pages a multiple of the
    step before or after them, if one query tells them all.

    `total` is the number of matches, if known: offsets near the end are then counted from there.
    """
    assert offsets
    assert offsets[0] > 0
    search = Search(connection, query, now or clock.now())
    order = search.order
    begins = _begins(search, order)
    with planned_for_values(connection):
        places = None
        if begins is not None:
            places = _along_index(connection, order, begins, offsets, total)
        elif total is not None:
            places = _in_tail(connection, search, order, offsets, total)
        if places is None:
            return _sorted(connection, search, order, query, offsets)
    cursors = (write_cursor(place, query) for place in places)
    return Cuts(dict(zip(offsets, cursors, strict=False)), None)


def _begins(search: Search, order: Order) -> list[ColumnElement[bool]] | None:
    """The first column's condition of an index in this order, if it has exactly the matches."""
    if search.words or len(search.filters) > 1:
        return None
    if not search.filters:
        return []
    ranked = search.filters[0].ranked
    return [ranked] if ranked is not None and order.metric == "rank" else None


def _along_index(
    connection: Connection,
    order: Order,
    begins: Sequence[ColumnElement[bool]],
    offsets: range,
    total: int | None,
) -> list[Place]:
    """The last match before each offset; fewer if there are fewer matches."""
    first, last = offsets[0], offsets[-1]
    is_near_end = total is not None and last <= total and first > total // 2
    keys = select(order.metric_of(ROWS), ROWS.name, ROWS.id).where(*begins)
    if total is not None and is_near_end:
        keys = keys.order_by(*_reversed(order, ROWS)).offset(total - last)
    else:
        keys = keys.order_by(*order.of_index()).offset(first - 1)
    rows = [Place(SPELLED, *row) for row in connection.execute(keys.limit(last - first + 1))]
    return (rows[::-1] if is_near_end else rows)[:: offsets.step]


def _in_tail(
    connection: Connection, search: Search, order: Order, offsets: range, total: int
) -> list[Place] | None:
    """The same, searched at the end of an index of the order; None if it is further up."""
    first, last = offsets[0], offsets[-1]
    if not total - TAIL <= first <= last <= total:
        return None
    p = select(*ROWS).order_by(*_reversed(order, ROWS)).limit(TAIL).subquery("tail").c
    # In a ranked search the last matches are those found only by their description, if there are enough.
    kinds = (ABOUT, ABOUT) if search.is_ranked else ANY
    keys = order.columns(p, kinds).where(*(each(p) for each in search.conditions))
    keys = keys.order_by(*_reversed(order, p)).offset(total - last).limit(last - first + 1)
    rows = [
        Place(row.kind, row.metric, row.name, row.id)
        for row in connection.execute(keys, search.values)
    ]
    return rows[::-1][:: offsets.step] if len(rows) == last - first + 1 else None


def _reversed(order: Order, p: Any) -> list[Any]:
    metric = [] if order.metric is None else [order.metric_of(p)]
    return [*metric, p.name.desc(), p.id.desc()]


def _sorted(
    connection: Connection, search: Search, order: Order, query: SearchQuery, offsets: range
) -> Cuts:
    """From the sorted keys of all matches the last one before each page."""
    p, conditions = _matching(connection, search)
    kind = order.words.kind(p) if search.is_ranked else literal(SPELLED)
    keys = select(kind.label("kind"), order.metric_of(p).label("metric"), p.name, p.id)
    keys_of = keys.where(*conditions).cte("keys")
    k = keys_of.c
    sorting: list[Any] = [k.kind] if search.is_ranked else []
    sorting += [] if order.metric is None else [k.metric.desc()]
    number = func.row_number().over(order_by=[*sorting, k.name, k.id]).label("number")
    total = select(func.count()).select_from(keys_of).scalar_subquery().label("total")
    numbered = select(k.kind, k.metric, k.name, k.id, number).subquery("numbered")
    is_cut = numbered.c.number % offsets.step == offsets[0] % offsets.step
    rows = connection.execute(select(numbered, total).where(is_cut), search.values).all()
    cursors = {
        row.number: write_cursor(Place(row.kind, row.metric, row.name, row.id), query)
        for row in rows
    }
    return Cuts(cursors, rows[0].total if rows else connection.scalar(select(total), search.values))


def _matching(connection: Connection, search: Search) -> tuple[Any, list[ColumnElement[bool]]]:
    """Columns of rows that include all matches, and the condition that selects them."""
    looked_at = search.to_count(EVERY)
    way = looked_at.way
    if looked_at.is_part and search.words:
        way = search.words.shape.ways()[0]
    elif looked_at.is_part or not (search.words or _is_led(search)):
        way = None
    p = ROWS if way is None else way.rows(is_sqlite=dialect_of(connection) == "sqlite").c
    return p, [each(p) for each in search.conditions]


def _is_led(search: Search) -> bool:
    return not all(_is_of_table(each.way) for each in search.filters)


def _is_of_table(way: Way | None) -> bool:
    """The database finds them itself: by a condition of the searched table, or one that no index serves."""
    return way is None or way.condition is not None
