"""Pages of a search at any size: what is rare is gathered from an index and sorted, what is frequent is
met soon on a walk down the index of the order.

Both give the same order, so that a page may be found in another way than the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, func, select
from sqlalchemy.orm import Session

from tgtui.data.search_conditions import ROWS, Condition, Filter, Way, filters_of
from tgtui.data.search_order import ANY, Kinds, Order, Place
from tgtui.data.search_walk import Found, Walk, found_row
from tgtui.data.search_words import ABOUT, EXACT, PREFIX, SPELLED, SUBSTRING, Words
from tgtui.data.sql import AnySelect, dialect_of, planned_for_values
from tgtui.searching import SearchQuery

RARE = 5_000
"""As many are gathered and sorted; of more than these, a walk meets a page's worth soon."""
FEW = 500
"""Of names that begin with what was typed: then those with it in their middle are rare, too, mostly."""
NEAR = 10_000
"""As many are gathered where a walk met too few; as far words are counted, which costs most."""
LOOKED_AT = 10_000
"""As many of a longer way are looked at to count what is among them."""
COMPARED = 100_000
"""As far filters are counted to find the shortest way of long ones."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The filter that leaves fewest."""

    filter: Filter
    way: Way
    size: int
    """Counted up to one more than NEAR."""

    @property
    def is_near(self) -> bool:
        """All that it leaves can be gathered where nothing else helps."""
        return self.size <= NEAR


