"""What the catalogue has of a whole registry, for comparison with its index."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy import Connection, Select, select

from tgtui.data.models.facts import package_facts
from tgtui.data.models.tables import (
    cross_registry_links,
    package_dist_tags,
    package_versions,
    packages,
)
from tgtui.data.storage.bulk import DriverForm, DriverKey

versions = package_versions
dist_tags = package_dist_tags
links = cross_registry_links


class KnownVersion(Struct):
    """A version as it is stored."""

    key: DriverKey
    is_yanked: bool
    yank_message: str | None
    fingerprint: bytes | None
    """Fingerprint of its edges as an import wrote them; None if they were loaded otherwise or not at all."""
    is_loaded: bool
    facts: bytes | None = None
    """Digest of its facts; None if none are stored."""


class KnownPackage(Struct):
    """A package as it is stored."""

    key: DriverKey
    facts: tuple[str | None, str | None, str | None]
    """Description, homepage, repository."""
    is_deleted: bool
    is_fetched: bool
    versions: dict[str, KnownVersion] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    software: set[str] = field(default_factory=set)


def read_known(connection: Connection, registry: str, form: DriverForm) -> dict[str, KnownPackage]:
    """Every package of a registry by its name."""
    found: dict[UUID, KnownPackage] = {}
    named: dict[str, KnownPackage] = {}
    for row in connection.execute(
        select(
            packages.c.id,
            packages.c.name,
            packages.c.description,
            packages.c.homepage,
            packages.c.repository,
            packages.c.deleted_at,
            packages.c.last_fetch_success,
        ).where(packages.c.registry == registry)
    ):
        facts = (row.description, row.homepage, row.repository)
        known = KnownPackage(
            form.key(row.id), facts, row.deleted_at is not None, row.last_fetch_success is not None
        )
        found[row.id] = named[row.name] = known
    of_registry = _of_registry(registry)
    for version in connection.execute(
        select(
            versions.c.package_id,
            versions.c.version,
            versions.c.id,
            versions.c.is_yanked,
            versions.c.yank_message,
            versions.c.fingerprint,
            versions.c.dependencies_fetched_at,
            package_facts.c.digest,
        )
        .outerjoin(package_facts, package_facts.c.id == versions.c.id)
        .where(versions.c.package_id.in_(of_registry))
    ):
        found[version.package_id].versions[version.version] = KnownVersion(
            form.key(version.id),
            version.is_yanked,
            version.yank_message,
            version.fingerprint,
            version.dependencies_fetched_at is not None,
            version.digest,
        )
    for tag in connection.execute(
        select(dist_tags.c.package_id, dist_tags.c.tag, dist_tags.c.version).where(
            dist_tags.c.package_id.in_(of_registry)
        )
    ):
        found[tag.package_id].tags[tag.tag] = tag.version
    for link in connection.execute(
        select(links.c.package_id, links.c.software).where(links.c.package_id.in_(of_registry))
    ):
        found[link.package_id].software.add(link.software)
    return named


def _of_registry(registry: str) -> Select[Any]:
    return select(packages.c.id).where(packages.c.registry == registry)
