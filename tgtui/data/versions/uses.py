"""How many packages use each, told apart by how: the one count behind every "used by", the search's order included."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from tgtui.data.models.tables import Package, PackageDependency
from tgtui.data.versions.edges import place_of_use
from tgtui.data.views.edges import USES, UsedBy


def used_by(session: Session, package_ids: Collection[UUID]) -> dict[UUID, UsedBy]:
    """For each of these packages, at most a slice of them; deleted packages use nothing."""
    counts: dict[UUID, dict[str, int]] = {package_id: {} for package_id in package_ids}
    for target, place, count in session.execute(_counted(), {"ids": list(package_ids)}):
        counts[target][USES[place]] = count
    return {package_id: UsedBy(**found) for package_id, found in counts.items()}


@cache
def _counted() -> Any:
    edge = PackageDependency
    each = (
        select(
            edge.dependency_package_id.label("target"), func.min(place_of_use(edge)).label("place")
        )
        .join(Package, Package.id == edge.package_id)
        .where(
            edge.dependency_package_id.in_(bindparam("ids", expanding=True)),
            Package.deleted_at.is_(None),
        )
        .group_by(edge.dependency_package_id, edge.package_id)
        .subquery()
    )
    count = func.count().label("packages")
    return select(each.c.target, each.c.place, count).group_by(each.c.target, each.c.place)
