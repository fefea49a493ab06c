"""A walk down the index of an order, slice by slice: what is frequent is met soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tgtui.data.search import statements
from tgtui.data.search.conditions import Filter
from tgtui.data.search.order import Kinds, Order, Part, Place
from tgtui.data.search.words import PREFIX
from tgtui.data.storage.sql import AnySelect

FIRST_SLICE = 2_000
"""Rows that a walk looks at first ..."""
SLICE_GROWTH = 4
"""... and so many times as many in each slice after that ..."""
MAX_SLICE = 16_000
"""... until one would be longer than this: it gives up, as frequent things that rarely meet make it."""
IN_INDEX = 8
"""So many times longer are slices where the index alone tells which rows are met: they cost no more."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row, by its keys only."""

    package_id: Any
    place: Place


def found_row(row: Any) -> Found:
    """From the columns of `Order.columns`."""
    package_id, *place = row[:5]
    return Found(package_id, Place(*place))


class Walk:
    """Through all that a search's filters and words are asked of, or through those of one filter."""

    def __init__(
        self,
        session: Session,
        order: Order,
        filters: Sequence[Filter],
        narrowest: Filter | None,
        values: Mapping[str, Any],
    ) -> None:
        """`narrowest` leaves fewest; the index may begin with it. `values` are those of the search's parameters."""
        self._session = session
        self._order = order
        self._values = values
        is_begun = narrowest is not None and narrowest.ranked is not None
        self._begins = narrowest if is_begun and order.metric == "rank" else None
        rest = [each for each in filters if each is not self._begins]
        words = [order.words.condition] if order.words.sizes else []
        self._conditions = (*words, *(each.condition for each in rest))
        self._is_prefix_told = not rest and order.metric == "rank" and order.words.is_prefix_enough
        self.may_give_up = bool(words) or any(each.way is not None for each in filters)
        """There is another way to the rest."""

    def after(
        self, place: Place | None, limit: int, kinds: Kinds, slices: int | None = None
    ) -> tuple[list[Found], Place | None]:
        """The next rows of these kinds; and the place where it gave up, if it did: after so many slices, or when
        the next one would be too long."""
        rows: list[Found] = []
        parts: Sequence[Part] = self._order.parts(is_after=place is not None)
        is_in_index = self._is_prefix_told and kinds == (PREFIX, PREFIX)
        scale = IN_INDEX if is_in_index else 1
        size = scale * FIRST_SLICE if self._conditions else limit
        while parts and len(rows) < limit:
            part, *parts = parts
            met = (
                statements.met_in_index(self._order, self._begins, part)
                if is_in_index
                else statements.met(self._order, self._conditions, self._begins, part, kinds)
            )
            found = self._execute(met, place, slice=size, size=limit - len(rows))
            rows += map(found_row, found)
            if len(rows) < limit and (end := self._end_of(part, place, size, kinds)) is not None:
                size *= SLICE_GROWTH
                slices = None if slices is None else slices - 1
                if (size > scale * MAX_SLICE or slices == 0) and self.may_give_up:
                    return rows, end
                place, parts = end, self._order.parts(is_after=True)
        return rows, None

    def _end_of(self, part: Part, after: Place | None, size: int, kinds: Kinds) -> Place | None:
        """The place of the slice's last row, None where its part of the list ends before."""
        end = statements.end_of_slice(self._order, self._begins, part)
        row = self._execute(end, after, slice=size - 1).one_or_none()
        return None if row is None else Place(kinds[0], *row)

    def _execute(self, statement: AnySelect, after: Place | None, **values: Any) -> Any:
        place = {} if after is None else after.values
        return self._session.execute(statement, {**self._values, **place, **values})
