"""Writes a package's edges, and links those that others have to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from tgtui import clock
from tgtui.data.models import Package, PackageDependency, PackageDistTag, PackageVersion
from tgtui.data.packages import installed
from tgtui.data.sql import slices, table_of
from tgtui.data.views import UNRESOLVED, is_own_resolution
from tgtui.ids import uuid7
from tgtui.registries.base import PackageDocument
from tgtui.versions.pick import PickIndex
from tgtui.worker.resolution import ResolvedEdge, Target, choose


def store_edges(
    session: Session,
    package_id: UUID,
    version_ids: Mapping[str, UUID],
    edges: Mapping[str, Sequence[ResolvedEdge]],
) -> None:
    """The edges of these versions in place of what was stored, linked to what is here."""
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
    now = clock.now()
    rows: list[dict[str, Any]] = []
    loaded: list[UUID] = []
    for version, found in edges.items():
        version_id = version_ids.get(version)
        if version_id is None:
            continue
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
                    "created_at": now,
                }
            )
    for some in slices(loaded):
        session.execute(delete(PackageDependency).where(PackageDependency.version_id.in_(some)))
        session.execute(
            update(PackageVersion)
            .where(PackageVersion.id.in_(some))
            .values(dependencies_fetched_at=now, dependencies_wanted_at=None)
        )
    if rows:
        session.connection().execute(insert(table_of(PackageDependency)), rows)


def link_dependents(
    session: Session,
    package_id: UUID,
    document: PackageDocument,
    version_ids: Mapping[str, UUID],
    index: PickIndex,
    node_version: str | None,
) -> None:
    """Edges that waited for this package now lead to it; those without a choice get one if there is."""
    waiting = session.execute(
        select(
            PackageDependency.id,
            PackageDependency.resolved_version,
            PackageDependency.resolution_error,
            PackageDependency.dependency_version_range,
        ).where(
            PackageDependency.dependency_name == document.name,
            PackageDependency.dependency_registry == document.registry,
            PackageDependency.resolved_version_id.is_(None),
        )
    ).all()
    table = table_of(PackageDependency)
    chosen: dict[str, tuple[str, str | None]] = {}
    for edge in waiting:
        version, error = edge.resolved_version, edge.resolution_error
        if is_own_resolution(document.registry, version):
            continue
        if version == UNRESOLVED:
            wanted = edge.dependency_version_range
            if wanted not in chosen:
                chosen[wanted] = choose(index, wanted, node_version)
            version, error = chosen[wanted]
        session.connection().execute(
            update(table)
            .where(table.c.id == edge.id)
            .values(
                dependency_package_id=package_id,
                resolved_version=version,
                resolved_version_id=version_ids.get(version),
                resolution_error=error,
            )
        )


def needed_versions(session: Session, registry: str, name: str) -> set[str]:
    """Versions of a package whose edges are wanted: an install reaches them, or somebody opened them."""
    resolved = session.scalars(
        select(PackageDependency.resolved_version)
        .where(
            PackageDependency.dependency_name == name,
            PackageDependency.dependency_registry == registry,
            PackageDependency.resolved_version != UNRESOLVED,
            installed(PackageDependency),
        )
        .distinct()
    )
    opened = session.scalars(
        select(PackageVersion.version)
        .join(Package, Package.id == PackageVersion.package_id)
        .where(
            Package.name == name,
            Package.registry_name == registry,
            PackageVersion.dependencies_wanted_at.is_not(None),
        )
    )
    return {*resolved, *opened}


def not_loaded(session: Session, version_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these versions whose edges are not stored."""
    found: set[UUID] = set()
    for some in slices(version_ids):
        found.update(
            session.scalars(
                select(PackageVersion.id).where(
                    PackageVersion.id.in_(some), PackageVersion.dependencies_fetched_at.is_(None)
                )
            )
        )
    return found


def known_indexes(session: Session, targets: Iterable[Target]) -> dict[Target, PickIndex]:
    """Pick indexes of packages that are in the catalogue, from their stored versions."""
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
        owners[id]: PickIndex(
            [version for version, _yanked in found],
            tags.get(id, {}),
            {version for version, yanked in found if yanked},
        )
        for id, found in versions.items()
    }


def _package_ids(session: Session, targets: Iterable[Target]) -> dict[Target, UUID]:
    found: dict[Target, UUID] = {}
    for some in slices(sorted(targets)):
        rows = session.execute(
            select(Package.registry_name, Package.name, Package.id).where(
                tuple_(Package.registry_name, Package.name).in_(some)
            )
        )
        found.update({(registry, name): id for registry, name, id in rows})
    return found


def _version_ids(
    session: Session, wanted: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], UUID]:
    found: dict[tuple[UUID, str], UUID] = {}
    for some in slices(sorted(wanted)):
        rows = session.execute(
            select(PackageVersion.package_id, PackageVersion.version, PackageVersion.id).where(
                tuple_(PackageVersion.package_id, PackageVersion.version).in_(some)
            )
        )
        found.update({(package_id, version): id for package_id, version, id in rows})
    return found
