"""Which packages are to be asked about again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, or_, select

from tgtui.data.models.advisories import advisories, advisory_checks, advisory_packages
from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.storage.sql import database_time, slices
from tgtui.data.versions.advisories.evaluating import source_name
from tgtui.data.versions.advisories.here import APT
from tgtui.data.versions.advisories.storing import PARTIAL, Name
from tgtui.data.versions.latest import latest_version_id


class Due(Struct, frozen=True):
    """A package, as advisories call it."""

    id: UUID
    registry: str
    name: str
    """Of apt the source package."""


def packages_due(
    connection: Connection,
    source: str,
    registries: Collection[str],
    *,
    hours: int,
    after: UUID | None,
    limit: int,
) -> list[Due]:
    """Those that a source was not asked about for so long, by id from `after` on. Only ones that were fetched."""
    checked = advisory_checks.c
    old = checked.as_of < database_time(-hours * 3_600)
    latest = latest_version_id(packages.c.id)
    rows = connection.execute(
        select(packages.c.id, packages.c.registry, packages.c.name, package_facts.c.details)
        .outerjoin(
            advisory_checks, (checked.package_id == packages.c.id) & (checked.source == source)
        )
        .outerjoin(package_facts, package_facts.c.id == latest)
        .where(
            packages.c.registry.in_(registries),
            packages.c.deleted_at.is_(None),
            packages.c.last_fetch_success.is_not(None),
            or_(checked.id.is_(None), old),
            *([packages.c.id > after] if after is not None else []),
        )
        .order_by(packages.c.id)
        .limit(limit)
    )
    return [
        Due(row.id, row.registry, source_name(row.name, row.details) if row.registry == APT else row.name)
        for row in rows
    ]  # fmt: skip


def known_since(connection: Connection, names: Collection[str]) -> dict[str, datetime]:
    """When each of these advisories that is here was last changed, as far as it was told in full."""
    found: dict[str, datetime] = {}
    for some in slices(sorted(names)):
        rows = connection.execute(
            select(advisories.c.name, advisories.c.modified_at).where(
                advisories.c.name.in_(some), advisories.c.source.not_in(PARTIAL)
            )
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def known_about(connection: Connection, names: Collection[Name]) -> dict[Name, set[str]]:
    """By (ecosystem, name), the advisories that were told in full and are not withdrawn."""
    found: dict[Name, set[str]] = {}
    a, p = advisories.c, advisory_packages.c
    for some in slices(sorted({name for _ecosystem, name in names})):
        rows = connection.execute(
            select(p.ecosystem, p.name, a.name)
            .join(advisories, a.id == p.advisory_id)
            .where(p.name.in_(some), a.source.not_in(PARTIAL), a.withdrawn_at.is_(None))
        )
        for ecosystem, name, advisory in rows:
            if (ecosystem, name) in names:
                found.setdefault((ecosystem, name), set()).add(advisory)
    return found


def versions_in_use(connection: Connection, package_ids: Collection[UUID]) -> dict[str, list[str]]:
    """By name, the versions whose dependencies are stored."""
    found: dict[str, list[str]] = {}
    for some in slices(list(package_ids)):
        rows = connection.execute(
            select(packages.c.name, package_versions.c.version)
            .join(package_versions, package_versions.c.package_id == packages.c.id)
            .where(packages.c.id.in_(some), package_versions.c.dependencies_fetched_at.is_not(None))
        )
        for name, version in rows:
            found.setdefault(name, []).append(version)
    return found
