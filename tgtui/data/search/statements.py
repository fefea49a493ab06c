"""The statements of a search. Each is built once, with parameters, and kept: building one takes longer than
running most of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, literal, select, true

from tgtui.data.search.conditions import ROWS, Condition, Filter, Way
from tgtui.data.search.order import Kinds, Order, Part
from tgtui.data.search.words import PREFIX
from tgtui.data.storage.sql import AnySelect

KEPT = 128
"""Kept of each kind of statement; one takes about 100 kB."""

_SIZE: Any = bindparam("size", type_=Integer)
_SLICE: Any = bindparam("slice", type_=Integer)


@lru_cache(KEPT)
def sizes(ways: tuple[Way, ...]) -> AnySelect:
    """The length of each way, counted up to the parameter `size`."""
    counts = (
        select(func.count()).select_from(way.counted.limit(_SIZE).subquery()).scalar_subquery()
        for way in ways
    )
    return select(*counts)


@lru_cache(KEPT)
def gathered(
    order: Order, conditions: tuple[Condition, ...], way: Way, kinds: Kinds, *, is_after: bool
) -> AnySelect:
    """The first `size` rows of a way, which is read and sorted; after a place if `is_after`."""
    p = way.rows(is_sqlite=order.words.is_sqlite).c
    return _sorted(order, conditions, p, kinds, is_after=is_after)


@lru_cache(KEPT)
def gathered_and_counted(
    order: Order, conditions: tuple[Condition, ...], way: Way, kinds: Kinds, *, is_after: bool
) -> AnySelect:
    """The same for the first `led` rows, with their number in the last column; one empty row if none of them
    matches."""
    rows = way.rows(is_part=True, is_sqlite=order.words.is_sqlite)
    wanted = _sorted(order, conditions, rows.c, kinds, is_after=is_after).subquery("wanted")
    size = select(func.count().label("size")).select_from(rows).subquery("led")
    w = wanted.c
    statement = select(w.package_id, w.kind, w.metric, w.name, w.id, size.c.size)
    statement = statement.select_from(size.outerjoin(wanted, true()))
    return statement.order_by(*_in_order(order, w))


@lru_cache(KEPT)
def best(order: Order, *, is_after: bool) -> AnySelect:
    """The first `size` rows of the kinds up to PREFIX by rank; only those are read from the table."""
    p, b = ROWS, order.words.best().c
    top = select(b.id, b.kind, b.rank, b.name)
    if is_after:
        top = top.where(order.is_after(b, b.kind))
    t = top.order_by(*order.of_rows(b, b.kind)).limit(_SIZE).subquery("top").c
    statement = select(p.package_id, t.kind, t.rank.label("metric"), t.name, t.id)
    return statement.where(p.id == t.id).order_by(*order.of_rows(t, t.kind))


@lru_cache(KEPT)
def met(
    order: Order, conditions: tuple[Condition, ...], begins: Filter | None, part: Part, kinds: Kinds
) -> AnySelect:
    """The first `size` matches among the first `slice` rows of a part of the order's index."""
    p = _slice(order, ROWS, begins, part).limit(_SLICE).subquery("slice").c
    wanted = order.columns(p, kinds).where(*(each(p) for each in conditions))
    m = _first(order, wanted, p).subquery("met").c
    statement = select(m.package_id, m.kind, m.metric, m.name, m.id)
    return statement.order_by(*_in_order(order, m))


@lru_cache(KEPT)
def met_in_index(order: Order, begins: Filter | None, part: Part) -> AnySelect:
    """The same for the kind PREFIX, by the keys in the index of ranks; only matches are read from the table."""
    p = ROWS
    keys = _slice(order, (p.id, p.rank, p.name, p.key), begins, part)
    k = keys.limit(_SLICE).subquery("slice").c
    found = select(k.id, k.rank, k.name).where(order.words.is_of_prefix(k))
    m = _first(order, found, k).subquery("met").c
    kind, metric = literal(PREFIX).label("kind"), m.rank.label("metric")
    statement = select(p.package_id, kind, metric, m.name, m.id).where(p.id == m.id)
    return statement.order_by(*order.of_rows(m, None))


@lru_cache(KEPT)
def end_of_slice(order: Order, begins: Filter | None, part: Part) -> AnySelect:
    """Metric, name and id of the row `slice` rows further in a part of the index, if it has that many."""
    p = ROWS
    return _slice(order, (order.metric_of(p), p.name, p.id), begins, part).limit(1).offset(_SLICE)


def _slice(order: Order, columns: Any, begins: Filter | None, part: Part) -> AnySelect:
    """`begins` is the condition on the index's first column."""
    first = [] if begins is None or begins.ranked is None else [begins.ranked]
    return select(*columns).where(*first, *order.is_in(part)).order_by(*order.of_index())


def _first(order: Order, wanted: AnySelect, p: Any) -> AnySelect:
    """The slice is in order, so that it is read only until enough matches are found. PostgreSQL is told the order
    and knows that it is given; SQLite, which reads the slice row by row, would sort."""
    if not order.words.is_sqlite:
        metric = [] if order.metric is None else [order.metric_of(p).desc()]
        wanted = wanted.order_by(*metric, p.name, p.id)
    return wanted.limit(_SIZE)


def _sorted(
    order: Order, conditions: tuple[Condition, ...], p: Any, kinds: Kinds, *, is_after: bool
) -> AnySelect:
    kind = order.kind(p, kinds)
    statement = order.columns(p, kinds).where(*(each(p) for each in conditions))
    if is_after:
        statement = statement.where(order.is_after(p, kind))
    return statement.order_by(*order.of_rows(p, kind)).limit(_SIZE)


def _in_order(order: Order, found: Any) -> list[Any]:
    """Excludes rows that were already found."""
    metric = [] if order.metric is None else [found.metric.desc()]
    return [found.kind, *metric, found.name, found.id]
