"""Pages of a search at any size: rare matches are gathered from an index and sorted, frequent ones are found
soon by walking down the index of the order.

Both give the same order, so that a page may be found by the other method than the page before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.search import statements
from tgtui.data.search.conditions import Condition, Filter, Filters, Way
from tgtui.data.search.order import ANY, Kinds, Order, Place
from tgtui.data.search.walk import Found, Walk, found_row
from tgtui.data.search.words import ABOUT, EXACT, PREFIX, SUBSTRING, WORD, WRITTEN, Words
from tgtui.data.storage.sql import AnySelect, dialect_of, planned_for_values
from tgtui.syntax.query import SearchQuery

RARE = 5_000
"""Up to this many rows are gathered and sorted; of more, a walk finds a page soon."""
NEAR = 10_000
"""Up to this many are gathered if a walk found too few; words, which cost most, are counted up to this."""
LOOKED_AT = 5_000
"""Rows of a longer way that are read to count matches."""
MERGED = 40_000
"""Rows of each of several words that are merged to find where they appear together."""
COMPARED = 100_000
"""Filters are counted up to this to find the shortest of long ways."""


class Narrowed(Struct, frozen=True):
    """The filter with the fewest matches."""

    filter: Filter
    way: Way
    size: int
    """Number of its matches, counted up to NEAR + 1."""

    @property
    def is_near(self) -> bool:
        """All its matches can be gathered if nothing else helps."""
        return self.size <= NEAR


class Counted(Struct, frozen=True):
    """The rows that are read to count the matches of a search."""

    way: Way | None
    """None for the whole table."""
    at_most: int | None
    """Rows of the way; None for all of them."""
    is_part: bool
    """There may be more matches."""
    is_told: bool = False
    """All rows of the way match, so that they need no check."""


class Search:
    """One search on one connection."""

    def __init__(self, connection: Connection, query: SearchQuery, now: datetime) -> None:
        self._session = connection
        self._is_sqlite = dialect_of(connection) == "sqlite"
        self.words = Words(query.words, is_sqlite=self._is_sqlite)
        filters = Filters.of(query, now, is_sqlite=self._is_sqlite)
        self.filters = filters.asked
        self.is_ranked = bool(self.words) and query.sort == "relevance"
        """Better matches come before better known packages."""
        self.order = Order(query.sort, self.words.shape)
        self.values = self.words.values | filters.values
        """Values of the parameters of all statements."""
        words = [self.words.shape.condition] if self.words else []
        self.conditions: tuple[Condition, ...] = (
            *words,
            *(each.condition for each in self.filters),
        )
        """All conditions of the search, words included."""
        self._narrow = [(each, each.way) for each in self.filters if each.way is not None]

    @property
    def _ways(self) -> Sequence[Way]:
        """Ways that each lead to all matches of the words."""
        return self.words.shape.ways() if self.words else ()

    @property
    def _is_simple(self) -> bool:
        """Its way leads only to matches: one filter, one word, on PostgreSQL any words."""
        if self.filters:
            return len(self.filters) == 1 and not self.words
        return len(self.words.shape.sizes) == 1 or not self._is_sqlite

    def to_count(self, bound: int) -> Counted:
        """A short way that includes all matches, or as much of a long one as is worth reading. At most `bound`
        rows if there is no other condition."""
        words = self._ways
        if self._is_simple:
            alone = next(iter((*words, *(way for _filter, way in self._narrow))), None)
            # PostgreSQL's index gives exactly the matches; SQLite's nearly.
            is_told = alone is not None and not self._is_sqlite
            return Counted(alone, bound, is_part=False, is_told=is_told)
        way, is_near = self._smallest(self._narrowest(), words)
        is_part = way is not None and not is_near
        return Counted(way, LOOKED_AT if is_part else None, is_part)

    def page(self, after: Place | None, limit: int) -> list[Found]:
        """The next rows in order, at most `limit`."""
        with planned_for_values(self._session):
            return self._page(after, limit)

    def _page(self, after: Place | None, limit: int) -> list[Found]:
        narrowest = self._narrowest()
        if narrowest is not None and narrowest.size <= RARE:
            kinds = (WRITTEN, ABOUT) if self.is_ranked else ANY
            return self._gathered(narrowest.way, after, limit, kinds)
        if self.is_ranked:
            return self._ranked(narrowest, after, limit)
        rows, place = self._met_or_rare(self._ways, narrowest, after, limit, ANY)
        return rows + self._rest(narrowest, self._ways, place, limit - len(rows), ANY)

    def _ranked(self, narrowest: Narrowed | None, after: Place | None, limit: int) -> list[Found]:
        found, last = self._first_kinds(after, limit)
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

    def _first_kinds(self, after: Place | None, limit: int) -> tuple[list[Found], int]:
        """The first kinds, and the last kind that was searched."""
        way_of = self.words.shape.way_of
        if self._sizes([way_of(PREFIX)], RARE)[0] > RARE:
            return self._gathered(way_of(EXACT), after, limit, (WRITTEN, EXACT)), EXACT
        found: list[Found] = []
        if after is None or after.kind <= PREFIX:
            found = self._best(after, limit)
        if self.words.shape.is_scoped:
            return found, ABOUT  # a scope is always at the beginning
        if len(found) < limit and (after is None or after.kind <= SUBSTRING):
            rest = limit - len(found)
            rows = self._gathered_if_rare(way_of(SUBSTRING), after, rest, (WORD, SUBSTRING))
            if rows is not None:
                return found + rows, SUBSTRING
        return found, PREFIX

    def _best(self, after: Place | None, limit: int) -> list[Found]:
        """Rows of the kinds up to PREFIX, if those are rare."""
        if self.filters or not self.words.shape.is_prefix_enough:
            return self._gathered(self.words.shape.way_of(PREFIX), after, limit, (WRITTEN, PREFIX))
        best = statements.best(self.order, is_after=after is not None)
        return list(map(found_row, self._execute(best, after, size=limit)))

    def _of_kind(
        self, kind: int, narrowest: Narrowed | None, after: Place | None, limit: int
    ) -> tuple[list[Found], bool]:
        """Rows of one kind; or, with True, of it and all later kinds, if one query finds them all."""
        ways, kinds = self.words.shape.ways_of(kind), (kind, kind)
        # There are many of the kind PREFIX, or they were found already: no way to it is short.
        short = () if kind == PREFIX else ways
        rows, place = self._met_or_rare(short, narrowest, after, limit, kinds)
        rest = limit - len(rows)
        if rest and place is not None and narrowest is not None and narrowest.is_near:
            return rows + self._gathered(narrowest.way, place, rest, (kind, ABOUT)), True
        return rows + self._rest(narrowest, ways, place, rest, kinds), False

    def _met_or_rare(
        self,
        ways: Sequence[Way],
        narrowest: Narrowed | None,
        after: Place | None,
        limit: int,
        kinds: Kinds,
    ) -> tuple[list[Found], Place | None]:
        """Rows gathered from one of the ways if it is short, else found on a walk; and the place where the walk
        gave up, if it did."""
        met: list[Found] = []
        if len(ways) > 1 or (ways and not self._is_sqlite):
            # Several words are slow to count, and PostgreSQL's trigrams give the first row only after finding all:
            # a walk finds very frequent matches sooner.
            met, after = self._walked(narrowest, after, limit, kinds, slices=1)
            if after is None:
                return met, None
        if ways and (rare := self._rare(ways, after, limit - len(met), kinds)) is not None:
            return met + rare, None
        rows, place = self._walked(narrowest, after, limit - len(met), kinds)
        return met + rows, place

    def _rare(
        self, ways: Sequence[Way], after: Place | None, limit: int, kinds: Kinds
    ) -> list[Found] | None:
        """Rows gathered from a way to at most RARE rows, or from the overlap of words that are neither rare nor
        frequent, which a walk might rarely find. None if there is no such way."""
        if not self._is_sqlite:
            return self._gathered_if_rare(ways[0], after, limit, kinds)
        way, size = self._rarest(ways, RARE)
        if size <= RARE:
            return self._gathered(way, after, limit, kinds)
        together = self.words.shape.way_together() if kinds[0] == ABOUT else None
        if together is not None and max(self._sizes(ways, MERGED)) <= MERGED:
            return self._gathered(together, after, limit, kinds)
        return None

    def _rest(
        self,
        narrowest: Narrowed | None,
        words: Sequence[Way],
        place: Place | None,
        limit: int,
        kinds: Kinds,
    ) -> list[Found]:
        """Rows after the place where a walk gave up, if it did."""
        if place is None:
            return []
        way, _is_near = self._smallest(narrowest, words)
        assert way is not None, "a walk only gives up if there is a way"
        return self._gathered(way, place, limit, kinds)

    def _gathered(self, way: Way, after: Place | None, limit: int, kinds: Kinds) -> list[Found]:
        """Read and sort all rows of the way."""
        statement = statements.gathered(
            self.order, self.conditions, way, kinds, is_after=after is not None
        )
        return list(map(found_row, self._execute(statement, after, size=limit)))

    def _gathered_if_rare(
        self, way: Way, after: Place | None, limit: int, kinds: Kinds
    ) -> list[Found] | None:
        """None if the way leads to more than RARE rows. Found in one query, without counting them first."""
        statement = statements.gathered_and_counted(
            self.order, self.conditions, way, kinds, is_after=after is not None
        )
        rows = self._execute(statement, after, size=limit, led=RARE + 1).all()
        if rows[0].size > RARE:
            return None
        return [found_row(row) for row in rows if row.id is not None]

    def _walked(
        self,
        narrowest: Narrowed | None,
        after: Place | None,
        limit: int,
        kinds: Kinds,
        slices: int | None = None,
    ) -> tuple[list[Found], Place | None]:
        """Rows found on a walk of at most this many slices, and the place where it gave up, if it did."""
        filter = None if narrowest is None else narrowest.filter
        walk = Walk(self._session, self.order, self.filters, filter, self.values)
        return walk.after(after, limit, kinds, slices)

    def _narrowest(self) -> Narrowed | None:
        sizes = self._sizes([way for _filter, way in self._narrow], NEAR)
        if not sizes:
            return None
        size = min(sizes)
        return Narrowed(*self._narrow[sizes.index(size)], size)

    def _smallest(
        self, narrowest: Narrowed | None, words: Sequence[Way]
    ) -> tuple[Way | None, bool]:
        """The shortest way, and whether it is near. Words are counted only to a low bound: they cost most."""
        if narrowest is not None and narrowest.is_near:
            return narrowest.way, True
        if words:
            rarest, size = self._rarest(words, NEAR)
            if size <= NEAR:
                return rarest, True
        ways = [way for _filter, way in self._narrow]
        return (self._shortest(ways, COMPARED) if ways else next(iter(words), None)), False

    def _rarest(self, ways: Sequence[Way], bound: int) -> tuple[Way, int]:
        """The shortest of these ways, and its length up to `bound` + 1."""
        sizes = self._sizes(ways, bound)
        return ways[sizes.index(min(sizes))], min(sizes)

    def _shortest(self, ways: Sequence[Way], bound: int) -> Way:
        """Counts only if there is a choice."""
        return self._rarest(ways, bound)[0] if len(ways) > 1 else ways[0]

    def _sizes(self, ways: Sequence[Way], bound: int) -> list[int]:
        """The length of each, counted up to `bound` + 1."""
        if not ways:
            return []
        return list(self._execute(statements.sizes(tuple(ways)), size=bound + 1).one())

    def _execute(self, statement: AnySelect, after: Place | None = None, **values: Any) -> Any:
        place = {} if after is None else after.values
        return self._session.execute(statement, {**self.values, **place, **values})
