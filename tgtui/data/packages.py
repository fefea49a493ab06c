"""One package: its header, its versions, the edges of a version, who depends on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from tgtui import clock
from tgtui.data.elsewhere import same_software
from tgtui.data.latest import latest_version_id
from tgtui.data.models import Package, PackageDependency, PackageDistTag, PackageVersion
from tgtui.data.request_lists import newest_request
from tgtui.data.search import package_state
from tgtui.data.search_conditions import SPELLED
from tgtui.data.search_models import PackageSearch
from tgtui.data.search_pages import Place, Search
from tgtui.data.sql import month_of, slices
from tgtui.data.tags import tags_of
from tgtui.data.views import (
    Dependent,
    DependentPage,
    Edge,
    PackageDetail,
    VersionCursor,
    VersionOrder,
    VersionPage,
    VersionRow,
)
from tgtui.errors import UsageError
from tgtui.searching import Dependency, SearchQuery

VERSIONS_PAGE = 200
DEPENDENTS_PAGE = 100
COUNTED_EXACTLY = 1_000
"""Dependents up to which they are counted whenever somebody looks."""

TYPE_ORDER = {"runtime": 0, "peer": 1, "optional": 2, "dev": 3}
INSTALLED = frozenset({"runtime", "peer", "optional"})
"""Types of edges an install follows; of the peers those that are not optional."""


def installed(
    edge: Any, kinds: Collection[str] = INSTALLED, *, root_id: UUID | None = None
) -> ColumnElement[bool]:
    """Edges an install of the package follows: runtime, optional, required peers; never dev.

    `kinds` narrows or widens that: those to develop with count only for the version `root_id`.
    """
    ways: list[ColumnElement[bool]] = [edge.dependency_type.in_(sorted({*kinds} - {"peer", "dev"}))]
    if "peer" in kinds:
        ways.append(and_(edge.dependency_type == "peer", edge.is_optional.is_(False)))
    if "dev" in kinds and root_id is not None:
        ways.append(and_(edge.dependency_type == "dev", edge.version_id == root_id))
    return or_(*ways)


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
    session: Session,
    package_id: UUID,
    *,
    order: VersionOrder = "newest",
    after: VersionCursor | None = None,
    limit: int = VERSIONS_PAGE,
) -> VersionPage:
    """In the ecosystem's order or by date, either way round. Sort keys are different within a package.

    By date those whose date is not known come last, in the ecosystem's order.
    """
    version, is_rising = PackageVersion, order in {"oldest", "first"}
    of_package = version.package_id == package_id
    found: list[tuple[VersionRow, bytes]] = []
    if order in {"newest", "oldest"}:
        beyond = [] if after is None else [_beyond(version.sort_key, after.sort_key, is_rising)]
        found = _version_rows(
            session, [of_package, *beyond], [_in(version.sort_key, is_rising)], limit=limit + 1
        )
    else:
        keys = (version.published_at, version.sort_key)
        if after is None or after.published_at is not None:
            beyond = []
            if after is not None:
                place = (after.published_at, after.sort_key)
                beyond = [tuple_(*keys) > place if is_rising else tuple_(*keys) < place]
            dated = [of_package, version.published_at.is_not(None), *beyond]
            by_date = [_in(key, is_rising) for key in keys]
            found = _version_rows(session, dated, by_date, limit=limit + 1)
        if len(found) <= limit:
            undated = [of_package, version.published_at.is_(None)]
            if after is not None and after.published_at is None:
                undated.append(_beyond(version.sort_key, after.sort_key, is_rising))
            by_key = [_in(version.sort_key, is_rising)]
            found += _version_rows(session, undated, by_key, limit=limit + 1 - len(found))
    page = found[:limit]
    cursor = None
    if len(found) > limit:
        last, key = page[-1]
        is_by_date = order in {"latest", "first"}
        cursor = VersionCursor(last.published_at if is_by_date else None, key)
    return VersionPage(tuple(row for row, _key in page), cursor)


def releases_by_month(session: Session, package_id: UUID, since: datetime) -> dict[str, int]:
    """How many versions were published in each month since, by `2026-01`; a month without any is no key."""
    month = month_of(PackageVersion.published_at)
    rows = session.execute(
        select(month, func.count())
        .where(PackageVersion.package_id == package_id, PackageVersion.published_at >= since)
        .group_by(month)
    )
    return {row[0]: row[1] for row in rows}


def _beyond(column: Any, value: Any, is_rising: bool) -> ColumnElement[bool]:
    beyond: ColumnElement[bool] = column > value if is_rising else column < value
    return beyond


def _in(column: Any, is_rising: bool) -> Any:
    return column.asc() if is_rising else column.desc()


def edges_of(session: Session, version_id: UUID, *, only_installed: bool = False) -> list[Edge]:
    """A version's edges by type, then name. `only_installed` leaves out dev and optional peers."""
    return edges_of_each(session, [version_id], only_installed=only_installed)[version_id]