class Search:
    """One search on one session."""

    def __init__(self, session: Session, query: SearchQuery, now: datetime) -> None:
        self._session = session
        self._is_sqlite = dialect_of(session) == "sqlite"
        self.words = Words(query.words, is_sqlite=self._is_sqlite)
        self.filters = filters_of(query, now)
        self.is_ranked = bool(self.words) and query.sort == "relevance"
        """Better matches come before better known packages."""
        self._order = Order(query.sort, self.words)
        self._narrow = [(each, each.way) for each in self.filters if each.way is not None]

    @property
    def _is_simple(self) -> bool:
        """Its way leads to nothing but what is searched for: one filter, one word, on PostgreSQL any words."""
        if self.filters:
            return len(self.filters) == 1 and not self.words
        return len(self.words) == 1 or not self._is_sqlite

    @property
    def conditions(self) -> list[Condition]:
        """All that a package fulfils, words included."""
        words = [self.words.condition] if self.words else []
        return [*words, *(each.condition for each in self.filters)]

    def rows_to_count(self, bound: int) -> tuple[Any, bool]:
        """Columns of rows among which all that match are, found by an index that leads to few; or, and True,
        as many of a long way as are worth looking at. Where nothing else is asked for, at most `bound`."""
        words = self.words.way() if self.words else None
        if self._is_simple:
            alone = words or next((way for _filter, way in self._narrow), None)
            return (
                ROWS if alone is None else alone.rows(bound, is_sqlite=self._is_sqlite).c
            ), False
        way, is_near = self._smallest(self._narrowest(), words)
        if way is None:
            return ROWS, False
        rows = way.rows(None if is_near else LOOKED_AT, is_sqlite=self._is_sqlite)
        return rows.c, not is_near

    def page(self, after: Place | None, limit: int) -> list[Found]:
        """The next rows in order, at most `limit`."""
        with planned_for_values(self._session):
            return self._page(after, limit)

    def _page(self, after: Place | None, limit: int) -> list[Found]:
        narrowest = self._narrowest()
        if narrowest is not None and narrowest.size <= RARE:
            kinds = (SPELLED, ABOUT) if self.is_ranked else ANY
            return self._gathered(narrowest.way, after, limit, kinds)
        if self.is_ranked:
            return self._ranked(narrowest, after, limit)
        way = self.words.way() if self.words else None
        rows = None if way is None else self._gathered_if_rare(way, after, limit, ANY)
        if rows is not None:
            return rows
        rows, place = self._walked(narrowest, after, limit, ANY)
        return rows + self._rest(narrowest, way, place, limit - len(rows), ANY)

    def _ranked(self, narrowest: Narrowed | None, after: Place | None, limit: int) -> list[Found]:
        found, last = self._best(after, limit)
        for kind in range(last + 1, ABOUT + 1):
            if len(found) >= limit:
                break
            if after is not None and after.kind > kind:
                continue
            begin = after if after is not None and after.kind == kind else None
            rows, is_all = self._of_kind(kind, narrowest, begin, limit - len(found))
            found += rows
            if is_all:
                break
        return found

    def _best(self, after: Place | None, limit: int) -> tuple[list[Found], int]:
        """The first kinds, and the last of them that was found with the others."""
        prefix, names = self.words.way_of(PREFIX), self.words.way_of(SUBSTRING)
        prefixes = self._sizes([prefix], RARE)[0]
        if prefixes > RARE:
            return self._gathered(self.words.way_of(EXACT), after, limit, (SPELLED, EXACT)), EXACT
        rows = None
        if prefixes <= FEW or self._sizes([names], RARE)[0] <= RARE:
            rows = self._gathered_if_rare(names, after, limit, (SPELLED, SUBSTRING))
        if rows is not None:
            return rows, SUBSTRING
        return self._gathered(prefix, after, limit, (SPELLED, PREFIX)), PREFIX

    def _of_kind(
        self, kind: int, narrowest: Narrowed | None, after: Place | None, limit: int
    ) -> tuple[list[Found], bool]:
        """Rows of one kind; or, and True, of it and of all behind it, where looking once finds them all."""
        way, kinds = self.words.way_of(kind), (kind, kind)
        if kind != PREFIX and self._sizes([way], RARE)[0] <= RARE:
            return self._gathered(way, after, limit, kinds), False
        rows, place = self._walked(narrowest, after, limit, kinds)
        rest = limit - len(rows)
        if rest and narrowest is not None and narrowest.is_near:
            kinds = (kind if place is not None else kind + 1, ABOUT)
            return rows + self._gathered(narrowest.way, place, rest, kinds), True
        return rows + self._rest(narrowest, way, place, rest, kinds), False

    def _rest(
        self,
        narrowest: Narrowed | None,
        words: Way | None,
        place: Place | None,
        limit: int,
        kinds: Kinds,
    ) -> list[Found]:
        """What comes after the place where a walk gave up, if it did."""
        if place is None:
            return []
        way, _is_near = self._smallest(narrowest, words)
        assert way is not None, "a walk gives up only where there is a way"
        return self._gathered(way, place, limit, kinds)

    def _gathered(self, way: Way, after: Place | None, limit: int, kinds: Kinds) -> list[Found]:
        """All that the way leads to are looked at, and sorted."""
        rows = way.rows(is_sqlite=self._is_sqlite)
        return self._read(self._of_rows(rows, after, limit, kinds))

    def _gathered_if_rare(
        self, way: Way, after: Place | None, limit: int, kinds: Kinds
    ) -> list[Found] | None:
        """None where the way leads to more than RARE. What is rare is not looked for twice, to count it first."""
        rows = way.rows(RARE + 1, is_sqlite=self._is_sqlite)
        size = select(func.count()).select_from(rows).scalar_subquery()
        statement = self._of_rows(rows, after, limit, kinds).add_columns(size.label("size"))
        found = self._session.execute(statement).all()
        number = found[0].size if found else self._sizes([way], RARE)[0]
        return None if number > RARE else list(map(found_row, found))

    def _of_rows(self, rows: CTE, after: Place | None, limit: int, kinds: Kinds) -> AnySelect:
        p, order = rows.c, self._order
        statement = order.columns(p, kinds).where(*(each(p) for each in self.conditions))
        if after is not None:
            statement = statement.where(order.is_after(p, after, kinds))
        return statement.order_by(*order.of_rows(p, kinds)).limit(limit)

    def _walked(
        self, narrowest: Narrowed | None, after: Place | None, limit: int, kinds: Kinds
    ) -> tuple[list[Found], Place | None]:
        """Rows that are met, and the place where it was given up, if it was."""
        filter = None if narrowest is None else narrowest.filter
        walk = Walk(self._session, self._order, self.filters, filter)
        return walk.after(after, limit, kinds)

    def _narrowest(self) -> Narrowed | None:
        sizes = self._sizes([way for _filter, way in self._narrow], NEAR)
        if not sizes:
            return None
        size = min(sizes)
        return Narrowed(*self._narrow[sizes.index(size)], size)

    def _smallest(self, narrowest: Narrowed | None, words: Way | None) -> tuple[Way | None, bool]:
        """The shortest way, and whether it is near. The words are counted least far: that costs most."""
        if narrowest is not None and narrowest.is_near:
            return narrowest.way, True
        if words is not None and self._sizes([words], NEAR)[0] <= NEAR:
            return words, True
        return self._shortest([way for _filter, way in self._narrow]) or words, False

    def _shortest(self, ways: Sequence[Way]) -> Way | None:
        if len(ways) < 2:
            return ways[0] if ways else None
        sizes = self._sizes(ways, COMPARED)
        return ways[sizes.index(min(sizes))]

    def _read(self, statement: AnySelect) -> list[Found]:
        return list(map(found_row, self._session.execute(statement)))

    def _sizes(self, ways: Sequence[Way], bound: int) -> list[int]:
        """How many each leads to, counted up to one more than `bound`."""
        if not ways:
            return []
        counts = (
            select(func.count())
            .select_from(way.counted.limit(bound + 1).subquery())
            .scalar_subquery()
            for way in ways
        )
        return list(self._session.execute(select(*counts)).one())
