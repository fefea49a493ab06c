"""Pages of a search at any size: what is rare is gathered from an index and sorted, what is frequent is
met soon on a walk down the index of the order.

Both give the same order, so that a page may be found in another way than the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, tuple_
from sqlalchemy.orm import Session

from tgtui.data.search_conditions import (
    ABOUT,
    EXACT,
    PREFIX,
    ROWS,
    SPELLED,
    SUBSTRING,
    WORD,
    Condition,
    Way,
    Words,
    filters_of,
)
from tgtui.searching import SearchQuery, Sort

RARE = 5_000
"""As many are gathered and sorted; of more than these, a walk meets a page's worth soon."""
COMPARED = 100_000
"""As far ways are counted to find the shortest of long ones."""
FIRST_SLICE = 1_000
SLICE_GROWTH = 4
MAX_SLICE = 16_000
"""Rows that a walk looks at, by turns, before it gives up: frequent things that rarely meet lead there."""
METRICS: dict[Sort, str] = {
    "relevance": "rank",
    "updated": "released_at",
    "dependents": "dependents",
    "popular": "uses",
}
"""What is sorted by, downwards; names break the ties. A sort by name has no other."""


Kinds: TypeAlias = tuple[int, int]
"""The first and the last of the kinds of match that are listed together."""
ANY: Kinds = (SPELLED, SPELLED)
"""Kinds do not matter to the order."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the order of a search."""

    kind: int
    """SPELLED to ABOUT; SPELLED where kinds do not matter."""
    metric: Any
    """By the sort; None in a sort by name."""
    name: str
    id: int

    @property
    def is_exact(self) -> bool:
        """The name is what was searched for."""
        return self.kind <= EXACT


@dataclass(frozen=True, slots=True)
class Found:
    """A row, by its keys only."""

    package_id: Any
    place: Place


