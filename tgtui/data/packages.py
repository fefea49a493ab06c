"""One package: its header, its versions, the edges of a version, who depends on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from tgtui.data.elsewhere import same_software
from tgtui.data.latest import latest_version_id
from tgtui.data.models import Package, PackageDependency, PackageDistTag, PackageVersion
from tgtui.data.request_lists import newest_request
from tgtui.data.search import package_state
from tgtui.data.tags import tags_of
from tgtui.data.views import (
    Dependent,
    DependentPage,
    Edge,
    PackageDetail,
    VersionPage,
    VersionRow,
)
from tgtui.errors import UsageError

VERSIONS_PAGE = 200
DEPENDENTS_PAGE = 100

TYPE_ORDER = {"runtime": 0, "peer": 1, "optional": 2, "dev": 3}


def installed(edge: Any) -> ColumnElement[bool]:
    """Edges an install of the package follows: runtime, optional, required peers; never dev."""
    return or_(
        edge.dependency_type.in_(("runtime", "optional")),
        and_(edge.dependency_type == "peer", edge.is_optional.is_(False)),
    )


def find_package(session: Session, registry: str, name: str) -> UUID | None:
    """The package's id by its exact name, None where it is not in the catalogue (or deleted)."""
    return session.scalar(
        select(Package.id).where(
            Package.name == name, Package.registry_name == registry, Package.deleted_at.is_(None)
        )
    )


def last_attempt(session: Session, registry: str, name: str) -> datetime | None:
    """When the registry was last read for the package, with or without success."""
    return session.scalar(
        select(Package.last_fetch_attempt).where(
            Package.name == name, Package.registry_name == registry
        )
    )


def package_detail(session: Session, package_id: UUID) -> PackageDetail | None:
    """None where it is gone or deleted."""
    package = session.execute(
        select(
            *(column for column in Package.__table__.columns),
            latest_version_id(Package.id).label("latest_id"),
        ).where(Package.id == package_id, Package.deleted_at.is_(None))
    ).one_or_none()
    if package is None:
        return None
    request = newest_request(session, package.registry, package.name)
    return PackageDetail(
        id=package.id,
        registry=package.registry,
        name=package.name,
        state=package_state(
            package.last_fetch_success is not None, request.status if request else None
        ),
        description=package.description,
        homepage=package.homepage,
        repository=package.repository,
        latest=version_row(session, package.latest_id) if package.latest_id else None,
        version_count=_version_count(session, package_id),
        dependent_count=_dependent_count(session, package_id),
        tags=tags_of(session, [package_id]).get(package_id, ()),
        elsewhere=same_software(session, package_id, package.registry),
        fetched_at=package.last_fetch_success,
        last_attempt_at=package.last_fetch_attempt,
        request=request,
    )


def version_row(session: Session, version_id: UUID) -> VersionRow | None:
    """One version, None where it is gone."""
    rows = _version_rows(session, [PackageVersion.id == version_id], limit=1)
    return rows[0][0] if rows else None


def find_version(session: Session, package_id: UUID, version: str) -> VersionRow | None:
    """By its text, else by a dist-tag."""
    tagged = (
        select(PackageDistTag.version)
        .where(PackageDistTag.package_id == package_id, PackageDistTag.tag == version)
        .scalar_subquery()
    )
    exact = (
        select(PackageVersion.version)
        .where(PackageVersion.package_id == package_id, PackageVersion.version == version)
        .scalar_subquery()
    )
    wanted = [
        PackageVersion.package_id == package_id,
        PackageVersion.version == func.coalesce(exact, tagged),
    ]
    rows = _version_rows(session, wanted, limit=1)
    return rows[0][0] if rows else None


def versions_page(
    session: Session, package_id: UUID, *, after: bytes | None = None, limit: int = VERSIONS_PAGE
) -> VersionPage:
    """Newest first in the ecosystem's order. Sort keys are different within a package."""
    conditions = [PackageVersion.package_id == package_id]
    if after is not None:
        conditions.append(PackageVersion.sort_key < after)
    found = _version_rows(session, conditions, limit=limit + 1)
    cursor = found[limit - 1][1] if len(found) > limit else None
    return VersionPage(tuple(row for row, _key in found[:limit]), cursor)


