"""The counts beside a search's results, cheap at any size.

Up to 5,000 matches are counted exactly; of more, and for two frequent conditions together, the counts are marked
as "at least". The whole catalogue, an empty search, is counted exactly, from indexes, and remembered for a while.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from tgtui.basics import clock
from tgtui.data.models.search import NEVER, SILENT, licence_said, package_search
from tgtui.data.models.tables import package_tags, tags
from tgtui.data.search.conditions import FLAGS, ROWS, Condition, Way, flag_of
from tgtui.data.search.pages import Search
from tgtui.data.search.statements import KEPT
from tgtui.data.storage.sql import AnySelect, dialect_of, planned_for_values
from tgtui.data.views.searches import Facet, SearchFacets
from tgtui.syntax.licences import COPYLEFT, KINDS
from tgtui.syntax.query import STATES, SearchQuery

BOUND = 5_000
"""Matches that are counted one by one."""
AGES = (("<7d", 7), ("<30d", 30), ("<1y", 365))
"""Steps of the facet in days; older than the last one is `>1y`."""
OLDER = ">1y"
AGE_LABELS = {"<7d": "last week", "<30d": "last month", "<1y": "last year", OLDER: "older"}
UNSAID = SILENT.strip()
_KINDS = frozenset({*KINDS, COPYLEFT})
FRESH_FOR = 20
"""The catalogue's own counts are read again after this many times the duration of reading them ..."""
SHOWN_FOR = 1_000
"""... and during typing after this many."""


class Counts(Struct):
    """How many there are of each value."""

    total: int = 0
    registries: Counter[str] = field(default_factory=Counter)
    ages: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    tags: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Name and count by slug."""
    is_bound: bool = False
    """There are more than these."""


class _Remembered(Struct, frozen=True):
    counts: Counts
    stamp: object
    """A stamp that tells whether a tag was changed or deleted since."""
    read_at: float
    took: float


_remembered: WeakKeyDictionary[object, _Remembered] = WeakKeyDictionary()
"""By an engine's pool: an engine with other options shares it."""


def search_facets(
    connection: Connection, query: SearchQuery, *, now: datetime | None = None
) -> SearchFacets:
    """Counts under the current search; a facet whose values exclude each other is not narrowed by its own choice."""
    now = now or clock.now()
    if not query.words and not query.is_narrowed:
        whole, again_in = _catalogue(connection, now, FRESH_FOR)
        return _facets(whole, whole, whole, whole.total, again_in)
    counts = _counts(connection, query, now)
    whole, again_in = _catalogue(connection, now, SHOWN_FOR)

    def wider(query: SearchQuery) -> Counts:
        is_all = not query.words and not query.is_narrowed
        return whole if is_all else _counts(connection, query, now)

    registries, ages = counts, counts
    if query.registries or query.without_registries:
        any_registry = replace(query, registries=frozenset(), without_registries=frozenset())
        registries = wider(any_registry)
    if query.newer_than is not None or query.older_than is not None:
        ages = wider(replace(query, newer_than=None, older_than=None))
    if counts.is_bound and (known := _known(query, whole)) is not None:
        counts.total = known
    return _facets(counts, registries, ages, whole.total, again_in)


def _known(query: SearchQuery, whole: Counts) -> int | None:
    """The count for a search of only one registry, one tag or one state."""
    asked = replace(query, sort="relevance", problems=())
    for registry in query.registries:
        if asked == SearchQuery(registries=frozenset({registry})):
            return whole.registries[registry]
    for slug in query.tags:
        if asked == SearchQuery(tags=frozenset({slug})):
            return whole.tags.get(slug, ("", 0))[1]
    for state in query.states:
        if asked == SearchQuery(states=frozenset({state})):
            return whole.states[state]
    for name in query.licences & whole.licences.keys():
        if asked == SearchQuery(licences=frozenset({name})) and name != UNSAID:
            return whole.licences[name]
    return None