class Search:
    """One search on one session."""

    def __init__(self, session: Session, query: SearchQuery, now: datetime) -> None:
        self._session = session
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.words = Words(query.words, is_sqlite=is_sqlite)
        self.filters = filters_of(query, now)
        self.is_ranked = bool(self.words) and query.sort == "relevance"
        """Better matches come before better known packages."""
        self._metric = METRICS.get(query.sort)
        if not is_sqlite:
            # A plan made for any word is a bad one for most.
            session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))

    @property
    def is_simple(self) -> bool:
        """One word or one filter: its way leads to nothing but what is searched for."""
        return len(self.words) + len(self.filters) == 1

    @property
    def conditions(self) -> list[Condition]:
        """All that a package fulfils, words included."""
        words = [self.words.condition] if self.words else []
        return [*words, *(each.condition for each in self.filters)]

    def smallest_way(self) -> Way | None:
        """The way to the fewest, however many they are; None where no index finds them."""
        return self._smallest(ways) if (ways := self._ways()) else None

    def page(self, after: Place | None, limit: int) -> list[Found]:
        """The next rows in order, at most `limit`."""
        if self.is_ranked:
            return self._ranked(after, limit)
        ways = self._ways()
        sizes = self._sizes(ways, RARE)
        if sizes and min(sizes) <= RARE:
            return self._gathered(ways[sizes.index(min(sizes))], after, limit)
        return self._walked(self.conditions, ways, after, limit)

    def _ways(self) -> list[Way]:
        """Every index that finds them, the words' last: it costs most to ask."""
        return [*self._narrow(), *([self.words.way()] if self.words else [])]

    def _narrow(self) -> list[Way]:
        return [each.way for each in self.filters if each.way is not None]

    def _ranked(self, after: Place | None, limit: int) -> list[Found]:
        ways = self._narrow()
        *sizes, prefixes = self._sizes([*ways, self.words.way_of(PREFIX)], RARE)
        if sizes and min(sizes) <= RARE:
            rare = ways[sizes.index(min(sizes))]
            return self._gathered(rare, after, limit, (SPELLED, ABOUT))
        found: list[Found] = []
        for first, last, way in self._stages(prefixes <= RARE):
            if after is not None and after.kind > last:
                continue
            place = after if after is not None and after.kind >= first else None
            rest, kinds = limit - len(found), (first, last)
            if way is not None:
                found += self._gathered(way, place, rest, kinds)
            else:
                found += self._walked(
                    self.conditions, [self.words.way_of(last), *ways], place, rest, kinds
                )
            if len(found) >= limit:
                break
        return found

    def _stages(self, is_prefix_rare: bool) -> Iterator[tuple[int, int, Way | None]]:
        """Kinds that are found together, best first: gathered by a way, or walked to where it is None."""
        first = SPELLED
        if is_prefix_rare:
            names = self.words.way_of(SUBSTRING)
            if self._is_rare(names):
                yield first, SUBSTRING, names
                first = ABOUT
            else:
                yield first, PREFIX, self.words.way_of(PREFIX)
                first = WORD
        else:
            yield first, EXACT, self.words.way_of(EXACT)
            first = PREFIX
        for kind in range(first, ABOUT + 1):
            way = self.words.way_of(kind)
            yield kind, kind, way if kind != PREFIX and self._is_rare(way) else None

    def _is_rare(self, way: Way) -> bool:
        return self._sizes([way], RARE)[0] <= RARE

    def _gathered(
        self, way: Way, after: Place | None, limit: int, kinds: Kinds = ANY
    ) -> list[Found]:
        """All that the way leads to are looked at, and sorted."""
        p = ROWS
        ids = way.ids.cte("gathered").prefix_with("MATERIALIZED")
        statement = self._columns(p, kinds).where(p.id == ids.c[0])
        statement = statement.where(*(condition(p) for condition in self.conditions))
        if after is not None:
            statement = statement.where(self._is_after(p, after, kinds))
        return self._read(statement.order_by(*self._order(p, kinds)).limit(limit))

    def _walked(
        self,
        conditions: Sequence[Condition],
        ways: Sequence[Way],
        after: Place | None,
        limit: int,
        kinds: Kinds = ANY,
    ) -> list[Found]:
        """Down the index of the order, slice by slice; at last all that the shortest way leads to."""
        found: list[Found] = []
        place, parts = after, self._parts(after)
        size = FIRST_SLICE if conditions else limit
        while parts and len(found) < limit:
            if size > MAX_SLICE and ways:
                rest = limit - len(found)
                return found + self._gathered(self._smallest(ways), place, rest, kinds)
            rows = self._slice(parts.pop(0), size)
            p = rows.subquery("slice").c
            statement = self._columns(p, kinds).where(*(condition(p) for condition in conditions))
            statement = statement.order_by(*self._order(p, kinds)).limit(limit - len(found))
            found += self._read(statement)
            if len(found) < limit and (end := self._end_of(rows, size, kinds)) is not None:
                place, parts = end, self._parts(end)
                size *= SLICE_GROWTH
        return found

    def _smallest(self, ways: Sequence[Way]) -> Way:
        if len(ways) == 1:
            return ways[0]
        sizes = self._sizes(ways, COMPARED)
        return ways[sizes.index(min(sizes))]

    def _slice(self, part: Sequence[ColumnElement[bool]], size: int) -> Any:
        p = ROWS
        metric = [] if self._metric is None else [p[self._metric].desc()]
        return select(*p).where(*part).order_by(*metric, p.name, p.id).limit(size)

    def _end_of(self, rows: Any, size: int, kinds: Kinds) -> Place | None:
        """The place of the slice's last row, None where its part of the list ends before."""
        p = ROWS
        last = rows.with_only_columns(self._metric_of(p), p.name, p.id).limit(1).offset(size - 1)
        row = self._session.execute(last).one_or_none()
        return None if row is None else Place(kinds[0], *row)

    def _parts(self, after: Place | None) -> list[list[ColumnElement[bool]]]:
        """What comes after a place: the rest of its tie, then what is below; a range of the index each."""
        p = ROWS
        if after is None:
            return [[]]
        beyond = tuple_(p.name, p.id) > (after.name, after.id)
        if self._metric is None:
            return [[beyond]]
        metric = p[self._metric]
        return [[metric == after.metric, beyond], [metric < after.metric]]

    def _metric_of(self, p: Any) -> Any:
        return literal(None) if self._metric is None else p[self._metric]

    def _columns(self, p: Any, kinds: Kinds) -> Select[*tuple[Any, ...]]:
        first, last = kinds
        kind = literal(first) if first == last else self.words.kind(p)
        statement = select(
            p.package_id, kind.label("kind"), self._metric_of(p).label("metric"), p.name, p.id
        )
        if kinds == ANY:
            return statement
        is_kind = (
            self.words.kind(p) == first if first == last else self.words.kind(p).between(*kinds)
        )
        return statement.where(is_kind)

    def _order(self, p: Any, kinds: Kinds) -> list[Any]:
        """Hidden from the planner: no index of it must tempt it to look at the whole table."""
        kind = [self.words.kind(p)] if kinds[0] != kinds[1] else []
        metric = [] if self._metric is None else [_hidden(p[self._metric]).desc()]
        return [*kind, *metric, _hidden(p.name), p.id]

    def _is_after(self, p: Any, after: Place, kinds: Kinds) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = tuple_(p.name, p.id) > (after.name, after.id)
        if self._metric is not None:
            metric = p[self._metric]
            beyond = or_(metric < after.metric, and_(metric == after.metric, beyond))
        if kinds[0] != kinds[1]:
            kind = self.words.kind(p)
            beyond = or_(kind > after.kind, and_(kind == after.kind, beyond))
        return beyond

    def _read(self, statement: Any) -> list[Found]:
        return [
            Found(row.package_id, Place(row.kind, row.metric, row.name, row.id))
            for row in self._session.execute(statement)
        ]

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


def _hidden(column: Any) -> Any:
    return func.coalesce(column, column)
