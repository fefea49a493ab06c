"""A walk down the index of an order, slice by slice: it finds frequent matches soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.search import statements
from tgtui.data.search.conditions import Filter
from tgtui.data.search.order import Kinds, Order, Part, Place
from tgtui.data.search.words import PREFIX
from tgtui.data.storage.sql import AnySelect

FIRST_SLICE = 2_000
"""Rows of a walk's first slice ..."""
SLICE_GROWTH = 4
"""... and the factor to each following slice ..."""
MAX_SLICE = 16_000
"""... until one would be longer than this: then it gives up, as with frequent conditions that rarely overlap."""
IN_INDEX = 8
"""Slices are this many times longer if the index alone tells the matches: they cost no more."""


class Found(Struct, frozen=True):
    """A row, by its keys only."""

    package_id: Any
    place: Place


def found_row(row: Any) -> Found:
    """From the row of `Order.columns`."""
    package_id, *place = row[:5]
    return Found(package_id, Place(*place))


class Walk:
    """Walks through the whole index of an order, or through the part of one filter."""

    def __init__(
        self,
        connection: Connection,
        order: Order,
        filters: Sequence[Filter],
        narrowest: Filter | None,
        values: Mapping[str, Any],
    ) -> None:
        """`narrowest` is the filter with the fewest matches, with which the index may begin. `values` are the parameters."""
        self._session = connection
        self._order = order
        self._values = values
        is_begun = narrowest is not None and narrowest.ranked is not None
        self._begins = narrowest if is_begun and order.metric == "rank" else None
        rest = [each for each in filters if each is not self._begins]
        words = [order.words.condition] if order.words.sizes else []
        self._conditions = (*words, *(each.condition for each in rest))
        self._is_prefix_told = not rest and order.metric == "rank" and order.words.is_prefix_enough
        self.may_give_up = bool(words) or any(each.way is not None for each in filters)
        """Whether there is another way to the rest."""

    def after(
        self, place: Place | None, limit: int, kinds: Kinds, slices: int | None = None
    ) -> tuple[list[Found], Place | None]:
        """The next rows of these kinds, and the place where it gave up, if it did: after this many slices, or because
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
        """The place of the slice's last row; None if its part of the list is shorter."""
        end = statements.end_of_slice(self._order, self._begins, part)
        row = self._execute(end, after, slice=size - 1).one_or_none()
        return None if row is None else Place(kinds[0], *row)

    def _execute(self, statement: AnySelect, after: Place | None, **values: Any) -> Any:
        place = {} if after is None else after.values
        return self._session.execute(statement, {**self._values, **place, **values})
