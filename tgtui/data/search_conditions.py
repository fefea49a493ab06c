"""What the filters of a search ask of a package, and by which index those that answer it are found.

A condition takes the columns it speaks of, those of `package_search` or of a slice of it; a driver selects the
ids of all that may fulfil it, from an index. Built from tables, not from models: that is a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    false,
    literal_column,
    not_,
    select,
)

from tgtui.data.models import PackageDependency, PackageTag, Tag
from tgtui.data.search_models import NEVER, PackageSearch
from tgtui.data.sql import contains, hidden, table_of
from tgtui.names import name_key
from tgtui.registries.base import REGISTRIES
from tgtui.searching import Dependency, SearchQuery, State

Condition: TypeAlias = Callable[[Any], ColumnElement[bool]]
Driver: TypeAlias = Select[int]

FLAGS: dict[State, str] = {
    "deprecated": "is_deprecated",
    "missing": "is_incomplete",
    "failed": "is_failed",
}

ROWS = table_of(PackageSearch).c
_tags = table_of(Tag).c
_package_tags = table_of(PackageTag).c
_edges = table_of(PackageDependency).c


@dataclass(frozen=True, slots=True)
class Way:
    """How an index finds packages."""

    ids: Driver
    counted: Select[Any]
    """About as many rows, from one index alone: to know how many they are."""
    condition: ColumnElement[bool] | None = None
    """What the index answers, where it is one of the searched table."""

    @classmethod
    def of(cls, ids: Driver) -> Way:
        """One whose ids are cheap to count."""
        return cls(ids, ids)

    @classmethod
    def where(cls, condition: ColumnElement[bool]) -> Way:
        """One that an index of the searched table answers."""
        ids = select(ROWS.id).where(condition)
        return cls(ids, ids, condition)

    def rows(self, limit: int | None = None, *, is_sqlite: bool) -> CTE:
        """The rows that it leads to, at most `limit`, whatever else the planner thinks of what is asked of them:
        SQLite has the ids first and no other index for the rest, PostgreSQL, which believes that trigrams cost nothing, the rows."""
        if is_sqlite or self.condition is None:
            ids = self.ids.limit(limit).cte("led_to").prefix_with("MATERIALIZED")
            keys, shown = (ROWS.id, ROWS.package_id), list(ROWS)[2:]
            rows = select(*keys, *(hidden(each).label(each.name) for each in shown))
            rows = rows.where(ROWS.id == ids.c[0])
        else:
            rows = select(*ROWS).where(self.condition).limit(limit)
        return rows.cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing that is asked for."""

    condition: Condition
    way: Way | None = None
    """None where no index finds them, as for what is turned round by a minus."""
    ranked: ColumnElement[bool] | None = None
    """The condition as an index that has them by rank begins; None where there is no such index."""


def filters_of(query: SearchQuery, now: datetime) -> list[Filter]:
    """All but the words; ages are counted from `now`."""
    return [*_registry_filters(query), *_tag_filters(query), *_other_filters(query, now)]


def _registry_filters(query: SearchQuery) -> Iterator[Filter]:
    wanted = set(query.registries or REGISTRIES) - query.without_registries
    if query.registries or query.without_registries:
        chosen = sorted(wanted)
        yield Filter(
            lambda p: p.registry.in_(chosen) if chosen else false(),
            Way.where(ROWS.registry.in_(chosen)),
            ROWS.registry == chosen[0] if len(chosen) == 1 else None,
        )


def _tag_filters(query: SearchQuery) -> Iterator[Filter]:
    for slug in sorted(query.tags):
        driver = (
            select(ROWS.id)
            .where(ROWS.package_id == _package_tags.package_id)
            .where(_package_tags.tag_id == _tag_id(slug))
        )
        counted = select(_package_tags.package_id).where(_package_tags.tag_id == _tag_id(slug))
        yield Filter(_has_tag(slug), Way(driver, counted))
    for slug in sorted(query.without_tags):
        yield Filter(_not(_has_tag(slug)))


def _other_filters(query: SearchQuery, now: datetime) -> Iterator[Filter]:
    for dependency in sorted(query.dependencies):
        counted = select(_edges.package_id).where(*_edge_to(dependency))
        yield Filter(_depends_on(dependency), Way(_dependents_of(dependency), counted))
    for dependency in sorted(query.without_dependencies):
        yield Filter(_not(_depends_on(dependency)))
    for days, is_newer in ((query.newer_than, True), (query.older_than, False)):
        if days is not None:
            condition = _released(now - timedelta(days=days), is_newer=is_newer)
            yield Filter(condition, Way.where(condition(ROWS)))
    for state in sorted(query.states):
        flag: ColumnElement[bool] = literal_column(
            FLAGS[state]
        )  # spelt out, as the partial index is
        yield Filter(_in_state(state), Way.where(flag), flag)
    for state in sorted(query.without_states):
        yield Filter(_not(_in_state(state)))
    for word in query.without_words:
        yield Filter(_not(_is_named(name_key(word))))


def _is_named(key: str) -> Condition:
    return lambda p: contains(p.words, key)


def _not(condition: Condition) -> Condition:
    return lambda p: not_(condition(p))


def _tag_id(slug: str) -> Any:
    return select(_tags.id).where(_tags.slug == slug, _tags.deleted_at.is_(None)).scalar_subquery()


def _has_tag(slug: str) -> Condition:
    return lambda p: (
        select(_package_tags.id)
        .where(_package_tags.package_id == p.package_id, _package_tags.tag_id == _tag_id(slug))
        .exists()
    )


def _edge_to(dependency: Dependency) -> list[ColumnElement[bool]]:
    registries = [dependency.registry] if dependency.registry else list(REGISTRIES)
    conditions = [_edges.dependency_name == dependency.name]
    if dependency.registry or dependency.version:
        # With the registries named the index on name, registry and version is used to its end.
        conditions.append(_edges.dependency_registry.in_(registries))
    if dependency.version:
        conditions.append(_edges.resolved_version == dependency.version)
    return conditions


def _depends_on(dependency: Dependency) -> Condition:
    return lambda p: (
        select(_edges.id).where(_edges.package_id == p.package_id, *_edge_to(dependency)).exists()
    )


def _dependents_of(dependency: Dependency) -> Driver:
    sources = select(_edges.package_id).where(*_edge_to(dependency))
    return select(ROWS.id).where(ROWS.package_id.in_(sources))


def _released(limit: datetime, *, is_newer: bool) -> Condition:
    if is_newer:
        return lambda p: p.released_at >= limit
    return lambda p: and_(p.released_at < limit, p.released_at > NEVER)


def _in_state(state: State) -> Condition:
    return lambda p: p[FLAGS[state]]
