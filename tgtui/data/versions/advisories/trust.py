"""How far it can be trusted that nothing more is known of a set of versions: how fresh the answers are, and what has none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.reading import standings
from tgtui.data.views.advisories import Standing, Trust, Unchecked


def trust_of(connection: Connection, version_ids: Collection[UUID]) -> Trust:
    """Of versions in the catalogue; others are not counted."""
    rows: list[Any] = []
    for some in slices(list(version_ids)):
        rows += connection.execute(
            select(packages.c.registry, package_versions.c.package_id, package_versions.c.version)
            .join(packages, packages.c.id == package_versions.c.package_id)
            .where(package_versions.c.id.in_(some))
        )
    by_registry, by_package = standings(
        connection, list({row.package_id for row in rows}), {row.registry for row in rows}
    )
    missing: dict[tuple[str, Standing], int] = {}
    oldest: list[datetime] = []
    for row in rows:
        standing = by_registry[row.registry]
        if row.package_id in by_package:
            standing = by_package[row.package_id].of(row.version)
        if standing.as_of is None:
            missing[row.registry, standing] = missing.get((row.registry, standing), 0) + 1
        else:
            oldest.append(standing.as_of)
    unchecked = tuple(
        Unchecked(registry, count, standing)
        for (registry, standing), count in sorted(missing.items(), key=lambda item: item[0][0])
    )
    problems = tuple(
        dict.fromkeys(
            f"{registry}: {standing.problem}"
            for registry, standing in sorted(by_registry.items())
            if standing.problem is not None and standing.as_of is not None
        )
    )
    return Trust(unchecked, min(oldest, default=None), problems)