def edges_of(session: Session, version_id: UUID, *, only_installed: bool = False) -> list[Edge]:
    """A version's edges by type, then name. `only_installed` leaves out dev and optional peers."""
    edge, target, version = PackageDependency, aliased(Package), aliased(PackageVersion)
    latest, child = aliased(PackageVersion), aliased(PackageDependency)
    children = (
        select(func.count())
        .where(child.version_id == version.id, installed(child))
        .scalar_subquery()
    )
    statement = (
        select(
            *edge.__table__.columns,
            target.id.label("target_id"),
            version.is_yanked,
            version.dependencies_fetched_at,
            (latest.sort_key > version.sort_key).label("is_outdated"),
            children.label("child_count"),
        )
        .outerjoin(
            target, and_(target.id == edge.dependency_package_id, target.deleted_at.is_(None))
        )
        .outerjoin(
            version, and_(version.id == edge.resolved_version_id, version.package_id == target.id)
        )
        .outerjoin(latest, latest.id == latest_version_id(target.id))
        .where(edge.version_id == version_id)
        .order_by(
            case(TYPE_ORDER, value=edge.dependency_type),
            edge.dependency_name,
            edge.id,
        )
    )
    if only_installed:
        statement = statement.where(installed(edge))
    return [
        Edge(
            id=row.id,
            registry=row.dependency_registry,
            name=row.dependency_name,
            declared_name=row.declared_name,
            range=row.dependency_version_range,
            resolved_version=row.resolved_version,
            resolved_version_id=row.resolved_version_id if row.target_id else None,
            package_id=row.target_id,
            resolution_error=row.resolution_error,
            type=row.dependency_type,
            source_field=row.source_field,
            is_optional=row.is_optional,
            is_yanked=bool(row.is_yanked),
            is_outdated=bool(row.is_outdated),
            is_loaded=row.dependencies_fetched_at is not None,
            child_count=row.child_count,
        )
        for row in session.execute(statement)
    ]


def dependents_page(
    session: Session, package_id: UUID, *, after: str | None = None, limit: int = DEPENDENTS_PAGE
) -> DependentPage:
    """Versions known here that depend on the package, by name of the dependent; keyset pages."""
    order = (Package.search_name, PackageVersion.sort_key, PackageDependency.id)
    statement = (
        select(PackageDependency, Package, PackageVersion)
        .with_only_columns(
            PackageDependency.id,
            PackageDependency.package_id,
            PackageDependency.version_id,
            PackageDependency.dependency_version_range,
            PackageDependency.resolved_version,
            PackageDependency.dependency_type,
            Package.registry_name,
            Package.name,
            PackageVersion.version,
            *order[:2],
        )
        .join(Package, Package.id == PackageDependency.package_id)
        .join(PackageVersion, PackageVersion.id == PackageDependency.version_id)
        .where(PackageDependency.dependency_package_id == package_id, Package.deleted_at.is_(None))
        .order_by(*order)
        .limit(limit + 1)
    )
    if after is not None:
        # A plain tuple takes its types from the columns; with `tuple_` a key would be bound as text.
        statement = statement.where(tuple_(*order) > _read_dependents_cursor(after))
    found = session.execute(statement).all()
    page = found[:limit]
    cursor = None
    if len(found) > limit:
        cursor = f"{page[-1].search_name} {page[-1].sort_key.hex()} {page[-1].id}"
    return DependentPage(
        tuple(
            Dependent(
                package_id=row.package_id,
                version_id=row.version_id,
                registry=row.registry_name,
                name=row.name,
                version=row.version,
                range=row.dependency_version_range,
                resolved_version=row.resolved_version,
                type=row.dependency_type,
            )
            for row in page
        ),
        cursor,
    )


def _version_rows(
    session: Session, conditions: Iterable[ColumnElement[bool]], *, limit: int
) -> list[tuple[VersionRow, bytes]]:
    rows = session.execute(
        select(*PackageVersion.__table__.columns)
        .where(*conditions)
        .order_by(PackageVersion.sort_key.desc())
        .limit(limit)
    ).all()
    tags = _dist_tags(session, rows[0].package_id) if rows else {}
    return [
        (
            VersionRow(
                id=row.id,
                package_id=row.package_id,
                version=row.version,
                published_at=row.published_at,
                is_prerelease=row.is_prerelease,
                is_yanked=row.is_yanked,
                yank_message=row.yank_message,
                dist_tags=tags.get(row.version, ()),
                dependencies_loaded=row.dependencies_fetched_at is not None,
            ),
            row.sort_key,
        )
        for row in rows
    ]


def _dist_tags(session: Session, package_id: UUID) -> dict[str, tuple[str, ...]]:
    tags: dict[str, tuple[str, ...]] = {}
    for tag, version in session.execute(
        select(PackageDistTag.tag, PackageDistTag.version)
        .where(PackageDistTag.package_id == package_id)
        .order_by(PackageDistTag.tag)
    ):
        tags[version] = (*tags.get(version, ()), tag)
    return tags


def _version_count(session: Session, package_id: UUID) -> int:
    return session.scalar(select(func.count()).where(PackageVersion.package_id == package_id)) or 0


def _dependent_count(session: Session, package_id: UUID) -> int:
    statement = (
        select(func.count(PackageDependency.package_id.distinct()))
        .join(Package, Package.id == PackageDependency.package_id)
        .where(PackageDependency.dependency_package_id == package_id, Package.deleted_at.is_(None))
    )
    return session.scalar(statement) or 0


def _read_dependents_cursor(cursor: str) -> tuple[str, bytes, UUID]:
    try:
        name, key, edge = cursor.rsplit(" ", 2)
        return name, bytes.fromhex(key), UUID(edge)
    except ValueError:
        raise UsageError(
            "That page cursor is not from this list; start at its first page."
        ) from None
