"""The conditions of a search's filters, and the indexes that find packages which meet them.

A condition takes the columns it needs, those of `package_search` or of a slice of it; a driver selects the ids of
all packages that may meet it, from an index. Both use parameters instead of values and are built once: building a
statement takes longer than running most of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct, field
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
    union_all,
)

from tgtui.data.models.advisories import advisories, advisory_aliases, advisory_findings
from tgtui.data.models.facts import search_licences
from tgtui.data.models.personal import package_watches
from tgtui.data.models.projects import project_dependencies, project_packages, projects
from tgtui.data.models.search import (
    FULL_TEXT,
    NEVER,
    SILENT,
    UNKNOWN,
    known,
    licence_said,
    package_search,
)
from tgtui.data.models.tables import accounts, package_dependencies, package_tags, packages, tags
from tgtui.data.storage.sql import contains, has_term, hidden
from tgtui.data.storage.types import Key
from tgtui.data.versions.edges import asked_by, is_sourced, more_than
from tgtui.data.views.projects import UNNAMED
from tgtui.registries.base import REGISTRIES
from tgtui.syntax.names import name_key
from tgtui.syntax.query import Dependency, Operator, SearchQuery, State

Condition: TypeAlias = Callable[[Any], ColumnElement[bool]]
Driver: TypeAlias = Select[int]

FLAGS: dict[State, str] = {
    "deprecated": "is_deprecated",
    "missing": "is_incomplete",
    "failed": "is_failed",
    "vulnerable": "severity IS NOT NULL",
}
"""As the partial indexes spell them."""


ROWS = package_search.c
_edges = package_dependencies.c
_others = package_dependencies.alias("others").c


class Way(Struct, frozen=True, eq=False):
    """How an index finds packages. Each is built once, and is its own key in caches."""

    ids: Driver
    counted: Select[Any]
    """About the same rows, from one index alone: to count them."""
    condition: ColumnElement[bool] | None = None
    """The condition that the index serves, if it is one of the searched table."""

    @classmethod
    def of(cls, ids: Driver) -> Way:
        """One whose ids are cheap to count."""
        return cls(ids, ids)

    @classmethod
    def where(cls, condition: ColumnElement[bool]) -> Way:
        """One that an index of the searched table answers."""
        ids = select(ROWS.id).where(condition)
        return cls(ids, ids, condition)

    def rows(self, *, is_part: bool = False, is_sqlite: bool) -> CTE:
        """The rows that it leads to, or the first `led`, written so that the planner uses this index: on SQLite
        the ids first, on PostgreSQL, which takes trigrams for free, the rows."""
        limit = bindparam("led", type_=Integer) if is_part else None
        if is_sqlite or self.condition is None:
            ids = self.ids.limit(limit).cte("led_to").prefix_with("MATERIALIZED")
            keys, shown = (ROWS.id, ROWS.package_id), list(ROWS)[2:]
            rows = select(*keys, *(hidden(each).label(each.name) for each in shown))
            rows = rows.where(ROWS.id == ids.c[0])
        else:
            rows = select(*ROWS).where(self.condition).limit(limit)
        return rows.cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")


class Filter(Struct, frozen=True, eq=False):
    """One condition of a search. Each is built once, and is its own key in caches."""

    condition: Condition
    way: Way | None = None
    """None if no index finds matches, as for excluded things."""
    ranked: ColumnElement[bool] | None = None
    """The condition as the first column of an index in order of rank; None if there is no such index."""


class Filters(Struct):
    """All conditions of a search except the words."""

    asked: list[Filter] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    """Values of their parameters."""

    @classmethod
    def of(cls, query: SearchQuery, now: datetime, *, is_sqlite: bool) -> Filters:
        """Ages are counted from `now`."""
        filters = cls()
        if query.registries or query.without_registries:
            wanted = set(query.registries or REGISTRIES) - query.without_registries
            filters._ask(_of_registries(tuple(sorted(wanted))), {})
        for is_wanted, slugs in ((True, query.tags), (False, query.without_tags)):
            for slug in sorted(slugs):
                name = f"tag_{len(filters.asked)}"
                filters._ask(_tagged(name, is_wanted), {name: slug})
        for is_wanted, edges in (
            (True, query.dependencies),
            (False, query.without_dependencies),
        ):
            for edge in sorted(edges):
                filters._ask_edge(edge, is_wanted)
        for days, is_newer in ((query.newer_than, True), (query.older_than, False)):
            if days is not None:
                limit = now - timedelta(days=days)
                filters._ask(_of_age(is_newer), {_AGE[is_newer]: limit})
        for is_wanted, licences in ((True, query.licences), (False, query.without_licences)):
            for licence in sorted(licences):
                name = f"licence_{len(filters.asked)}"
                filters._ask(_licensed(name, is_wanted, is_sqlite), {name: _pattern(licence)})
        for operator, asked, unwanted in (
            ("keyword", query.keywords, query.without_keywords),
            ("maintainer", query.maintainers, query.without_maintainers),
        ):
            for is_wanted, words in ((True, asked), (False, unwanted)):
                for term in sorted(words):
                    name = f"term_{len(filters.asked)}"
                    written = f"{operator}:{term}"
                    quoted = '"' + written.replace('"', '""') + '"'
                    values = {name: written, f"{name}_match": quoted}
                    filters._ask(_termed(name, is_wanted, is_sqlite), values)
        for size, is_larger in ((query.larger_than, True), (query.smaller_than, False)):
            if size is not None:
                filters._ask(_of_size(is_larger), {_SIZES[is_larger]: size})
        for is_wanted, states in ((True, query.states), (False, query.without_states)):
            for state in sorted(states):
                filters._ask(_in_state(state, is_wanted), {})
        if query.mildest is not None or query.worst is not None:
            bounds = {"mildest": query.mildest, "worst": query.worst}
            filters._ask(
                _as_bad(query.mildest is not None, query.worst is not None),
                {name: rank for name, rank in bounds.items() if rank is not None},
            )
        for is_wanted, ids in ((True, query.advisories), (False, query.without_advisories)):
            for id in sorted(ids):
                name = f"advisory_{len(filters.asked)}"
                filters._ask(_advised(name, is_wanted), {name: id})
        if query.is_watched is not None:
            filters._ask(_watched(query.is_watched), {"watcher": query.watcher})
        for is_wanted, names in ((True, query.projects), (False, query.without_projects)):
            for project in sorted(names):
                name = f"project_{len(filters.asked)}"
                owner, _, own = project.rpartition("/")
                its = {name: own, "watcher": query.watcher, f"{name}_owner": owner}
                filters._ask(_in_project(name, is_wanted, bool(owner)), its)
        for word in query.without_words:
            name = f"without_{len(filters.asked)}"
            filters._ask(_not_named(name), {name: name_key(word)})
        return filters

    def _ask(self, filter: Filter, values: Mapping[str, Any]) -> None:
        self.asked.append(filter)
        self.values.update(values)

    def _ask_edge(self, edge: Dependency, is_wanted: bool) -> None:
        name = f"edge_{len(self.asked)}"
        values = {"name": edge.name, "registry": edge.registry, "version": edge.version}
        filter = _with_edge(name, edge.operator, is_wanted, bool(edge.registry), bool(edge.version))
        self._ask(filter, {f"{name}_{key}": value for key, value in values.items()})


_AGE = {True: "newer_than", False: "older_than"}
_SIZES = {True: "larger_than", False: "smaller_than"}


def _pattern(licence: str) -> str:
    """What the names of a licence contain that is meant: between spaces, except where a * stands."""
    start = "" if licence.startswith("*") else " "
    end = "" if licence.endswith("*") else " "
    return f"{start}{licence.strip('*')}{end}"


@cache
def _of_registries(chosen: tuple[str, ...]) -> Filter:
    return Filter(
        lambda p: p.registry.in_(chosen) if chosen else false(),
        Way.where(ROWS.registry.in_(chosen)),
        ROWS.registry == chosen[0] if len(chosen) == 1 else None,
    )


@cache
def _tagged(name: str, is_wanted: bool) -> Filter:
    tag = (
        select(tags.c.id)
        .where(tags.c.slug == bindparam(name), tags.c.deleted_at.is_(None))
        .scalar_subquery()
    )

    def has_tag(p: Any) -> ColumnElement[bool]:
        its = select(package_tags.c.id)
        its = its.where(package_tags.c.package_id == p.package_id, package_tags.c.tag_id == tag)
        return its.exists()

    if not is_wanted:
        return Filter(_not(has_tag))
    counted = select(package_tags.c.package_id).where(package_tags.c.tag_id == tag)
    ids = select(ROWS.id).where(
        ROWS.package_id == package_tags.c.package_id, package_tags.c.tag_id == tag
    )
    return Filter(has_tag, Way(ids, counted))


@cache
def _with_edge(
    name: str, operator: Operator, is_wanted: bool, has_registry: bool, has_version: bool
) -> Filter:
    def is_edge(e: Any) -> list[ColumnElement[bool]]:
        named: list[ColumnElement[bool]] = [e.dependency_name == bindparam(f"{name}_name")]
        if has_registry:
            named.append(e.dependency_registry == bindparam(f"{name}_registry"))
        elif has_version:
            # With the registries named the index on name, registry and version is used to its end.
            named.append(e.dependency_registry.in_(REGISTRIES))
        if has_version:
            named.append(e.resolved_version == bindparam(f"{name}_version"))
        return named

    def is_of_registry(e: Any) -> list[ColumnElement[bool]]:
        """Something from git that is called like a package of a registry is not that package."""
        return [] if has_version else [or_(e.dependency_package_id.is_not(None), ~is_sourced(e))]

    its = [*is_edge(_edges), asked_by(_edges, operator)]
    more = more_than(_others, operator)
    exact = [*its, *is_of_registry(_edges)]
    if more is not None:
        binding = (more, *is_edge(_others), *is_of_registry(_others))
        of_it = select(_others.id).where(_others.package_id == _edges.package_id, *binding)
        exact.append(not_(of_it.correlate(package_dependencies).exists()))

    def has_edge(p: Any) -> ColumnElement[bool]:
        return select(_edges.id).where(_edges.package_id == p.package_id, *exact).exists()

    if not is_wanted:
        return Filter(_not(has_edge))
    sources = select(_edges.package_id)
    ids = select(ROWS.id).where(ROWS.package_id.in_(sources.where(*exact)))
    return Filter(has_edge, Way(ids, sources.where(*its)))


@cache
def _of_age(is_newer: bool) -> Filter:
    limit: Any = bindparam(_AGE[is_newer])

    def released(p: Any) -> ColumnElement[bool]:
        if is_newer:
            newer: ColumnElement[bool] = p.released_at >= limit
            return newer
        return and_(p.released_at < limit, p.released_at > NEVER)

    return Filter(released, Way.where(released(ROWS)))


@cache
def _licensed(name: str, is_wanted: bool, is_sqlite: bool) -> Filter:
    def has_licence(p: Any) -> ColumnElement[bool]:
        return contains(licence_said(p.licence), name)

    if not is_wanted:
        return Filter(_not(has_licence))
    licences = search_licences.c.licence
    silent: ColumnElement[str] = literal_column(f"'{SILENT}'")
    # Some thousands, looked through once; then the index has their packages.
    meant = union_all(
        select(licences).where(contains(licences, name)),
        select(silent).where(contains(silent, name)),
    )
    its = licence_said(ROWS.licence)
    if is_sqlite:
        return Filter(has_licence, Way.of(select(ROWS.id).where(its.in_(meant))))
    # The index is used for an array; to join the rows with a subquery, or with their own ids, the whole table is read.
    return Filter(has_licence, Way.where(its == func.any(func.array(meant.scalar_subquery()))))


@cache
def _termed(name: str, is_wanted: bool, is_sqlite: bool) -> Filter:
    def its(p: Any) -> ColumnElement[bool]:
        return has_term(p.terms, name)

    if not is_wanted:
        return Filter(lambda p: or_(p.terms.is_(None), not_(its(p))))
    if not is_sqlite:
        return Filter(its, Way.where(its(ROWS)))
    full_text = f"{FULL_TEXT}_terms"
    found = table(full_text, column("rowid"), column(full_text)).c
    match = found[full_text].op("MATCH")(bindparam(f"{name}_match"))
    return Filter(its, Way.of(select(found.rowid).where(match)))


@cache
def _of_size(is_larger: bool) -> Filter:
    limit: Any = bindparam(_SIZES[is_larger], type_=BigInteger)

    def sized(p: Any) -> ColumnElement[bool]:
        its: ColumnElement[int] = known(p.unpacked_size)
        return its >= limit if is_larger else and_(its < limit, its > literal_column(str(UNKNOWN)))

    return Filter(sized, Way.where(sized(ROWS)))


@cache
def _in_state(state: State, is_wanted: bool) -> Filter:
    spelled: ColumnElement[bool] = literal_column(FLAGS[state])
    if not is_wanted:
        return Filter(lambda p: not_(flag_of(p, state)))
    return Filter(lambda p: flag_of(p, state), Way.where(spelled), spelled)


def flag_of(p: Any, state: State) -> ColumnElement[bool]:
    """Whether a package is in the state, of any columns."""
    flag: ColumnElement[bool] = (
        p.severity.is_not(None) if state == "vulnerable" else p[FLAGS[state]]
    )
    return flag


@cache
def _as_bad(mildest: bool, worst: bool) -> Filter:
    """Found among what is vulnerable at all, which is little."""

    def between(p: Any) -> ColumnElement[bool]:
        conditions = [p.severity.is_not(None)]
        conditions += [p.severity >= bindparam("mildest", type_=Integer)] if mildest else []
        conditions += [p.severity <= bindparam("worst", type_=Integer)] if worst else []
        return and_(*conditions)

    spelled: ColumnElement[bool] = literal_column(FLAGS["vulnerable"])
    return Filter(between, Way.of(select(ROWS.id).where(spelled, between(ROWS))))


@cache
def _advised(name: str, is_wanted: bool) -> Filter:
    asked: Any = bindparam(name)
    named = union_all(
        select(advisories.c.id).where(advisories.c.name == asked),
        select(advisory_aliases.c.advisory_id).where(advisory_aliases.c.name == asked),
    )
    found = advisory_findings.c
    affected = select(found.package_id).where(found.advisory_id.in_(named))

    def is_affected(p: Any) -> ColumnElement[bool]:
        its: ColumnElement[bool] = p.package_id.in_(affected)
        return its

    if not is_wanted:
        return Filter(_not(is_affected))
    return Filter(is_affected, Way(select(ROWS.id).where(is_affected(ROWS)), affected))


@cache
def _watched(is_wanted: bool) -> Filter:
    its = package_watches.c.account_id == bindparam("watcher", type_=Key)

    def has_watch(p: Any) -> ColumnElement[bool]:
        watch = select(package_watches.c.id).where(
            its, package_watches.c.package_id == p.package_id
        )
        return watch.exists()

    if not is_wanted:
        return Filter(_not(has_watch))
    ids = select(ROWS.id).where(ROWS.package_id == package_watches.c.package_id, its)
    return Filter(has_watch, Way(ids, select(package_watches.c.package_id).where(its)))


@cache
def _in_project(name: str, is_wanted: bool, is_of_another: bool) -> Filter:
    """Locked in it or declared by it, from a registry; one's own, or one that its owner shares."""
    watcher = bindparam("watcher", type_=Key)
    its = select(projects.c.id).where(projects.c.name == bindparam(name))
    if is_of_another:
        owner = func.replace(func.coalesce(accounts.c.display_name, UNNAMED), " ", "-")
        its = its.outerjoin(accounts, accounts.c.id == projects.c.account_id).where(
            projects.c.account_id != watcher,
            projects.c.shared_at.is_not(None),
            owner == bindparam(f"{name}_owner"),
        )
    else:
        its = its.where(projects.c.account_id == watcher)
    named = [
        select(packages.c.id).where(
            packages.c.name == each.c.name,
            packages.c.registry == each.c.registry,
            each.c.source == literal_column("'registry'"),
            each.c.project_id.in_(its),
        )
        for each in (project_packages, project_dependencies)
    ]
    ids = union_all(*named)
    found: Condition = lambda p: p.package_id.in_(ids)  # noqa: E731 - as the others
    if not is_wanted:
        return Filter(_not(found))
    return Filter(found, Way.of(select(ROWS.id).where(ROWS.package_id.in_(ids))))


@cache
def _not_named(name: str) -> Filter:
    return Filter(lambda p: not_(contains(p.words, name)))


def _not(condition: Condition) -> Condition:
    return lambda p: not_(condition(p))
