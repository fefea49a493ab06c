"""The versions of a package in their order, with what may have changed from one to the next."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select

from tgtui.data.models.facts import package_facts
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dependencies, package_versions
from tgtui.data.versions.edges import installed
from tgtui.data.views.over_time import VersionPoint


def version_points(connection: Connection, package_id: UUID) -> list[VersionPoint]:
    """Lowest first, without prereleases, unless there is nothing else."""
    v, edges = package_versions.c, package_dependencies.c
    of_each = (
        select(edges.version_id, func.count())
        .where(edges.package_id == package_id, installed(edges))
        .group_by(edges.version_id)
    )
    counts = dict(connection.execute(of_each).all())
    size = func.coalesce(package_facts.c.measured_size, package_facts.c.unpacked_size)
    rows = connection.execute(
        select(
            v.id,
            v.version,
            v.published_at,
            v.is_prerelease,
            v.dependencies_fetched_at,
            size.label("size"),
        )
        .outerjoin(package_facts, package_facts.c.id == v.id)
        .where(v.package_id == package_id, is_here(v.package_id))
        .order_by(v.sort_key)
    ).all()
    steady = [row for row in rows if not row.is_prerelease]
    return [
        VersionPoint(
            row.id,
            row.version,
            row.published_at,
            row.size,
            counts.get(row.id, 0) if row.dependencies_fetched_at is not None else None,
        )
        for row in steady or rows
    ]
