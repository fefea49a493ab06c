"""Writes the edges of packages, and links the edges of others to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select

from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import package_dist_tags, package_versions
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.pairs import rows_of
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.named import package_ids
from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED, is_own_resolution
from tgtui.data.views.requests import Target
from tgtui.registries.base import PackageDocument
from tgtui.registries.registration import registration
from tgtui.versions.rules import VersionIndex
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.loading import Loading
from tgtui.worker.ingest.resolution import ResolvedEdge, choose


class Stored(Struct, frozen=True):
    """A package whose versions are written."""

    package_id: UUID
    version_ids: Mapping[str, UUID]
    """By version."""
    document: PackageDocument
    index: VersionIndex
    edges: Mapping[str, Sequence[ResolvedEdge]]
    """Of the versions whose edges are to be replaced."""


def store_edges(connection: Connection, packages: Sequence[Stored]) -> None:
    """Replace the stored edges of these versions, linked to what is in the catalogue, and any conflicts of theirs."""
    targets = {
        (edge.declared.registry, edge.declared.name, edge.resolved_version)
        for package in packages
        for found in package.edges.values()
        for edge in found
    }
    target_ids = package_ids(connection, {(registry, name) for registry, name, _ in targets})
    versions = _version_ids(
        connection,
        {
            (target_ids[registry, name], version)
            for registry, name, version in targets
            if (registry, name) in target_ids and version != UNRESOLVED
        },
    )
    now = database_now(connection)
    rows: list[dict[str, Any]] = []
    stored: list[UUID] = []
    loaded: list[UUID] = []
    conflicts: list[dict[str, Any]] = []
    for package in packages:
        excludes = registration(package.document.registry).reuses_installed
        told = (
            {v.version: v.conflicts for v in package.document.versions if v.conflicts}
            if excludes
            else {}
        )
        for version, found in package.edges.items():
            version_id = package.version_ids.get(version)
            if version_id is None:
                continue
            stored.append(version_id)
            if all(edge.is_final for edge in found):
                loaded.append(version_id)
            if excludes:
                conflicts.append({"of_id": version_id, "conflicts": told.get(version)})
            for edge in found:
                target = target_ids.get(edge.target)
                if is_own_resolution(edge.declared.registry, edge.resolved_version):
                    target = None
                rows.append(
                    {
                        "id": uuid7(),
                        "package_id": package.package_id,
                        "version_id": version_id,
                        "dependency_registry": edge.declared.registry,
                        "dependency_name": edge.declared.name,
                        "declared_name": edge.declared.declared_name,
                        "dependency_package_id": target,
                        "dependency_version_range": edge.declared.range,
                        "resolved_version": edge.resolved_version,
                        "resolved_version_id": versions.get((target, edge.resolved_version))
                        if target
                        else None,
                        "resolution_error": edge.error,
                        "dependency_type": edge.declared.type,
                        "source_field": edge.declared.source_field,
                        "is_optional": edge.declared.is_optional,
                        "alternatives": edge.alternatives,
                        "created_at": now,
                    }
                )
    for some in slices(stored):
        connection.execute(sql.DELETE_EDGES, {"ids": some})
    for some in slices(loaded):
        connection.execute(sql.MARK_LOADED, {"ids": some, "now": now})
    bulk_insert(connection, sql.edges, rows)
    if conflicts:
        connection.execute(sql.SET_CONFLICTS, conflicts)


class Linked(Struct, frozen=True):
    """Edges that waited for packages and now lead to them."""

    sources: set[UUID]
    """The packages that have these edges."""
    reached: dict[Target, set[str]]
    """Versions that were chosen for them, and that an install fetches."""


def link_dependents(
    connection: Connection, packages: Sequence[Stored], node_version: str | None
) -> Linked:
    """Link edges that waited for these packages to them, and choose versions for unresolved ones if possible."""
    by_target = {(each.document.registry, each.document.name): each for each in packages}
    chosen: dict[tuple[UUID, str], tuple[str, str | None]] = {}
    links: list[dict[str, Any]] = []
    linked = Linked(set(), {})
    for edge in _waiting(connection, by_target):
        target = registry, _name = edge.dependency_registry, edge.dependency_name
        package = by_target[target]
        version, error = edge.resolved_version, edge.resolution_error
        if is_own_resolution(registry, version):
            continue
        is_gone = (
            version not in package.version_ids and not registration(registry).keeps_old_versions
        )
        if version == UNRESOLVED and edge.is_installed and registration(registry).resolves_whole:
            continue  # what goes together was found with its own version, or that nothing does
        if version == UNRESOLVED or is_gone:
            wanted = package.package_id, edge.dependency_version_range
            if wanted not in chosen:
                chosen[wanted] = choose(package.index, edge.dependency_version_range, node_version)
            if version == UNRESOLVED or chosen[wanted][0] != UNRESOLVED:
                version, error = chosen[wanted]
            if version != UNRESOLVED and edge.is_installed:
                linked.reached.setdefault(target, set()).add(version)
        linked.sources.add(edge.package_id)
        links.append(
            {
                "of_id": edge.id,
                "dependency_package_id": package.package_id,
                "resolved_version": version,
                "resolved_version_id": package.version_ids.get(version),
                "resolution_error": error,
            }
        )
    if links:
        connection.execute(sql.LINK_EDGE, links)
    return linked


def _waiting(connection: Connection, targets: Collection[Target]) -> list[Any]:
    """Edges to these packages that lead to no version yet."""
    found: list[Any] = []
    for some in slices(sorted(targets)):
        names = [name for _registry, name in some]
        found += [
            row
            for row in connection.execute(sql.WAITING_EDGES, {"names": names})
            if (row.dependency_registry, row.dependency_name) in targets
        ]
    return found


def arrived_meanwhile(
    connection: Connection, loadings: Sequence[Loading]
) -> dict[Loading, set[str]]:
    """Versions with unlinked edges whose package is in the catalogue by now, of those that have any."""
    waiting = {
        edge.target
        for loading in loadings
        for found in loading.edges.values()
        for edge in found
        if edge.error == NOT_LOOKED_UP
    }
    arrived: set[Target] = set()
    for some in slices(sorted(waiting)):
        rows = connection.execute(sql.IN_CATALOGUE, {"names": [name for _registry, name in some]})
        arrived.update((registry, name) for registry, name in rows)
    arrived &= waiting
    if not arrived:
        return {}
    late = {
        loading: {
            version
            for version, found in loading.edges.items()
            if any(e.target in arrived for e in found)
        }
        for loading in loadings
    }
    return {loading: versions for loading, versions in late.items() if versions}


def choose_from_catalogue(
    connection: Connection, loadings: Sequence[Loading], node_version: str | None
) -> dict[Loading, dict[str, Sequence[ResolvedEdge]]]:
    """Their edges, with a choice if the registry did not answer about a package that is in the catalogue.

    It may have arrived after the question, and nothing would link these edges later.
    """
    known = known_indexes(
        connection,
        {
            edge.target
            for loading in loadings
            for found in loading.edges.values()
            for edge in found
            if edge.is_unknown
        },
    )

    def chosen(edge: ResolvedEdge) -> ResolvedEdge:
        index = known.get(edge.target)
        if index is None or not edge.is_unknown:
            return edge
        version, error = choose(index, edge.declared.range, node_version)
        return edge if error else replace(edge, resolved_version=version, error=None)

    return {
        loading: {version: list(map(chosen, found)) for version, found in loading.edges.items()}
        if known
        else dict(loading.edges)
        for loading in loadings
    }


def needed_versions(connection: Connection, targets: Collection[Target]) -> dict[Target, set[str]]:
    """Versions of packages whose edges are wanted: an install reaches them, or a person opened them."""
    needed: dict[Target, set[str]] = {target: set() for target in targets}
    for some in slices(sorted(needed)):
        names = {"names": [name for _registry, name in some]}
        for registry, name, version in connection.execute(sql.REACHED_VERSIONS, names):
            if (registry, name) in needed and not is_own_resolution(registry, version):
                needed[registry, name].add(version)
        whole = [name for registry, name in some if registration(registry).resolves_whole]
        members = {"names": whole}
        for registry, name, version in (
            connection.execute(sql.MEMBER_VERSIONS, members) if whole else ()
        ):
            if (registry, name) in needed:
                needed[registry, name].add(version)
        for registry, name, version in connection.execute(sql.OPENED_VERSIONS, names):
            if (registry, name) in needed:
                needed[registry, name].add(version)
    return needed


def loaded_among(
    connection: Connection, wanted: Collection[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Those of these (package, version) whose edges are stored."""
    return {
        (row.package_id, row.version)
        for row in rows_of(connection, sql.versions_among, wanted)
        if row.dependencies_fetched_at is not None
    }


