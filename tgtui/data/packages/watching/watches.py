"""Which packages an account watches: adding, ending, the list of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import counted, number
from tgtui.basics.ids import uuid7s
from tgtui.data.models.live import is_here
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
GLANCED_AT = 50
"""Packages with news that are looked through for the line that says what is new."""
GLANCE = 4
"""Packages that this line is about at most."""

w, p = package_watches.c, packages.c
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
            others.append(tuple_(p.search_name, w.id) > (after.name, after.id))
        by_name = (p.search_name, w.id)
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
    watched, news = connection.execute(
        select(func.count(), func.count(w.news_at)).where(
            w.account_id == account_id, is_here(w.package_id)
        )
    ).one()
    loud_first = sorted(newest, key=lambda row: row.news is not None and row.news.is_quiet)
    return NewsGlance(watched, news, tuple(loud_first[:GLANCE]))


def _read(
    connection: Connection, account_id: UUID, conditions: Sequence[Any], order: Any, limit: int
) -> list[tuple[WatchedRow, Cursor]]:
    """`order` is of columns of the watch and of its package."""
    statement = (
        select(*package_watches.columns, p.registry, p.name, p.search_name)
        .join(packages, p.id == w.package_id)
        .where(w.account_id == account_id, p.deleted_at.is_(None), *conditions)
        .order_by(*order)
        .limit(limit)
    )
    found = connection.execute(statement).all()
    latest = _latest(connection, [row.package_id for row in found])
    return [
        (
            WatchedRow(
                package_id=row.package_id,
                registry=row.registry,
                name=row.name,
                latest_version=of.version if (of := latest.get(row.package_id)) else None,
                published_at=of.published_at if of else None,
                is_deprecated=bool(of.is_yanked) if of else False,
                watched_since=row.created_at,
                news=read_news(row.news) if row.news_at is not None else None,
                news_at=row.news_at,
            ),
            Cursor(row.news_at, row.search_name, row.id),
        )
        for row in found
    ]


def _latest(connection: Connection, package_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Apart: the database would look for it before it knows which rows are on the page."""
    found: dict[UUID, Any] = {}
    for some in slices(package_ids):
        for row in connection.execute(_latest_versions(), {"ids": some}):
            found[row.id] = row
    return found


@cache
def _latest_versions() -> AnySelect:
    """Built once, because that takes longer than running it."""
    v = package_versions.alias()
    source = packages.join(v, v.c.id == latest_version_id(p.id))
    columns = (p.id, v.c.version, v.c.published_at, v.c.is_yanked)
    return select(*columns).select_from(source).where(p.id.in_(bindparam("ids", expanding=True)))
