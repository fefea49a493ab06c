"""Why a package is in a tree: which of its versions are in it, and the paths to each, step by step."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, or_, select

from tgtui.data.graph.choosing.environment import added
from tgtui.data.graph.closure import Closure
from tgtui.data.graph.dependents import Link, Step, links_between
from tgtui.data.graph.paths import ways_to
from tgtui.data.graph.reach import OpenEnd, VersionName, closure_of, names_of, open_ends
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.edges import INSTALLED, installed


class Reason(Struct, frozen=True):
    """The paths to one version, or to a dependency that is not in the catalogue."""

    name: VersionName
    """For a dependency that is not in the catalogue its version is the chosen one or `unresolved`."""
    ways: tuple[tuple[Step, ...], ...]
    """Shortest first. The last step is the version; if that is not in the catalogue, who declares it."""
    has_more: bool
    is_here: bool


def why(
    connection: Connection,
    root_id: UUID,
    *,
    registry: str | None,
    name: str,
    version: str | None,
    limit: int,
    kinds: Collection[str] = INSTALLED,
    extras: str = "",
) -> list[Reason]:
    """For every version of the package in the root's tree, `limit` paths each; by version.

    `registry` and `version` None mean any. `name` may be an alias, as for `npm ls`: then the paths are those that
    end with it.
    """
    closure = closure_of(connection, root_id, kinds, extras)
    numbers = [closure.number_of(id) for id in _versions(connection, registry, name, version)]
    reasons = [
        ways_told(connection, closure, number, limit) for number in numbers if number is not None
    ]
    for target, sources in _declared_as(connection, closure, root_id, name, kinds).items():
        found = _under_alias(connection, closure, target, sources, limit)
        if registry in (None, found.name.registry) and version in (None, found.name.version):
            reasons.append(found)
    asked = [
        end
        for end in open_ends(connection, closure, kinds)
        if name in (end.name, end.declared_name)
        and registry in (None, end.registry)
        and version in (None, end.resolved_version)
    ]
    return [*reasons, *_of_absent(connection, closure, asked, limit)]


def ways_told(
    connection: Connection, closure: Closure, number: int, limit: int, *, upwards: bool = False
) -> Reason:
    """The paths to one version of a closure; `upwards` if it is one of dependents, still from the dependent down."""
    found = ways_to(closure, number, limit)
    ways = tuple(told(connection, closure, found.ways, upwards=upwards))
    last = ways[0][0 if upwards else -1]
    return Reason(last.name, ways, found.has_more, is_here=True)


def told(
    connection: Connection,
    closure: Closure,
    ways: Sequence[Sequence[int]],
    *,
    upwards: bool = False,
) -> list[tuple[Step, ...]]:
    """Numbers with names and ranges."""
    ways = [way[::-1] for way in ways] if upwards else ways
    ids = {number: closure.id_of(number) for way in ways for number in way}
    names = names_of(connection, closure, ids)
    pairs = {(ids[here], ids[after]) for way in ways for here, after in pairwise(way)}
    links = {**links_between(connection, pairs), **_rerouted_links(connection, closure, pairs)}
    return [
        tuple(
            Step(
                ids[here],
                names[here],
                links.get((ids[here], ids[after])) if after is not None else None,
            )
            for here, after in zip(way, [*way[1:], None], strict=True)
        )
        for way in ways
    ]


def _rerouted_links(
    connection: Connection, closure: Closure, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Link]:
    """How the first of a pair declares the second, if it leads there only in this closure."""
    targets = {target for _, target in pairs}
    wanted = {id: r for id, r in closure.rerouted.items() if r.id in targets}
    found: dict[tuple[UUID, UUID], Link] = {}
    edge = package_dependencies
    for some in slices(list(wanted)):
        rows = connection.execute(
            select(
                edge.c.id,
                edge.c.version_id,
                edge.c.dependency_name,
                edge.c.dependency_version_range,
                edge.c.dependency_type,
                edge.c.declared_name,
                edge.c.is_optional,
            ).where(edge.c.id.in_(some))
        )
        for id, source, name, range, type, declared_name, is_optional in rows:
            rerouted = wanted[id]
            if rerouted.id is not None and (source, rerouted.id) in pairs:
                found[source, rerouted.id] = Link(
                    rerouted.range(name, range),
                    "runtime" if rerouted.is_added else type,
                    rerouted.declared_name(declared_name, name, range),
                    is_optional and not rerouted.is_added,
                )
    return found


def _versions(
    connection: Connection, registry: str | None, name: str, version: str | None
) -> Sequence[UUID]:
    statement = (
        select(package_versions.c.id)
        .join(packages, packages.c.id == package_versions.c.package_id)
        .where(packages.c.name == name, packages.c.deleted_at.is_(None))
        .order_by(package_versions.c.sort_key)
    )
    if registry is not None:
        statement = statement.where(packages.c.registry == registry)
    if version is not None:
        statement = statement.where(package_versions.c.version == version)
    return connection.scalars(statement).all()


def _declared_as(
    connection: Connection, closure: Closure, root_id: UUID, alias: str, kinds: Collection[str]
) -> dict[int, dict[int, Link]]:
    """By version: who in the closure declares it under this other name, and how."""
    found: dict[int, dict[int, Link]] = {}
    edge = package_dependencies
    for some in slices(closure.ids):
        rows = connection.execute(
            select(
                edge.c.id,
                edge.c.version_id,
                edge.c.resolved_version_id,
                edge.c.dependency_version_range,
                edge.c.dependency_type,
                edge.c.declared_name,
                edge.c.is_optional,
            )
            .where(
                edge.c.version_id.in_(some),
                edge.c.declared_name == alias,
                or_(
                    installed(edge.c, kinds, root_id=root_id),
                    edge.c.id.in_(added(closure.rerouted.items())),
                ),
            )
            .order_by(edge.c.id)
        )
        for id, source_id, target_id, range_, kind, declared_name, is_optional in rows:
            if (route := closure.rerouted.get(id)) is not None:
                target_id = route.id
            source, target = closure.number_of(source_id), closure.number_of(target_id)
            if source is not None and target is not None:
                found.setdefault(target, {})[source] = Link(
                    range_, kind, declared_name, is_optional
                )
    return found


def _under_alias(
    connection: Connection, closure: Closure, target: int, sources: Mapping[int, Link], limit: int
) -> Reason:
    """The paths whose last step is one of these."""
    found = [ways_to(closure, source, limit + 1) for source in sources]
    ways = sorted(
        ((*way, target) for each in found for way in each.ways if target not in way), key=len
    )
    has_more = len(ways) > limit or any(each.has_more for each in found)
    shown: list[tuple[Step, ...]] = []
    for way, steps in zip(ways[:limit], told(connection, closure, ways[:limit]), strict=True):
        declaring = replace(steps[-2], link=sources[way[-2]])
        shown.append((*steps[:-2], declaring, steps[-1]))
    name = names_of(connection, closure, [target])[target]
    return Reason(name, tuple(shown), has_more, is_here=True)


def _of_absent(
    connection: Connection, closure: Closure, asked: Sequence[OpenEnd], limit: int
) -> list[Reason]:
    """Paths to versions that declare a missing dependency, grouped by that dependency."""
    groups: dict[VersionName, list[int]] = {}
    for end in asked:
        name = VersionName(end.registry, end.name, end.resolved_version)
        groups.setdefault(name, []).append(end.source)
    reasons: list[Reason] = []
    for name, sources in groups.items():
        found = [ways_to(closure, source, limit) for source in dict.fromkeys(sources)]
        ways = sorted((way for each in found for way in each.ways), key=len)
        has_more = len(ways) > limit or any(each.has_more for each in found)
        shown = tuple(told(connection, closure, ways[:limit]))
        reasons.append(Reason(name, shown, has_more, is_here=False))
    return reasons
