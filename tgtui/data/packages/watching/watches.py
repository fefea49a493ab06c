"""Which packages an account watches: adding, ending, the list of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, delete, func, select, tuple_

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import counted, number
from tgtui.basics.ids import uuid7s
from tgtui.data.models.personal import package_watches
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.packages.watching.news import read_news
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import AnySelect, changed_rows, insert_missing, slices
from tgtui.data.storage.times import database_now
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.watching import NewsGlance, WatchedCursor, WatchedPage, WatchedRow

MAX_WATCHED = 10_000
"""Of one account: each is fetched daily."""
WATCHED_PAGE = 200
GLANCED_AT = 200
"""Packages with news that are looked through for the line that says what is new."""
GLANCE = 4
"""Packages that this line is about at most."""

w = package_watches.c
Cursor = WatchedCursor


def watch(connection: Connection, account_id: UUID, package_ids: Sequence[UUID]) -> int:
    """Watch these; returns how many were not watched yet. UsageError if they are too many."""
    known = watched_among(connection, account_id, package_ids)
    new = [id for id in dict.fromkeys(package_ids) if id not in known]
    if new and watch_count(connection, account_id) + len(new) > MAX_WATCHED:
        raise UsageError(
            f"You can watch at most {number(MAX_WATCHED)} packages, because each is fetched daily;"
            f" end watching some, and then watch {counted(len(new), 'package')} more."
        )
    now = database_now(connection)
    rows = [
        {
            "id": id,
            "account_id": account_id,
            "package_id": package_id,
            "news": None,
            "news_at": None,
            "created_at": now,
        }
        for id, package_id in zip(uuid7s(len(new)), new, strict=True)
    ]
    count = insert_missing(connection, package_watches, rows)
    announce(connection, "packages")
    return count


def unwatch(
    connection: Connection, account_id: UUID, package_ids: Collection[UUID] | None = None
) -> int:
    """End watching these, or all; returns how many were watched."""
    mine = delete(package_watches).where(w.account_id == account_id)
    if package_ids is None:
        count = changed_rows(connection, mine)
    else:
        count = sum(
            changed_rows(connection, mine.where(w.package_id.in_(some)))
            for some in slices(sorted(set(package_ids)))
        )
    announce(connection, "packages")
    return count


def watched_among(
    connection: Connection, account_id: UUID, package_ids: Collection[UUID]
) -> set[UUID]:
    """Those of these that the account watches."""
    found: set[UUID] = set()
    for some in slices(sorted(set(package_ids))):
        found.update(
            connection.scalars(
                select(w.package_id).where(w.account_id == account_id, w.package_id.in_(some))
            )
        )
    return found


def watch_count(connection: Connection, account_id: UUID) -> int:
    """How many packages the account watches, deleted ones too."""
    return connection.scalar(select(func.count()).where(w.account_id == account_id)) or 0


def watched_page(
    connection: Connection,
    account_id: UUID,
    *,
    after: Cursor | None = None,
    limit: int = WATCHED_PAGE,
    only_news: bool = False,
) -> WatchedPage:
    """What has news first, the latest first; then the others by name."""
    found: list[tuple[WatchedRow, Cursor]] = []
    if after is None or after.news_at is not None:
        newer: list[Any] = [w.news_at.is_not(None)]
        if after is not None:
            newer.append(tuple_(w.news_at, w.id) < (after.news_at, after.id))
        in_order = (w.news_at.desc(), w.id.desc())
        found = _read(connection, account_id, [*newer], in_order, limit + 1)
    if len(found) <= limit and not only_news:
        others: list[Any] = [w.news_at.is_(None)]
        if after is not None and after.news_at is None:
            others.append(tuple_(packages.c.search_name, w.id) > (after.name, after.id))
        by_name = (packages.c.search_name, w.id)
        found += _read(connection, account_id, others, by_name, limit + 1 - len(found))
    page = found[:limit]
    return WatchedPage(
        tuple(row for row, _cursor in page), page[-1][1] if len(found) > limit else None
    )


def watched_row(connection: Connection, account_id: UUID, package_id: UUID) -> WatchedRow | None:
    """None if the account does not watch the package."""
    found = _read(connection, account_id, [w.package_id == package_id], (w.id,), 1)
    return found[0][0] if found else None


def news_glance(connection: Connection, account_id: UUID) -> NewsGlance:
    """For the line that says what is new."""
    newest = watched_page(connection, account_id, limit=GLANCED_AT, only_news=True).rows
    is_live = packages.c.deleted_at.is_(None)
    watched, news = connection.execute(
        select(func.count(), func.count(case((w.news_at.is_not(None), 1))))
        .select_from(package_watches.join(packages, packages.c.id == w.package_id))
        .where(w.account_id == account_id, is_live)
    ).one()
    loud_first = sorted(newest, key=lambda row: row.news is not None and row.news.is_quiet)
    return NewsGlance(watched, news, tuple(loud_first[:GLANCE]))


def _read(
    connection: Connection, account_id: UUID, conditions: Sequence[Any], order: Any, limit: int
) -> list[tuple[WatchedRow, Cursor]]:
    statement = _rows().where(w.account_id == account_id, *conditions)
    return [
        (
            WatchedRow(
                package_id=row.package_id,
                registry=row.registry,
                name=row.name,
                latest_version=row.version,
                published_at=row.published_at,
                is_deprecated=bool(row.is_yanked),
                watched_since=row.created_at,
                news=read_news(row.news) if row.news_at is not None else None,
                news_at=row.news_at,
            ),
            Cursor(row.news_at, row.search_name, row.id),
        )
        for row in connection.execute(statement.order_by(*order).limit(limit))
    ]


@cache
def _rows() -> AnySelect:
    """Built once, because that takes longer than running it."""
    latest = package_versions.alias()
    return (
        select(
            *package_watches.columns,
            packages.c.registry,
            packages.c.name,
            packages.c.search_name,
            latest.c.version,
            latest.c.published_at,
            latest.c.is_yanked,
        )
        .select_from(package_watches)
        .join(packages, packages.c.id == w.package_id)
        .outerjoin(latest, latest.c.id == latest_version_id(packages.c.id))
        .where(packages.c.deleted_at.is_(None))
    )
