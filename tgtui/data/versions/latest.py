"""Which version is a package's latest: calculated in the query, never stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from tgtui.data.models.tables import PackageVersionColumns, package_dist_tags, package_versions
from tgtui.data.storage.sql import literal


def latest_version_id(package_id: ColumnElement[UUID] | Any) -> ColumnElement[UUID]:
    """The `latest` dist-tag, else the highest neither yanked nor prerelease, else the highest."""
    tagged = package_versions.alias()
    by_tag = (
        select(tagged.c.id)
        .join(
            package_dist_tags,
            (package_dist_tags.c.package_id == tagged.c.package_id)
            & (package_dist_tags.c.version == tagged.c.version),
        )
        .where(
            package_dist_tags.c.package_id == package_id,
            package_dist_tags.c.tag == literal("latest"),
        )
        .limit(1)
    )
    steady = package_versions.alias()
    highest_steady = _highest(steady.c, package_id).where(
        steady.c.is_yanked.is_(False), steady.c.is_prerelease.is_(False)
    )
    highest = _highest(package_versions.alias().c, package_id)
    return func.coalesce(
        by_tag.scalar_subquery(), highest_steady.scalar_subquery(), highest.scalar_subquery()
    )


def _highest(version: PackageVersionColumns, package_id: Any) -> Select[UUID]:
    return (
        select(version.id)
        .where(version.package_id == package_id)
        .order_by(version.sort_key.desc())
        .limit(1)
    )