def edges_of_each(
    session: Session, version_ids: Sequence[UUID], *, only_installed: bool = False
) -> dict[UUID, list[Edge]]:
    """The same of many versions, 500 a query."""
    found: dict[UUID, list[Edge]] = {version_id: [] for version_id in version_ids}
    for some in slices(list(found)):
        for version_id, edge in _edges(session, some, only_installed):
            found[version_id].append(edge)
    return found


def _edges(
    session: Session, version_ids: Sequence[UUID], only_installed: bool
) -> Iterator[tuple[UUID, Edge]]:
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
        .where(edge.version_id.in_(version_ids))
        .order_by(
            case(TYPE_ORDER, value=edge.dependency_type),
            edge.dependency_name,
            edge.id,
        )
    )
    if only_installed:
        statement = statement.where(installed(edge))
    for row in session.execute(statement):
        yield (
            row.version_id,
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
            ),
        )


def dependents_page(
    session: Session, package_id: UUID, *, after: str | None = None, limit: int = DEPENDENTS_PAGE
) -> DependentPage:
    """Versions known here that depend on the package, by name of the dependent; keyset pages of packages.

    Found as `dep:` finds them, so that a page costs the same of ten and of a hundred thousand.
    """
    package = session.execute(
        select(Package.registry_name, Package.name).where(Package.id == package_id)
    ).one_or_none()
    if package is None:
        _dependent_place(after)
        return DependentPage((), None)
    depends = Dependency(package.name, registry=package.registry_name)
    query = SearchQuery(dependencies=frozenset({depends}), sort="name")
    search = Search(session, query, clock.now())
    found = search.page(_dependent_place(after), limit + 1)
    sources = [each.package_id for each in found[:limit]]
    cursor = None
    if len(found) > limit:
        place = found[limit - 1].place
        cursor = f"{place.id} {place.name}"
    rows = session.execute(
        select(
            PackageDependency.package_id,
            PackageDependency.version_id,
            PackageDependency.dependency_version_range,
            PackageDependency.resolved_version,
            PackageDependency.dependency_type,
            Package.registry_name,
            Package.name,
            PackageVersion.version,
        )
        .join(Package, Package.id == PackageDependency.package_id)
        .join(PackageVersion, PackageVersion.id == PackageDependency.version_id)
        .where(
            PackageDependency.package_id.in_(sources),
            PackageDependency.dependency_name == package.name,
            PackageDependency.dependency_package_id == package_id,
        )
        .order_by(PackageVersion.sort_key, PackageDependency.id)
    ).all()
    order = {id: place for place, id in enumerate(sources)}
    dependents = tuple(
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
        for row in sorted(rows, key=lambda row: order[row.package_id])
    )
    return DependentPage(dependents, cursor)


def _dependent_place(cursor: str | None) -> Place | None:
    """UsageError for a cursor of another list."""
    if cursor is None:
        return None
    id, space, name = cursor.partition(" ")
    if not space or not id.isdecimal():
        raise UsageError("That page cursor is not from this list; start at its first page.")
    return Place(SPELLED, None, name, int(id))


def _version_rows(
    session: Session,
    conditions: Iterable[ColumnElement[bool]],
    order: Iterable[Any] = (),
    *,
    limit: int,
) -> list[tuple[VersionRow, bytes]]:
    rows = session.execute(
        select(*PackageVersion.__table__.columns).where(*conditions).order_by(*order).limit(limit)
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
    """Exactly, unless there are so many that the search's own count, seldom older than minutes, does."""
    known = session.scalar(
        select(PackageSearch.dependents).where(PackageSearch.package_id == package_id)
    )
    if known is not None and known > COUNTED_EXACTLY:
        return known
    statement = (
        select(func.count(PackageDependency.package_id.distinct()))
        .join(Package, Package.id == PackageDependency.package_id)
        .where(PackageDependency.dependency_package_id == package_id, Package.deleted_at.is_(None))
    )
    return session.scalar(statement) or 0
