"""One package: its header."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.packages.elsewhere import same_software
from tgtui.data.requests.lists import newest_request
from tgtui.data.storage.sql import AnySelect
from tgtui.data.tags.reading import assignments_of
from tgtui.data.versions.advisories.reading import findings_of, standing_of
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.versions.listing import version_row
from tgtui.data.versions.uses import used_by
from tgtui.data.views.edges import UsedBy
from tgtui.data.views.packages import PackageDetail, package_state

COUNTED_EXACTLY = 1_000
"""Up to this many dependents are counted at every look."""


_VERSION_COUNT = select(func.count()).where(package_versions.c.package_id == bindparam("id"))
_COUNTS = select(
    package_search.c.dependents,
    package_search.c.optional_dependents,
    package_search.c.peer_dependents,
    package_search.c.suggested_dependents,
    package_search.c.dev_dependents,
).where(package_search.c.package_id == bindparam("id"))


def package_detail(connection: Connection, package_id: UUID) -> PackageDetail | None:
    """The header of a package; None if it is gone or deleted."""
    package = connection.execute(_head(), {"id": package_id}).one_or_none()
    if package is None:
        return None
    request = newest_request(connection, package.registry, package.name)
    used = _used_by(connection, package_id)
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
        latest=version_row(connection, package.latest_id) if package.latest_id else None,
        version_count=connection.scalar(_VERSION_COUNT, {"id": package_id}) or 0,
        dependent_count=used.installed,
        used_by=used,
        tags=assignments_of(connection, package_id),
        elsewhere=same_software(connection, package_id, package.registry, package.name),
        fetched_at=package.last_fetch_success,
        last_attempt_at=package.last_fetch_attempt,
        request=request,
        findings=findings_of(connection, [package.latest_id]).get(package.latest_id, ())
        if package.latest_id
        else (),
        standing=standing_of(connection, package_id, package.registry),
    )


@cache
def _head() -> AnySelect:
    """Built once, because that takes longer than running it."""
    return select(*packages.columns, latest_version_id(packages.c.id).label("latest_id")).where(
        packages.c.id == bindparam("id"), packages.c.deleted_at.is_(None)
    )


def _used_by(connection: Connection, package_id: UUID) -> UsedBy:
    """Exact up to a limit, then the search's own count, which is rarely older than minutes."""
    row = connection.execute(_COUNTS, {"id": package_id}).one_or_none()
    if row is not None:
        installed, optional, peer, suggested, dev = (each or 0 for each in row)
        known = UsedBy(installed - optional - peer, optional, peer, suggested, dev)
        if known.total > COUNTED_EXACTLY:
            return known
    return used_by(connection, [package_id])[package_id]
