"""Finds packages: a page of rows in the chosen order, with similar names at its end."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Connection, case, select

from tgtui.basics import clock
from tgtui.basics.errors import UsageError
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.requests.lists import newest_request_status
from tgtui.data.search.order import Place
from tgtui.data.search.pages import Search
from tgtui.data.search.typos import similar_names
from tgtui.data.search.walk import Found
from tgtui.data.storage.sql import AnySelect, among, dialect_of
from tgtui.data.tags.reading import tags_of
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.advisories import Worst
from tgtui.data.views.packages import PackageRow, package_state
from tgtui.data.views.searches import SearchPage
from tgtui.syntax.query import SearchQuery

PAGE_SIZE = 100


def search_packages(
    connection: Connection,
    query: SearchQuery,
    *,
    after: str | None = None,
    limit: int = PAGE_SIZE,
    now: datetime | None = None,
) -> SearchPage:
    """One page: the exact name first, then prefix, word, substring, description, then similar names; within each
    the most used here first. A sort in the query replaces these classes. `after` is a cursor (UsageError if it is
    from another search). Ages are counted from `now`."""
    search = Search(connection, query, now or clock.now())
    place = _read_cursor(after, query) if after is not None else None
    found = search.page(place, limit + 1)
    page = found[:limit]
    ids = [each.package_id for each in page]
    similar: list[UUID] = []
    cursor = None
    if len(found) > limit:
        cursor = write_cursor(page[-1].place, query)
    elif search.is_ranked and not _is_exact(after, page):
        similar = similar_names(connection, search)[: limit - len(page)]
    return SearchPage(package_rows(connection, [*ids, *similar]), cursor, frozenset(similar))


def _is_exact(after: str | None, page: Sequence[Found]) -> bool:
    """The typed name exists, on this page or before it, so it was not mistyped."""
    return after is not None or any(found.place.is_exact for found in page[:1])


def package_rows(connection: Connection, ids: Sequence[UUID]) -> tuple[PackageRow, ...]:
    """Rows for these packages, in this order, without those that are gone or deleted."""
    rows = connection.execute(_rows(dialect_of(connection)), {"ids": ids}).all() if ids else []
    tags = tags_of(connection, ids)
    by_id = {
        row.id: PackageRow(
            id=row.id,
            registry=row.registry,
            name=row.name,
            state=package_state(row.last_fetch_success is not None, row.status),
            latest_version=row.version,
            published_at=row.published_at,
            is_yanked=bool(row.is_yanked),
            description=row.description,
            tags=tags.get(row.id, ()),
            worst=Worst(row.advisories or 0, row.severity) if row.severity is not None else None,
        )
        for row in rows
    }
    return tuple(by_id[id] for id in ids if id in by_id)


def write_cursor(place: Place, query: SearchQuery) -> str:
    metric = place.metric.timestamp() if isinstance(place.metric, datetime) else place.metric
    keys = [_order_name(query), place.kind, metric, place.name, place.id]
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


def _read_cursor(cursor: str, query: SearchQuery) -> Place:
    try:
        order, kind, metric, name, id = json.loads(base64.urlsafe_b64decode(cursor))
        if order != _order_name(query) or not (isinstance(kind, int) and isinstance(id, int)):
            raise ValueError
        if query.sort == "updated":
            metric = datetime.fromtimestamp(metric, UTC)
        return Place(kind, metric, str(name), id)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise UsageError(
            "That page cursor is not from this search; start at its first page."
        ) from None


def _order_name(query: SearchQuery) -> str:
    """A cursor is valid only for the same order."""
    return f"{query.sort} of {query.text}"


@cache
def _rows(dialect: str) -> AnySelect:
    """Built once, because that takes longer than running it."""
    latest = package_versions.alias()
    return (
        select(
            packages.c.id,
            packages.c.registry,
            packages.c.name,
            packages.c.description,
            packages.c.last_fetch_success,
            case(
                (packages.c.last_fetch_success.is_(None), newest_request_status()), else_=None
            ).label("status"),
            latest.c.version,
            latest.c.published_at,
            latest.c.is_yanked,
            package_search.c.severity,
            package_search.c.advisories,
        )
        .select_from(packages)
        .outerjoin(package_search, package_search.c.package_id == packages.c.id)
        .outerjoin(latest, latest.c.id == latest_version_id(packages.c.id))
        .where(among(packages.c.id, "ids", dialect), packages.c.deleted_at.is_(None))
    )
