"""What is exported of the catalogue: statements whose rows are read once, from one end to the other.

What is deleted is left out. Names of people are not in them: only accounts' ids, of which pseudonyms are made.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from msgspec import Struct
from sqlalchemy import case, func, select

from tgtui.data.models.live import is_here
from tgtui.data.models.tables import (
    package_dependencies,
    package_interactions,
    package_tags,
    package_versions,
    packages,
    tags,
)
from tgtui.data.storage.sql import AnySelect
from tgtui.data.versions.edges import installed, place_of_use
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import USES
from tgtui.registries.base import REGISTRIES

__all__ = ["REGISTRIES", "Kind", "Source"]

Kind = Literal["key", "text", "count", "flag", "time", "day"]
"""How a column's values are written: an id, text, a number, 0 or 1, a moment in UTC, a date."""


class Source(Struct, frozen=True):
    """A statement, and the kind of each of its columns by name, in its order."""

    statement: AnySelect
    columns: dict[str, Kind]


@cache
def packages_source() -> Source:
    """One row for each package, with its latest version."""
    latest, version = package_versions.alias(), package_versions.alias()
    applied = (
        select(func.count())
        .select_from(package_tags)
        .join(tags, tags.c.id == package_tags.c.tag_id)
        .where(package_tags.c.package_id == packages.c.id, tags.c.deleted_at.is_(None))
        .correlate(packages)
    )
    known = select(func.count()).where(version.c.package_id == packages.c.id).correlate(packages)
    statement = (
        select(
            packages.c.id,
            packages.c.registry,
            packages.c.name,
            packages.c.description,
            packages.c.created_at,
            latest.c.id.label("latest_version_id"),
            latest.c.version.label("latest_version"),
            latest.c.published_at.label("latest_published_at"),
            latest.c.is_yanked.label("is_deprecated"),
            known.scalar_subquery().label("versions"),
            applied.scalar_subquery().label("tags"),
        )
        .select_from(packages)
        .outerjoin(latest, latest.c.id == latest_version_id(packages.c.id))
        .where(packages.c.deleted_at.is_(None))
    )
    return Source(
        statement,
        {
            "id": "key",
            "registry": "text",
            "name": "text",
            "description": "text",
            "created_at": "time",
            "latest_version_id": "key",
            "latest_version": "text",
            "latest_published_at": "time",
            "is_deprecated": "flag",
            "versions": "count",
            "tags": "count",
        },
    )


@cache
def versions_source() -> Source:
    """One row for each version."""
    version = package_versions
    statement = select(
        version.c.id,
        version.c.package_id,
        version.c.version,
        version.c.published_at,
        version.c.is_prerelease,
        version.c.is_yanked,
    ).where(is_here(version.c.package_id))
    return Source(
        statement,
        {
            "id": "key",
            "package_id": "key",
            "version": "text",
            "published_at": "time",
            "is_prerelease": "flag",
            "is_yanked": "flag",
        },
    )


@cache
def dependencies_source() -> Source:
    """One row for each edge, with the same words and rules as everywhere else."""
    edge = package_dependencies
    words = dict(enumerate(USES))
    statement = select(
        edge.c.version_id,
        edge.c.package_id,
        edge.c.dependency_registry,
        edge.c.dependency_name,
        edge.c.dependency_version_range,
        edge.c.resolved_version_id,
        edge.c.dependency_package_id,
        edge.c.dependency_type,
        case(words, value=place_of_use(edge.c)).label("use"),
        edge.c.is_optional,
        case((installed(edge.c), 1), else_=0).label("is_followed"),
    ).where(is_here(edge.c.package_id))
    return Source(
        statement,
        {
            "version_id": "key",
            "package_id": "key",
            "dependency_registry": "text",
            "dependency_name": "text",
            "dependency_version_range": "text",
            "resolved_version_id": "key",
            "dependency_package_id": "key",
            "dependency_type": "text",
            "use": "text",
            "is_optional": "flag",
            "is_followed": "flag",
        },
    )


@cache
def interactions_source() -> Source:
    """One row for each account, package, kind and day."""
    each = package_interactions
    statement = select(
        each.c.id, each.c.package_id, each.c.account_id, each.c.kind, each.c.day, each.c.created_at
    ).where(is_here(each.c.package_id))
    return Source(
        statement,
        {
            "id": "key",
            "package_id": "key",
            "account_id": "key",
            "kind": "text",
            "day": "day",
            "created_at": "time",
        },
    )