def _facets(
    counts: Counts, registries: Counts, ages: Counts, catalogue: int, again_in: float
) -> SearchFacets:
    def facet(of: Counts, value: str, label: str, count: int, here: int = 0) -> Facet:
        """`here` has the counts of the search itself, which may be more exact for a chosen value."""
        if of.is_bound and here:
            return Facet(value, label, here, counts.is_bound)
        return Facet(value, label, count, of.is_bound and count > 0)

    def most_first(item: tuple[str, tuple[Any, ...]]) -> tuple[int, str]:
        _value, (label, count, *_here) = item
        return -count, label

    named = {
        value: (value, count, counts.registries[value])
        for value, count in (registries.registries | counts.registries).items()
    }
    return SearchFacets(
        matching=counts.total,
        is_bound=counts.is_bound and counts.total <= BOUND,
        catalogue=catalogue,
        registries=tuple(
            facet(registries, value, *of) for value, of in sorted(named.items(), key=most_first)
        ),
        tags=tuple(
            facet(counts, slug, *of) for slug, of in sorted(counts.tags.items(), key=most_first)
        ),
        ages=tuple(facet(ages, age, AGE_LABELS[age], ages.ages[age]) for age in AGE_LABELS),
        states=tuple(
            facet(counts, state, state, counts.states[state])
            for state in STATES
            # None found may mean that none was looked for.
            if state != "vulnerable" or counts.states[state]
        ),
        licences=tuple(
            facet(counts, name, name, count)
            for name, count in sorted(counts.licences.items(), key=lambda each: (-each[1], each[0]))
        ),
        again_in=again_in,
    )


def _counts(connection: Connection, query: SearchQuery, now: datetime) -> Counts:
    """Count the first BOUND matches in one pass."""
    with planned_for_values(connection):
        search = Search(connection, query, now)
        looked_at = search.to_count(BOUND + 1)
        statement = _counting(
            () if looked_at.is_told else search.conditions,
            looked_at.way,
            is_part=looked_at.at_most is not None,
            is_sqlite=dialect_of(connection) == "sqlite",
        )
        # One more than the bound tells that there are more.
        values = {**search.values, **_age_limits(now), "size": BOUND + 1, "led": looked_at.at_most}
        rows = connection.execute(statement, values).all()
    counts = Counts()
    for slug, value, age, licence, *flags, count in rows:
        if slug:
            counts.tags[slug] = (value, count)
            continue
        counts.total += count
        counts.registries[value] += count
        counts.licences.update(dict.fromkeys(_names_in(licence), count))
        counts.ages.update(dict.fromkeys(_ages_within(age), count))
        counts.states.update(
            {state: count for state, is_so in zip(STATES, flags, strict=True) if is_so}
        )
    counts.is_bound = looked_at.is_part or counts.total > BOUND
    counts.total = min(counts.total, BOUND)
    return counts


@lru_cache(KEPT)
def _counting(
    conditions: tuple[Condition, ...], way: Way | None, *, is_part: bool, is_sqlite: bool
) -> AnySelect:
    """One statement: packages by what is counted of them with an empty slug, then tags with theirs."""
    p = ROWS if way is None else way.rows(is_part=is_part, is_sqlite=is_sqlite).c
    flags = [flag_of(p, state).label(f"is_{state}") for state in STATES]
    columns = (p.package_id, p.registry, *flags)
    licence = licence_said(p.licence).label("licence")
    matching = select(*columns, _age(p).label("age"), licence)
    matching = matching.where(*(each(p) for each in conditions))
    m = matching.limit(bindparam("size", type_=Integer)).cte("matching")
    m = m.prefix_with("MATERIALIZED")  # else it is evaluated once for each use
    grouped = (m.c.registry, m.c.age, m.c.licence, *(m.c[f"is_{state}"] for state in STATES))
    by_facts = select(literal("").label("slug"), *grouped, func.count()).group_by(*grouped)
    none = [literal(False)] * len(STATES)
    by_tag = (
        select(tags.c.slug, tags.c.name, literal(""), literal(""), *none, func.count())
        .select_from(m)
        .join(package_tags, package_tags.c.package_id == m.c.package_id)
        .join(tags, and_(tags.c.id == package_tags.c.tag_id, tags.c.deleted_at.is_(None)))
        .group_by(tags.c.slug, tags.c.name)
    )
    counting: AnySelect = union_all(by_facts, by_tag)  # type: ignore[assignment]
    return counting


