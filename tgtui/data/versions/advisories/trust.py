"""How far it can be trusted that nothing more is known of a set of versions: how fresh the answers are, and what has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, exists, func, select

from tgtui.data.models.advisories import advisory_checks
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.reading import standings
from tgtui.data.views.advisories import Standing, Trust, Unchecked


def trust_of(connection: Connection, version_ids: Collection[UUID]) -> Trust:
    """Of versions in the catalogue; others are not counted. Trees ask for thousands at once: only packages that were asked
    about by themselves are looked at one by one."""
    counts: Counter[str] = Counter()
    asked: list[Any] = []
    is_any_asked = connection.scalar(_any_checks())
    for some in slices(list(version_ids)):
        for registry, count in connection.execute(_counts(), {"ids": some}):
            counts[registry] += count
        if is_any_asked:
            asked += connection.execute(_asked(), {"ids": some})
    by_registry, by_package = standings(connection, list({row.package_id for row in asked}), counts)
    told: Counter[tuple[str, Standing]] = Counter()
    for row in asked:
        counts[row.registry] -= 1
        told[row.registry, by_package[row.package_id].of(row.version)] += 1
    for registry, count in counts.items():
        told[registry, by_registry[registry]] += count
    found = [(key, count) for key, count in sorted(told.items(), key=_place) if count]
    unchecked = tuple(
        Unchecked(registry, count, standing)
        for (registry, standing), count in found
        if standing.as_of is None
    )
    dates = [each.as_of for (_registry, each), _count in found if each.as_of is not None]
    problems = tuple(
        dict.fromkeys(
            f"{registry}: {standing.problem}"
            for registry, standing in sorted(by_registry.items())
            if standing.problem is not None and standing.as_of is not None
        )
    )
    return Trust(unchecked, min(dates, default=None), problems)


def _place(told: tuple[tuple[str, Standing], int]) -> str:
    return told[0][0]


@cache
def _any_checks() -> Any:
    return select(exists(select(advisory_checks.c.id)))


@cache
def _counts() -> Any:
    """By registry, how many of these versions there are."""
    return (
        select(packages.c.registry, func.count())
        .join_from(package_versions, packages, packages.c.id == package_versions.c.package_id)
        .where(package_versions.c.id.in_(bindparam("ids", expanding=True)))
        .group_by(packages.c.registry)
    )


@cache
def _asked() -> Any:
    """Those of packages that a source was asked about by themselves."""
    return (
        select(packages.c.registry, package_versions.c.package_id, package_versions.c.version)
        .join_from(package_versions, packages, packages.c.id == package_versions.c.package_id)
        .where(
            package_versions.c.id.in_(bindparam("ids", expanding=True)),
            package_versions.c.package_id.in_(select(advisory_checks.c.package_id)),
        )
    )
