"""Which version is a package's latest: calculated in the query, never stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from tgtui.data.models.tables import PackageDistTag, PackageVersion
from tgtui.data.storage.sql import literal


def latest_version_id(package_id: ColumnElement[UUID] | Any) -> ColumnElement[UUID]:
    """The `latest` dist-tag, else the highest neither yanked nor prerelease, else the highest."""
    tagged = aliased(PackageVersion)
    by_tag = (
        select(tagged.id)
        .join(
            PackageDistTag,
            (PackageDistTag.package_id == tagged.package_id)
            & (PackageDistTag.version == tagged.version),
        )
        .where(PackageDistTag.package_id == package_id, PackageDistTag.tag == literal("latest"))
        .limit(1)
    )
    steady = aliased(PackageVersion)
    highest_steady = _highest(steady, package_id).where(
        steady.is_yanked.is_(False), steady.is_prerelease.is_(False)
    )
    highest = _highest(aliased(PackageVersion), package_id)
    return func.coalesce(
        by_tag.scalar_subquery(), highest_steady.scalar_subquery(), highest.scalar_subquery()
    )


def _highest(version: Any, package_id: Any) -> Select[UUID]:
    return (
        select(version.id)
        .where(version.package_id == package_id)
        .order_by(version.sort_key.desc())
        .limit(1)
    )
