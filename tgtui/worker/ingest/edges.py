"""Writes a package's edges, and links the edges of others to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import PackageDistTag, PackageVersion
from tgtui.data.storage.bulk import bulk_insert
from tgtui.data.storage.sql import slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED, is_own_resolution
from tgtui.data.views.requests import Target
from tgtui.registries.base import PackageDocument
from tgtui.registries.registration import registration
from tgtui.versions.rules import VersionIndex
from tgtui.worker.ingest import statements as sql
from tgtui.worker.ingest.resolution import ResolvedEdge, choose


def store_edges(
    session: Session,
    package_id: UUID,
    version_ids: Mapping[str, UUID],
    edges: Mapping[str, Sequence[ResolvedEdge]],
    conflicts: Mapping[str, str] | None,
) -> None:
    """Replace the stored edges of these versions, linked to what is in the catalogue, and any conflicts of theirs."""
    targets = {
        (edge.declared.registry, edge.declared.name, edge.resolved_version)
        for found in edges.values()
        for edge in found
    }
    packages = _package_ids(session, {(registry, name) for registry, name, _ in targets})
    versions = _version_ids(
        session,
        {
            (packages[registry, name], version)
            for registry, name, version in targets
            if (registry, name) in packages and version != UNRESOLVED
        },
    )
    now = database_now(session)
    rows: list[dict[str, Any]] = []
    stored: list[UUID] = []
    loaded: list[UUID] = []
    for version, found in edges.items():
        version_id = version_ids.get(version)
        if version_id is None:
            continue
        stored.append(version_id)
        if all(edge.is_final for edge in found):
            loaded.append(version_id)
        for edge in found:
            target = packages.get((edge.declared.registry, edge.declared.name))
            if is_own_resolution(edge.declared.registry, edge.resolved_version):
                target = None
            rows.append(
                {
                    "id": uuid7(),
                    "package_id": package_id,
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
        session.execute(sql.DELETE_EDGES, {"ids": some})
    for some in slices(loaded):
        session.execute(sql.MARK_LOADED, {"ids": some, "now": now})
    bulk_insert(session, sql.edges, rows)
    if conflicts is not None and stored:
        excluded = [
            {"of_id": version_ids[version], "conflicts": conflicts.get(version)}
            for version in edges
            if version in version_ids
        ]
        session.connection().execute(sql.SET_CONFLICTS, excluded)


def link_dependents(
    session: Session,
    package_id: UUID,
    document: PackageDocument,
    version_ids: Mapping[str, UUID],
    index: VersionIndex,
    node_version: str | None,
) -> set[UUID]:
    """Link edges that waited for this package to it, and choose versions for unresolved ones if possible.

    Returns the packages that have these edges.
    """
    waiting = session.execute(
        sql.WAITING_EDGES, {"name": document.name, "registry": document.registry}
    ).all()
    is_replaced = not registration(document.registry).keeps_old_versions
    chosen: dict[str, tuple[str, str | None]] = {}
    links: list[dict[str, Any]] = []
    sources: set[UUID] = set()
    for edge in waiting:
        version, error = edge.resolved_version, edge.resolution_error
        if is_own_resolution(document.registry, version):
            continue
        if version == UNRESOLVED or (is_replaced and version not in version_ids):
            wanted = edge.dependency_version_range
            if wanted not in chosen:
                chosen[wanted] = choose(index, wanted, node_version)
            if version == UNRESOLVED or chosen[wanted][0] != UNRESOLVED:
                version, error = chosen[wanted]
        sources.add(edge.package_id)
        links.append(
            {
                "of_id": edge.id,
                "dependency_package_id": package_id,
                "resolved_version": version,
                "resolved_version_id": version_ids.get(version),
                "resolution_error": error,
            }
        )
    if links:
        session.connection().execute(sql.LINK_EDGE, links)
    return sources


def arrived_meanwhile(session: Session, edges: Mapping[str, Sequence[ResolvedEdge]]) -> set[str]:
    """Versions with unlinked edges whose package is in the catalogue by now."""
    waiting = {
        (edge.declared.registry, edge.declared.name)
        for found in edges.values()
        for edge in found
        if edge.error == NOT_LOOKED_UP
    }
    arrived: set[Target] = set()
    for some in slices(sorted(waiting)):
        rows = session.execute(sql.IN_CATALOGUE, {"targets": some})
        arrived.update((registry, name) for registry, name in rows)
    if not arrived:
        return set()
    return {
        version
        for version, found in edges.items()
        if any((e.declared.registry, e.declared.name) in arrived for e in found)
    }


def choose_from_catalogue(
    session: Session, edges: Mapping[str, Sequence[ResolvedEdge]], node_version: str | None
) -> dict[str, Sequence[ResolvedEdge]]:
    """The same edges, with a choice if the registry did not answer about a package that is in the catalogue.

    It may have arrived after the question, and nothing would link these edges later.
    """
    known = known_indexes(
        session,
        {
            (edge.declared.registry, edge.declared.name)
            for found in edges.values()
            for edge in found
            if edge.is_unknown
        },
    )

    def chosen(edge: ResolvedEdge) -> ResolvedEdge:
        index = known.get((edge.declared.registry, edge.declared.name))
        if index is None or not edge.is_unknown:
            return edge
        version, error = choose(index, edge.declared.range, node_version)
        return edge if error else replace(edge, resolved_version=version, error=None)

    return {version: [chosen(edge) for edge in found] for version, found in edges.items()}


def needed_versions(session: Session, registry: str, name: str) -> set[str]:
    """Versions of a package whose edges are wanted: an install reaches them, or a person opened them."""
    package = {"registry": registry, "name": name}
    reached = session.scalars(sql.REACHED_VERSIONS, package)
    opened = session.scalars(sql.OPENED_VERSIONS, package)
    return {*(v for v in reached if not is_own_resolution(registry, v)), *opened}


def not_loaded(session: Session, version_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these versions whose edges are not stored."""
    found: set[UUID] = set()
    for some in slices(version_ids):
        found.update(session.scalars(sql.NOT_LOADED, {"ids": some}))
    return found


def known_indexes(session: Session, targets: Iterable[Target]) -> dict[Target, VersionIndex]:
    """Version indexes of packages that are in the catalogue, from their stored versions."""
    packages = _package_ids(session, targets)
    owners = {id: target for target, id in packages.items()}
    versions: dict[UUID, list[tuple[str, bool]]] = {}
    tags: dict[UUID, dict[str, str]] = {}
    for some in slices(list(owners)):
        for row in session.execute(
            select(
                PackageVersion.package_id, PackageVersion.version, PackageVersion.is_yanked
            ).where(PackageVersion.package_id.in_(some))
        ):
            versions.setdefault(row.package_id, []).append((row.version, row.is_yanked))
        for tag in session.execute(
            select(PackageDistTag.package_id, PackageDistTag.tag, PackageDistTag.version).where(
                PackageDistTag.package_id.in_(some)
            )
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


def _package_ids(session: Session, targets: Iterable[Target]) -> dict[Target, UUID]:
    found: dict[Target, UUID] = {}
    for some in slices(sorted(targets)):
        rows = session.execute(sql.PACKAGE_IDS, {"targets": some})
        found.update({(registry, name): id for registry, name, id in rows})
    return found


def _version_ids(
    session: Session, wanted: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], UUID]:
    found: dict[tuple[UUID, str], UUID] = {}
    for some in slices(sorted(wanted)):
        rows = session.execute(sql.VERSION_IDS, {"wanted": some})
        found.update({(package_id, version): id for package_id, version, id in rows})
    return found
