"""One package: its header, and who depends on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tgtui.basics import clock
from tgtui.basics.errors import UsageError
from tgtui.data.models.search import PackageSearch
from tgtui.data.models.tables import Package, PackageDependency, PackageVersion
from tgtui.data.packages.elsewhere import same_software
from tgtui.data.requests.lists import newest_request
from tgtui.data.search.order import Place
from tgtui.data.search.pages import Search
from tgtui.data.search.results import package_state
from tgtui.data.search.words import SPELLED
from tgtui.data.storage.sql import hidden
from tgtui.data.storage.times import by_machine
from tgtui.data.tags.reading import assignments_of
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.versions.listing import version_row
from tgtui.data.views.edges import Dependent, DependentPage
from tgtui.data.views.packages import PackageDetail
from tgtui.syntax.query import Dependency, SearchQuery

DEPENDENTS_PAGE = 100
COUNTED_EXACTLY = 1_000
"""Up to this many dependents are counted at every look."""


def find_package(session: Session, registry: str, name: str) -> UUID | None:
    """The package's id by its exact name; None if it is not in the catalogue or deleted."""
    return session.scalar(
        select(Package.id).where(
            Package.name == name, Package.registry_name == registry, Package.deleted_at.is_(None)
        )
    )


def last_attempt(session: Session, registry: str, name: str) -> datetime | None:
    """When the package was last fetched, with or without success, by this machine's clock; None for a deleted one."""
    found = session.scalar(
        select(Package.last_fetch_attempt).where(
            Package.name == name, Package.registry_name == registry, Package.deleted_at.is_(None)
        )
    )
    return found and by_machine(session, found)


def package_detail(session: Session, package_id: UUID) -> PackageDetail | None:
    """The header of a package; None if it is gone or deleted."""
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
        tags=assignments_of(session, package_id),
        elsewhere=same_software(session, package_id, package.registry),
        fetched_at=package.last_fetch_success,
        last_attempt_at=package.last_fetch_attempt,
        request=request,
    )


def dependents_page(
    session: Session, package_id: UUID, *, after: str | None = None, limit: int = DEPENDENTS_PAGE
) -> DependentPage:
    """Versions in the catalogue that depend on the package, by name of the dependent; keyset pages of packages.

    Found in the same way as by `dep:`, so that a page costs the same for ten and for a hundred thousand.
    """
    package = session.execute(
        select(Package.registry_name, Package.name).where(
            Package.id == package_id, Package.deleted_at.is_(None)
        )
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
            hidden(PackageDependency.dependency_package_id) == package_id,
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
    """Read a cursor. UsageError if it is from another list."""
    if cursor is None:
        return None
    id, space, name = cursor.partition(" ")
    if not space or not id.isdecimal():
        raise UsageError("That page cursor is not from this list; start at its first page.")
    return Place(SPELLED, None, name, int(id))


def _version_count(session: Session, package_id: UUID) -> int:
    return session.scalar(select(func.count()).where(PackageVersion.package_id == package_id)) or 0


def _dependent_count(session: Session, package_id: UUID) -> int:
    """Exact up to a limit, then the search's own count, which is rarely older than minutes."""
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
