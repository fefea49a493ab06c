"""The same software in other registries: packages that share an address and a name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.models.tables import cross_registry_links, packages
from tgtui.data.views.packages import SameSoftware

MOST = 12
"""Shown at most; more than these share a common homepage."""


def same_software(
    connection: Connection, package_id: UUID, registry: str
) -> tuple[SameSoftware, ...]:
    """By registry, then name."""
    own, other = cross_registry_links.alias(), cross_registry_links.alias()
    rows = connection.execute(
        select(packages.c.id, packages.c.registry, packages.c.name)
        .join(other, other.c.package_id == packages.c.id)
        .join(own, own.c.software == other.c.software)
        .where(
            own.c.package_id == package_id,
            packages.c.registry != registry,
            packages.c.deleted_at.is_(None),
        )
        .distinct()
        .order_by(packages.c.registry, packages.c.name)
        .limit(MOST)
    )
    return tuple(SameSoftware(*row) for row in rows)
