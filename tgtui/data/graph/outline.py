"""The whole resolved tree of a version at once, to be printed or exported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, or_, select

from tgtui.data.graph.choosing.environment import added
from tgtui.data.graph.closure import Closure, Rerouted
from tgtui.data.graph.reach import closure_of, open_ends, threatening, totals_of
from tgtui.data.graph.weighing import NOTHING_WEIGHED, Weighed, weigh
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dependencies, package_versions
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.reading import findings_of
from tgtui.data.versions.advisories.trust import trust_of
from tgtui.data.versions.edges import INSTALLED, TYPE_ORDER, installed
from tgtui.data.views.advisories import Finding, Trust, Worst
from tgtui.data.views.edges import UNRESOLVED, TreeTotals, is_own_resolution
from tgtui.versions.npm.platform import Platform


class OutlineEdge(Struct, frozen=True):
    """One dependency that an install follows. Its text is still hostile."""

    registry: str
    name: str
    """Of the target."""
    declared_name: str | None
    """The alias it is installed under."""
    range: str
    resolved_version: str
    target_id: UUID | None
    """The resolved version; None if it is not in the catalogue."""
    resolution_error: str | None
    type: str
    is_optional: bool
    is_yanked: bool
    is_loaded: bool
    """The target's own dependencies are stored."""
    is_left_out: bool = False
    """Unresolved only because it would not go with the rest of the tree; `resolution_error` says why."""
    worst: Worst | None = None
    """Advisories about the resolved version; None if none is known."""

    @property
    def is_unresolved(self) -> bool:
        """No published version could be chosen."""
        return self.resolved_version == UNRESOLVED

    @property
    def is_external(self) -> bool:
        """A git, file or URL specifier: not from a registry."""
        return is_own_resolution(self.registry, self.resolved_version)

    @property
    def is_missing(self) -> bool:
        """A version was chosen, and it is not in the catalogue yet."""
        return self.target_id is None and not (self.is_unresolved or self.is_external)


class Outline(Struct, frozen=True):
    """A version with all it reaches."""

    root_id: UUID
    edges: dict[UUID, tuple[OutlineEdge, ...]]
    """By source, in the order of a tree: type, then name. A version without dependencies has no key."""
    levels: dict[UUID, int]
    """Every version reached, with its distance from the root in edges."""
    totals: TreeTotals
    not_loaded: frozenset[UUID]
    """Versions whose own dependencies are not stored."""
    clashes: tuple[tuple[UUID, UUID], ...] = ()
    """Versions that can't be installed together: the client would go back on a choice."""
    weighed: Weighed = NOTHING_WEIGHED
    """What all of it weighs, and what is known of each version, if it was read to be weighed."""
    findings: Mapping[UUID, tuple[Finding, ...]] = {}
    """By version, the advisories about it."""
    trust: Trust = Trust()
    """How far it can be trusted that there are no more."""


def outline_of(
    connection: Connection,
    version_id: UUID,
    kinds: Collection[str] = INSTALLED,
    *,
    weighed_for: Platform | None = None,
    extras: str = "",
) -> Outline:
    """One recursive query, then the edges of 500 versions per query.

    `kinds` are the types of edges to follow; dev only from the root. Without a platform it is not weighed.
    `extras` are those asked of the version itself, `a,b`.
    """
    closure = closure_of(connection, version_id, kinds, extras)
    extra_edges = added(closure.rerouted.items())
    ids = closure.ids
    loaded = {id for id, is_loaded in zip(ids, closure.loaded, strict=True) if is_loaded}
    findings = findings_of(connection, ids)
    worst = {id: Worst(len(each), each[0].severity) for id, each in findings.items()}
    levels = {ids[number]: level for number, level in _by_level(closure)} or {version_id: 0}
    edges: dict[UUID, list[OutlineEdge]] = {}
    for some in slices(list(levels)):
        rows = connection.execute(
            select(
                package_dependencies.c.id,
                package_dependencies.c.version_id,
                package_dependencies.c.dependency_registry,
                package_dependencies.c.dependency_name,
                package_dependencies.c.declared_name,
                package_dependencies.c.dependency_version_range,
                package_dependencies.c.resolved_version,
                package_dependencies.c.resolved_version_id,
                package_dependencies.c.resolution_error,
                package_dependencies.c.dependency_type,
                package_dependencies.c.is_optional,
                package_versions.c.is_yanked,
            )
            .outerjoin(
                package_versions,
                package_versions.c.id == package_dependencies.c.resolved_version_id,
            )
            .where(
                package_dependencies.c.version_id.in_(some),
                is_here(package_dependencies.c.package_id),
                or_(
                    installed(package_dependencies.c, kinds, root_id=version_id),
                    package_dependencies.c.id.in_(extra_edges),
                ),
            )
        )
        for row in rows:
            target = row.resolved_version_id if row.resolved_version_id in levels else None
            edge = OutlineEdge(
                registry=row.dependency_registry,
                name=row.dependency_name,
                declared_name=row.declared_name,
                range=row.dependency_version_range,
                resolved_version=row.resolved_version,
                target_id=target,
                resolution_error=row.resolution_error,
                type=row.dependency_type,
                is_optional=row.is_optional,
                is_yanked=bool(row.is_yanked),
                is_loaded=target in loaded,
                worst=worst.get(target) if target is not None else None,
            )
            if (rerouted := closure.rerouted.get(row.id)) is not None:
                edge = _as_rerouted(edge, rerouted, closure, worst)
            edges.setdefault(row.version_id, []).append(edge)
    return Outline(
        root_id=version_id,
        edges={source: tuple(sorted(found, key=_place)) for source, found in edges.items()},
        levels=levels,
        totals=replace(
            totals_of(closure, open_ends(connection, closure, kinds)),
            severities=tuple(
                sorted((f.severity for each in findings.values() for f in each), reverse=True)
            ),
            threatening=threatening(closure, findings),
        ),
        not_loaded=frozenset(levels.keys() - loaded),
        clashes=tuple((ids[one], ids[other]) for one, other in closure.clashes),
        weighed=weigh(connection, closure, weighed_for) if weighed_for else NOTHING_WEIGHED,
        findings=findings,
        trust=trust_of(connection, ids),
    )


def _as_rerouted(
    edge: OutlineEdge, rerouted: Rerouted, closure: Closure, worst: Mapping[UUID, Worst]
) -> OutlineEdge:
    """Where it leads in this tree."""
    number = closure.number_of(rerouted.id)
    return rerouted.applied_to(
        edge,
        target_id=rerouted.id,
        is_yanked=number is not None and closure.yanked[number],
        is_loaded=number is not None and closure.loaded[number],
        worst=worst.get(rerouted.id) if rerouted.id is not None else None,
    )


def _by_level(closure: Closure) -> list[tuple[int, int]]:
    return sorted(enumerate(closure.levels), key=lambda numbered: numbered[1])


def _place(edge: OutlineEdge) -> tuple[int, str, str]:
    return (TYPE_ORDER[edge.type], edge.name, edge.declared_name or "")
