"""The orders of a search: how well a row matches, then the sort's column, then the name."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, bindparam, literal, or_, select, tuple_

from tgtui.data.models.search import known
from tgtui.data.search.conditions import ROWS
from tgtui.data.search.words import EXACT, SPELLED, WordsShape
from tgtui.data.storage.sql import hidden
from tgtui.syntax.query import Sort

METRICS: dict[Sort, str] = {
    "relevance": "rank",
    "updated": "released_at",
    "dependents": "dependents",
    "popular": "uses",
    "heaviest": "brings",
    "dependents-all": "dependents_all",
    "size": "unpacked_size",
}
"""The column of each sort, descending; names break ties. A sort by name has none."""

NULLABLE = frozenset({"brings", "dependents_all", "unpacked_size"})
"""Metrics that are null while they are unknown."""

Kinds: TypeAlias = tuple[int, int]
"""The first and the last of the kinds of match that are listed together."""
ANY: Kinds = (SPELLED, SPELLED)
"""The order ignores kinds."""

Part: TypeAlias = Literal["all", "tie", "below", "beyond"]
"""A range of an order's index: all of it; the rest of a place's tie, and what is below that; or, in a sort by
name, what comes after the place."""


class Place(Struct, frozen=True):
    """Where a row stands in the order of a search."""

    kind: int
    """WRITTEN to ABOUT; SPELLED if the order ignores kinds."""
    metric: Any
    """Value of the sort's column; None in a sort by name."""
    name: str
    id: int

    @property
    def is_exact(self) -> bool:
        """The name equals the searched words."""
        return self.kind <= EXACT

    @property
    def values(self) -> dict[str, Any]:
        """Values of the parameters of statements that continue from here."""
        return {
            "after_kind": self.kind,
            "after_metric": self.metric,
            "after_name": self.name,
            "after_id": self.id,
        }


class Order(Struct, frozen=True):
    """One sort, for one search's words."""

    sort: Sort
    words: WordsShape

    @property
    def metric(self) -> str | None:
        """The column that sorts before the name."""
        return METRICS.get(self.sort)

    def metric_of(self, p: Any) -> Any:
        """NULL in a sort by name."""
        if self.metric is None:
            return literal(None)
        return known(p[self.metric]) if self.metric in NULLABLE else p[self.metric]

    def columns(self, p: Any, kinds: Kinds) -> Select[*tuple[Any, ...]]:
        """The sort keys of rows of these kinds, among matching rows."""
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
        """The order as an index of the searched table has it."""
        metric = [] if self.metric is None else [self.metric_of(ROWS).desc()]
        return [*metric, ROWS.name, ROWS.id]

    def of_rows(self, p: Any, kind: ColumnElement[int] | None) -> list[Any]:
        """The order hidden from indexes, which could tempt the planner to read the whole table."""
        kinds = [] if kind is None else [kind]
        metric = [] if self.metric is None else [hidden(self.metric_of(p)).desc()]
        return [*kinds, *metric, hidden(p.name), p.id]

    def parts(self, *, is_after: bool) -> tuple[Part, ...]:
        """Parts of the index after a place, or all of it without one."""
        if not is_after:
            return ("all",)
        return ("beyond",) if self.metric is None else ("tie", "below")

    def is_in(self, part: Part) -> list[ColumnElement[bool]]:
        """The condition of a part of the index."""
        if part == "all":
            return []
        if part == "beyond":
            return [_is_beyond(ROWS)]
        assert self.metric is not None, "names have no ties"
        metric: Any = self.metric_of(ROWS)
        place: Any = bindparam("after_metric")
        return [metric == place, _is_beyond(ROWS)] if part == "tie" else [metric < place]

    def is_after(self, p: Any, kind: ColumnElement[int] | None) -> ColumnElement[bool]:
        """The condition of rows after a place; `kind` is their kind if there are several."""
        beyond = _is_beyond(p)
        if self.metric is not None:
            metric: Any = self.metric_of(p)
            place: Any = bindparam("after_metric")
            beyond = or_(metric < place, and_(metric == place, beyond))
        if kind is not None:
            its: Any = bindparam("after_kind")
            beyond = or_(kind > its, and_(kind == its, beyond))
        return beyond

    def kind(self, p: Any, kinds: Kinds) -> ColumnElement[int] | None:
        """The columns of the order for rows of several kinds."""
        return None if kinds[0] == kinds[1] else self.words.kind(p)


def _is_beyond(p: Any) -> ColumnElement[bool]:
    name, id = (
        bindparam("after_name", type_=ROWS.name.type),
        bindparam("after_id", type_=ROWS.id.type),
    )
    return tuple_(p.name, p.id) > tuple_(name, id)
