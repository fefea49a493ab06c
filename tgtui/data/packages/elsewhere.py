"""The same software in other registries: packages that share an address and a name."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from tgtui.data.models.tables import cross_registry_links, packages
from tgtui.data.storage.sql import AnySelect
from tgtui.data.views.packages import SameSoftware

MOST = 12
"""Shown at most; more than these share a common homepage."""


def same_software(
    connection: Connection, package_id: UUID, registry: str
) -> tuple[SameSoftware, ...]:
    """By registry, then name."""
    rows = connection.execute(_others(), {"package_id": package_id, "registry": registry})
    return tuple(SameSoftware(*row) for row in rows)


@cache
def _others() -> AnySelect:
    """Built once, because that takes longer than running it."""
    own, other = cross_registry_links.alias(), cross_registry_links.alias()
    return (
        select(packages.c.id, packages.c.registry, packages.c.name)
        .join(other, other.c.package_id == packages.c.id)
        .join(own, own.c.software == other.c.software)
        .where(
            own.c.package_id == bindparam("package_id"),
            packages.c.registry != bindparam("registry"),
            packages.c.deleted_at.is_(None),
        )
        .distinct()
        .order_by(packages.c.registry, packages.c.name)
        .limit(MOST)
    )
