"""The orders of a search: how well a row matches, then what is sorted by, then the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_

from tgtui.data.search_conditions import ROWS
from tgtui.data.search_words import EXACT, SPELLED, Words
from tgtui.data.sql import hidden
from tgtui.searching import Sort

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
class Order:
    """One sort, of one search's words."""

    sort: Sort
    words: Words

    @property
    def metric(self) -> str | None:
        """The column that is sorted by before the name."""
        return METRICS.get(self.sort)

    def metric_of(self, p: Any) -> Any:
        """NULL where names are all that is sorted by."""
        return literal(None) if self.metric is None else p[self.metric]

    def columns(self, p: Any, kinds: Kinds) -> Select[*tuple[Any, ...]]:
        """The keys of the rows of these kinds, among rows that match."""
        first, last = kinds
        kind = literal(first) if first == last else self.words.kind(p)
        statement = select(
            p.package_id, kind.label("kind"), self.metric_of(p).label("metric"), p.name, p.id
        )
        if kinds == ANY:
            return statement
        is_one = first == last
        is_kind = self.words.kind(p) == first if is_one else self.words.kind(p).between(first, last)
        return statement.where(is_kind)

    def of_index(self) -> list[Any]:
        """As an index of the searched table has it."""
        metric = [] if self.metric is None else [ROWS[self.metric].desc()]
        return [*metric, ROWS.name, ROWS.id]

    def of_rows(self, p: Any, kinds: Kinds) -> list[Any]:
        """Hidden: no index of the order must tempt the planner to look at the whole table."""
        kind = [self.words.kind(p)] if kinds[0] != kinds[1] else []
        metric = [] if self.metric is None else [hidden(p[self.metric]).desc()]
        return [*kind, *metric, hidden(p.name), p.id]

    def parts(self, after: Place | None) -> list[list[ColumnElement[bool]]]:
        """What comes after a place: the rest of its tie, then what is below; a range of the index each."""
        if after is None:
            return [[]]
        beyond = tuple_(ROWS.name, ROWS.id) > (after.name, after.id)
        if self.metric is None:
            return [[beyond]]
        metric = ROWS[self.metric]
        return [[metric == after.metric, beyond], [metric < after.metric]]

    def is_after(self, p: Any, after: Place, kinds: Kinds) -> ColumnElement[bool]:
        """Behind a place, among rows of these kinds."""
        beyond: ColumnElement[bool] = tuple_(p.name, p.id) > (after.name, after.id)
        if self.metric is not None:
            metric = p[self.metric]
            beyond = or_(metric < after.metric, and_(metric == after.metric, beyond))
        if kinds[0] != kinds[1]:
            kind = self.words.kind(p)
            beyond = or_(kind > after.kind, and_(kind == after.kind, beyond))
        return beyond
