"""A tree of dependencies or dependents, and the queries for its lines and its closure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from tgtui.data.graph.closure import Closure, Rerouted
from tgtui.data.graph.dependents import dependents_of_each, versions_in_use
from tgtui.data.graph.finding import FindIndex
from tgtui.data.graph.reach import (
    OpenEnd,
    aliases_of,
    closure_of,
    closure_of_root,
    dependents_closure,
    names_of,
    open_ends,
    threatening,
    totals_of,
)
from tgtui.data.versions.advisories.reading import severities_of
from tgtui.data.versions.advisories.trust import trust_of
from tgtui.data.versions.edges import INSTALLED, Target, edges_of, edges_of_each, targets_of
from tgtui.data.views.advisories import Trust
from tgtui.data.views.edges import Edge, TreeTotals


class TreeQuery(Struct, frozen=True):
    """A version with what it depends on, or with what depends on it."""

    version_id: UUID
    is_upwards: bool = False
    package_id: UUID | None = None
    """Upwards: of the whole package; its versions are then the first level."""
    kinds: frozenset[str] = INSTALLED
    """Types of edges to follow; dev only from the root."""
    extras: str = ""
    """Those asked of the version itself, `a,b`; '' for none."""


class Overview(Struct, frozen=True):
    """The closure of a tree, with what is not in it."""

    query: TreeQuery
    closure: Closure
    ends: tuple[OpenEnd, ...]
    """Empty upwards: dependents that are not here are unknown."""
    totals: TreeTotals
    trust: Trust | None
    """How far it can be trusted that there are no more advisories; None upwards."""


Routes = Mapping[UUID, Rerouted]
"""By the edge's id: where it leads in one tree, if that is not where it leads by itself."""


def routes_of(connection: Connection, query: TreeQuery) -> Routes:
    """For `top_of` and `below_each`, which work it out themselves if they are not given it."""
    if query.is_upwards or query.package_id is not None:
        return {}
    chosen = closure_of_root(connection, query.version_id, query.kinds, query.extras)
    return chosen.rerouted if chosen is not None else {}


def top_of(connection: Connection, query: TreeQuery, routes: Routes | None = None) -> list[Edge]:
    """The edges of the first level."""
    if query.package_id is not None:
        return versions_in_use(connection, query.package_id)
    return below_each(connection, query, [query.version_id], routes)[query.version_id]


def below_each(
    connection: Connection,
    query: TreeQuery,
    version_ids: Sequence[UUID],
    routes: Routes | None = None,
) -> dict[UUID, list[Edge]]:
    """The edges below each of these versions; 500 versions per statement."""
    root_kinds = query.kinds - ({"dev"} if query.package_id is not None else set())
    with_dev = "dev" in root_kinds and query.version_id in version_ids
    if query.is_upwards:
        read = dependents_of_each(connection, version_ids, with_dev=with_dev)
    else:
        if routes is None:
            routes = routes_of(connection, query)
        with_all = with_dev or any(route.is_added for route in routes.values())
        read = edges_of_each(connection, version_ids, only_installed=not with_all)
        if routes:
            read = _as_rerouted(connection, read, routes)
    return {
        version_id: list(_chosen(edges, query, is_root=version_id == query.version_id))
        for version_id, edges in read.items()
    }


def own_edges(
    connection: Connection, version_id: UUID, *, only_installed: bool = False
) -> list[Edge]:
    """As `edges_of`, but with where each leads if this version is what is installed."""
    edges = {version_id: edges_of(connection, version_id, only_installed=only_installed)}
    routes = routes_of(connection, TreeQuery(version_id))
    return (_as_rerouted(connection, edges, routes) if routes else edges)[version_id]


def overview(connection: Connection, query: TreeQuery) -> Overview:
    """The whole tree, whether shown on a screen or not."""
    if query.package_id is not None:
        used = versions_in_use(connection, query.package_id)
        ids = [edge.resolved_version_id for edge in used if edge.resolved_version_id is not None]
        closure = dependents_closure(connection, ids)
    elif query.is_upwards:
        closure = dependents_closure(connection, [query.version_id])
    else:
        closure = closure_of(connection, query.version_id, query.kinds, query.extras)
    ends = () if query.is_upwards else tuple(open_ends(connection, closure, query.kinds))
    totals = totals_of(closure, ends)
    trust = None
    if not query.is_upwards:
        trust = trust_of(connection, closure.ids)
        found = severities_of(connection, closure.ids)
        totals = replace(
            totals,
            severities=tuple(
                sorted((each for some in found.values() for each in some), reverse=True)
            ),
            threatening=threatening(closure, found),
        )
    return Overview(query, closure, ends, totals, trust)


def find_index(connection: Connection, overview: Overview) -> FindIndex:
    """The names in the overview, to be searched."""
    closure = overview.closure
    aliases = () if overview.query.is_upwards else aliases_of(connection, closure)
    return FindIndex(closure, names_of(connection, closure), overview.ends, aliases)


def _as_rerouted(
    connection: Connection, read: Mapping[UUID, Sequence[Edge]], routes: Routes
) -> dict[UUID, list[Edge]]:
    wanted = [
        id
        for edges in read.values()
        for edge in edges
        if edge.id in routes and (id := routes[edge.id].id) is not None
    ]
    targets = targets_of(connection, list(dict.fromkeys(wanted)))
    return {
        version_id: [
            _one_rerouted(edge, routes[edge.id], targets) if edge.id in routes else edge
            for edge in edges
        ]
        for version_id, edges in read.items()
    }


def _one_rerouted(edge: Edge, rerouted: Rerouted, targets: Mapping[UUID, Target]) -> Edge:
    target = targets.get(rerouted.id) if rerouted.id is not None else None
    return rerouted.applied_to(
        edge,
        resolved_version_id=rerouted.id if target else None,
        package_id=target.package_id if target else None,
        is_yanked=target is not None and target.is_yanked,
        is_outdated=target is not None and target.is_outdated,
        is_loaded=target is not None and target.is_loaded,
        child_count=target.child_count if target else 0,
        worst=target.worst if target else None,
    )


def _chosen(edges: Iterable[Edge], query: TreeQuery, *, is_root: bool) -> Iterable[Edge]:
    for edge in edges:
        is_extra = edge.type == "dev" or (edge.type == "peer" and edge.is_optional)
        if edge.type in query.kinds and (not is_extra or (edge.type == "dev" and is_root)):
            yield edge