def known_indexes(connection: Connection, targets: Iterable[Target]) -> dict[Target, VersionIndex]:
    """Version indexes of packages that are in the catalogue, from their stored versions."""
    packages = package_ids(connection, targets)
    owners = {id: target for target, id in packages.items()}
    versions: dict[UUID, list[tuple[str, bool]]] = {}
    tags: dict[UUID, dict[str, str]] = {}
    for some in slices(list(owners)):
        for row in connection.execute(
            select(
                package_versions.c.package_id,
                package_versions.c.version,
                package_versions.c.is_yanked,
            ).where(package_versions.c.package_id.in_(some))
        ):
            versions.setdefault(row.package_id, []).append((row.version, row.is_yanked))
        for tag in connection.execute(
            select(
                package_dist_tags.c.package_id, package_dist_tags.c.tag, package_dist_tags.c.version
            ).where(package_dist_tags.c.package_id.in_(some))
        ):
            tags.setdefault(tag.package_id, {})[tag.tag] = tag.version
    return {
        owners[id]: registration(owners[id][0]).rules.index(
            [version for version, _yanked in found],
            tags.get(id, {}),
            {version for version, yanked in found if yanked},
            {},
        )
        for id, found in versions.items()
    }


def _version_ids(
    connection: Connection, wanted: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], UUID]:
    rows = rows_of(connection, sql.versions_among, wanted)
    return {(row.package_id, row.version): row.id for row in rows}
