"""How many packages use each, told apart by how: the one count behind every "used by", the search's order included."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from tgtui.data.models.tables import package_dependencies, packages
from tgtui.data.versions.edges import place_of_use
from tgtui.data.views.edges import USES, UsedBy


def used_by(connection: Connection, package_ids: Collection[UUID]) -> dict[UUID, UsedBy]:
    """For each of these packages, at most a slice of them; deleted packages use nothing."""
    counts: dict[UUID, dict[str, int]] = {package_id: {} for package_id in package_ids}
    for target, place, count in connection.execute(_counted(), {"ids": list(package_ids)}):
        counts[target][USES[place]] = count
    return {package_id: UsedBy(**found) for package_id, found in counts.items()}


@cache
def _counted() -> Any:
    edge = package_dependencies
    each = (
        select(
            edge.c.dependency_package_id.label("target"),
            func.min(place_of_use(edge.c)).label("place"),
        )
        .join(packages, packages.c.id == edge.c.package_id)
        .where(
            edge.c.dependency_package_id.in_(bindparam("ids", expanding=True)),
            packages.c.deleted_at.is_(None),
        )
        .group_by(edge.c.dependency_package_id, edge.c.package_id)
        .subquery()
    )
    count = func.count().label("packages")
    return select(each.c.target, each.c.place, count).group_by(each.c.target, each.c.place)
