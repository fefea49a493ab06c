"""The same software in other registries: packages that share an address and a name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from tgtui.data.models.tables import CrossRegistryLink, Package
from tgtui.data.views.packages import SameSoftware

MOST = 12
"""Shown at most; more than these share a common homepage."""


def same_software(session: Session, package_id: UUID, registry: str) -> tuple[SameSoftware, ...]:
    """By registry, then name."""
    own, other = aliased(CrossRegistryLink), aliased(CrossRegistryLink)
    rows = session.execute(
        select(Package.id, Package.registry_name, Package.name)
        .join(other, other.package_id == Package.id)
        .join(own, own.software == other.software)
        .where(
            own.package_id == package_id,
            Package.registry_name != registry,
            Package.deleted_at.is_(None),
        )
        .distinct()
        .order_by(Package.registry_name, Package.name)
        .limit(MOST)
    )
    return tuple(SameSoftware(*row) for row in rows)
