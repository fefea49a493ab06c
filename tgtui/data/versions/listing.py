"""The versions of a package: one by its text or dist-tag, all of them in pages, their number by month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, tuple_

from tgtui.data.models.live import is_here
from tgtui.data.models.tables import package_dist_tags, package_versions
from tgtui.data.storage.sql import AnySelect, month_of
from tgtui.data.versions.advisories.reading import worst_of
from tgtui.data.views.versions import VersionCursor, VersionOrder, VersionPage, VersionRow

VERSIONS_PAGE = 200

_ROWS: AnySelect = select(*package_versions.columns).where(is_here(package_versions.c.package_id))
_DIST_TAGS = (
    select(package_dist_tags.c.tag, package_dist_tags.c.version)
    .where(package_dist_tags.c.package_id == bindparam("package_id"))
    .order_by(package_dist_tags.c.tag)
)


def version_row(connection: Connection, version_id: UUID) -> VersionRow | None:
    """One version; None if it is gone."""
    rows = _version_rows(connection, [package_versions.c.id == version_id], limit=1)
    return rows[0][0] if rows else None


def find_version(connection: Connection, package_id: UUID, version: str) -> VersionRow | None:
    """A version by its text, else by a dist-tag; None if there is none."""
    tagged = (
        select(package_dist_tags.c.version)
        .where(package_dist_tags.c.package_id == package_id, package_dist_tags.c.tag == version)
        .scalar_subquery()
    )
    exact = (
        select(package_versions.c.version)
        .where(package_versions.c.package_id == package_id, package_versions.c.version == version)
        .scalar_subquery()
    )
    wanted = [
        package_versions.c.package_id == package_id,
        package_versions.c.version == func.coalesce(exact, tagged),
    ]
    rows = _version_rows(connection, wanted, limit=1)
    return rows[0][0] if rows else None


def versions_page(
    connection: Connection,
    package_id: UUID,
    *,
    order: VersionOrder = "newest",
    after: VersionCursor | None = None,
    limit: int = VERSIONS_PAGE,
) -> VersionPage:
    """A page in the ecosystem's order or by date, in either direction. Sort keys are unique within a package.

    By date, versions without a known date come last, in the ecosystem's order.
    """
    version, is_rising = package_versions, order in {"oldest", "first"}
    of_package = version.c.package_id == package_id
    found: list[tuple[VersionRow, str]] = []
    if order in {"newest", "oldest"}:
        beyond = [] if after is None else [_beyond(version.c.sort_key, after.sort_key, is_rising)]
        found = _version_rows(
            connection, [of_package, *beyond], [_in(version.c.sort_key, is_rising)], limit=limit + 1
        )
    else:
        keys = (version.c.published_at, version.c.sort_key)
        if after is None or after.published_at is not None:
            beyond = []
            if after is not None:
                place = (after.published_at, after.sort_key)
                beyond = [tuple_(*keys) > place if is_rising else tuple_(*keys) < place]
            dated = [of_package, version.c.published_at.is_not(None), *beyond]
            by_date = [_in(key, is_rising) for key in keys]
            found = _version_rows(connection, dated, by_date, limit=limit + 1)
        if len(found) <= limit:
            undated = [of_package, version.c.published_at.is_(None)]
            if after is not None and after.published_at is None:
                undated.append(_beyond(version.c.sort_key, after.sort_key, is_rising))
            by_key = [_in(version.c.sort_key, is_rising)]
            found += _version_rows(connection, undated, by_key, limit=limit + 1 - len(found))
    page = found[:limit]
    cursor = None
    if len(found) > limit:
        last, key = page[-1]
        is_by_date = order in {"latest", "first"}
        cursor = VersionCursor(last.published_at if is_by_date else None, key)
    return VersionPage(tuple(row for row, _key in page), cursor)


def releases_by_month(connection: Connection, package_id: UUID, since: datetime) -> dict[str, int]:
    """How many versions were published in each month since then, by `2026-01`; months without any have no key."""
    month = month_of(package_versions.c.published_at)
    rows = connection.execute(
        select(month, func.count())
        .where(
            package_versions.c.package_id == package_id,
            package_versions.c.published_at >= since,
            is_here(package_versions.c.package_id),
        )
        .group_by(month)
    )
    return {row[0]: row[1] for row in rows}


def _beyond(column: Any, value: Any, is_rising: bool) -> ColumnElement[bool]:
    beyond: ColumnElement[bool] = column > value if is_rising else column < value
    return beyond


def _in(column: Any, is_rising: bool) -> Any:
    return column.asc() if is_rising else column.desc()


def _version_rows(
    connection: Connection,
    conditions: Iterable[ColumnElement[bool]],
    order: Iterable[Any] = (),
    *,
    limit: int,
) -> list[tuple[VersionRow, str]]:
    rows = connection.execute(_ROWS.where(*conditions).order_by(*order).limit(limit)).all()
    tags = _dist_tags(connection, rows[0].package_id) if rows else {}
    worst = worst_of(connection, [row.id for row in rows])
    return [
        (
            VersionRow(
                id=row.id,
                package_id=row.package_id,
                version=row.version,
                published_at=row.published_at,
                is_prerelease=row.is_prerelease,
                is_yanked=row.is_yanked,
                yank_message=row.yank_message,
                dist_tags=tags.get(row.version, ()),
                dependencies_loaded=row.dependencies_fetched_at is not None,
                dependencies_wanted=row.dependencies_fetched_at is None
                and row.dependencies_wanted_at is not None,
                worst=worst.get(row.id),
            ),
            row.sort_key,
        )
        for row in rows
    ]


def _dist_tags(connection: Connection, package_id: UUID) -> dict[str, tuple[str, ...]]:
    tags: dict[str, tuple[str, ...]] = {}
    for tag, version in connection.execute(_DIST_TAGS, {"package_id": package_id}):
        tags[version] = (*tags.get(version, ()), tag)
    return tags