def _names_in(licence: str) -> list[str]:
    """The names to narrow by, without the kinds; UNSAID if nothing is said of it."""
    return [name for name in licence.split() if name not in _KINDS] or [UNSAID]


def _age(p: Any) -> Any:
    """The narrowest step of a release; empty if its date is unknown."""
    steps = [(p.released_at >= bindparam(f"age_{days}"), age) for age, days in AGES]
    return case(*steps, (p.released_at > NEVER, OLDER), else_="")


def _age_limits(now: datetime) -> dict[str, datetime]:
    return {f"age_{days}": now - timedelta(days=days) for _age, days in AGES}


def _ages_within(age: str) -> list[str]:
    """Add each step's count to the wider steps, which include it."""
    names = [name for name, _days in AGES]
    return names[names.index(age) :] if age in names else [age] if age else []


def _catalogue(connection: Connection, now: datetime, fresh_for: float) -> tuple[Counts, float]:
    """Exact counts of every package, at most as old as `fresh_for` times the duration of reading them.

    Also how many seconds these are kept, 0 if they were read now.
    """
    pool = connection.engine.pool
    known = _remembered.get(pool)
    started = time.monotonic()
    stamp = tuple(
        connection.execute(select(func.count(tags.c.deleted_at), func.max(tags.c.updated_at))).one()
    )
    if known is not None and known.stamp == stamp:
        again_in = known.read_at + fresh_for * known.took - started
        if again_in > 0:
            return known.counts, again_in
    counts = _count_all(connection, now)
    _remembered[pool] = _Remembered(counts, stamp, started, time.monotonic() - started)
    return counts, 0.0


def _count_all(connection: Connection, now: datetime) -> Counts:
    """Each from its own index, which is a fraction of the table."""
    p = package_search
    counts = Counts()
    by_registry = select(p.c.registry, func.count()).group_by(p.c.registry)
    counts.registries.update(dict(connection.execute(by_registry).all()))
    counts.total = counts.registries.total()
    said = licence_said(p.c.licence)
    for licence, count in connection.execute(select(said, func.count()).group_by(said)):
        counts.licences.update(dict.fromkeys(_names_in(licence), count))
    newer = [p.c.released_at >= now - timedelta(days=days) for _age, days in AGES]
    older = and_(p.c.released_at < now - timedelta(days=AGES[-1][1]), p.c.released_at > NEVER)
    flags: list[Any] = [literal_column(FLAGS[state]) for state in STATES]
    numbers = [
        select(func.count()).select_from(p).where(each).scalar_subquery()
        for each in (*newer, older, *flags)
    ]
    found = connection.execute(select(*numbers)).one()
    counts.ages.update(dict(zip(AGE_LABELS, found, strict=False)))
    counts.states.update(dict(zip(STATES, found[len(AGE_LABELS) :], strict=True)))
    by_tag = (
        select(tags.c.slug, tags.c.name, func.count())
        .join(package_tags, package_tags.c.tag_id == tags.c.id)
        .join(p, p.c.package_id == package_tags.c.package_id)
        .where(tags.c.deleted_at.is_(None))
        .group_by(tags.c.slug, tags.c.name)
    )
    counts.tags = {slug: (name, count) for slug, name, count in connection.execute(by_tag)}
    return counts
