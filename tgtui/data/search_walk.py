"""A walk down the index of an order, slice by slice: what is frequent is met soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session

from tgtui.data.search_conditions import ROWS, Filter
from tgtui.data.search_order import Kinds, Order, Place
from tgtui.data.search_words import PREFIX
from tgtui.data.sql import AnySelect

FIRST_SLICE = 2_000
SLICE_GROWTH = 4
MAX_SLICE = 16_000
"""Rows that a walk looks at, by turns, before it gives up: frequent things that rarely meet lead there."""
IN_INDEX = 8
"""Times as many where the index alone tells which are met: they cost as much."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row, by its keys only."""

    package_id: Any
    place: Place


def found_row(row: Any) -> Found:
    """From the columns of `Order.columns`."""
    return Found(row.package_id, Place(row.kind, row.metric, row.name, row.id))


class Walk:
    """Through all that a search's filters and words are asked of, or through those of one filter."""

    def __init__(
        self, session: Session, order: Order, filters: Sequence[Filter], narrowest: Filter | None
    ) -> None:
        """`narrowest` leaves fewest; the index may begin with it."""
        self._session = session
        self._order = order
        begins = None if narrowest is None or order.metric != "rank" else narrowest.ranked
        self._begins: list[ColumnElement[bool]] = [] if begins is None else [begins]
        rest = [each for each in filters if begins is None or each is not narrowest]
        self._conditions = [each.condition for each in rest]
        if order.words:
            self._conditions.insert(0, order.words.condition)
        self._is_prefix_told = not rest and order.metric == "rank" and order.words.is_prefix_enough
        self.may_give_up = bool(order.words) or any(each.way is not None for each in filters)
        """There is another way to the rest."""

    def after(
        self, place: Place | None, limit: int, kinds: Kinds
    ) -> tuple[list[Found], Place | None]:
        """The next rows of these kinds; and the place where it gave up, if it did."""
        rows: list[Found] = []
        parts = self._order.parts(place)
        is_in_index = self._is_prefix_told and kinds == (PREFIX, PREFIX)
        scale = IN_INDEX if is_in_index else 1
        size = scale * FIRST_SLICE if self._conditions else limit
        while parts and len(rows) < limit:
            part = [*self._begins, *parts.pop(0)]
            met = self._met_in_index if is_in_index else self._met
            statement = met(part, size, limit - len(rows), kinds)
            rows += map(found_row, self._session.execute(statement))
            if len(rows) < limit and (end := self._end_of(part, size, kinds)) is not None:
                size *= SLICE_GROWTH
                if size > scale * MAX_SLICE and self.may_give_up:
                    return rows, end
                parts = self._order.parts(end)
        return rows, None

    def _met(self, part: Sequence[Any], size: int, limit: int, kinds: Kinds) -> AnySelect:
        order = self._order
        p = self._slice(ROWS, part).limit(size).subquery("slice").c
        statement = order.columns(p, kinds).where(*(each(p) for each in self._conditions))
        return statement.order_by(*order.of_rows(p, kinds)).limit(limit)

    def _met_in_index(self, part: Sequence[Any], size: int, limit: int, kinds: Kinds) -> AnySelect:
        """Only those that are met are read from the table."""
        order, p = self._order, ROWS
        keys = self._slice((p.id, p.rank, p.name, p.key), part).limit(size).subquery("slice").c
        met = select(keys.id, keys.rank, keys.name).where(order.words.is_of_prefix(keys))
        m = met.order_by(*order.of_rows(keys, kinds)).limit(limit).subquery("met").c
        kind, metric = literal(PREFIX).label("kind"), m.rank.label("metric")
        statement = select(p.package_id, kind, metric, m.name, m.id).where(p.id == m.id)
        return statement.order_by(*order.of_rows(m, kinds))

    def _slice(self, columns: Any, part: Sequence[Any]) -> AnySelect:
        return select(*columns).where(*part).order_by(*self._order.of_index())

    def _end_of(self, part: Sequence[Any], size: int, kinds: Kinds) -> Place | None:
        """The place of the slice's last row, None where its part of the list ends before."""
        p = ROWS
        last = self._slice((self._order.metric_of(p), p.name, p.id), part)
        row = self._session.execute(last.limit(1).offset(size - 1)).one_or_none()
        return None if row is None else Place(kinds[0], *row)
