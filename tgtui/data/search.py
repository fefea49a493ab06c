"""Finds packages: a page of rows, and apart from it the counts beside them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from tgtui.data.latest import latest_version_id
from tgtui.data.models import Package, PackageTag, PackageVersion, Tag
from tgtui.data.request_lists import newest_request_status
from tgtui.data.sql import AnySelect, like_pattern
from tgtui.data.tags import tags_of
from tgtui.data.views import Facet, PackageRow, SearchFacets, SearchPage
from tgtui.errors import UsageError
from tgtui.searching import SearchQuery

PAGE_SIZE = 100
WORD_STARTS = "-_./@ "
"""Characters after which a word of a package name begins."""

EXACT, PREFIX, WORD, SUBSTRING = range(4)


def fold(name: str) -> str:
    """How names are compared: without case."""
    return name.replace("\0", "").casefold()


def search_packages(
    session: Session, query: SearchQuery, *, after: str | None = None, limit: int = PAGE_SIZE
) -> SearchPage:
    """The exact name first, then prefix, word, substring; shorter names first. `after` is a cursor.

    Without words: in order of arrival, so that rows that come while one looks are added at the end.
    """
    order = _order(query)
    statement = _matching(select(Package.id, *order), query).order_by(*order).limit(limit + 1)
    if after is not None:
        # A plain tuple takes its types from the columns; with `tuple_` a key would be bound as text.
        statement = statement.where(tuple_(*order) > _read_cursor(after, len(order)))
    found = session.execute(statement).all()
    page = found[:limit]
    cursor = _write_cursor(page[-1]) if len(found) > limit else None
    return SearchPage(package_rows(session, [row.id for row in page]), cursor)


def search_facets(session: Session, query: SearchQuery) -> SearchFacets:
    """Counts under the current search; each facet's own choice does not narrow its counts."""
    count = func.count().label("count")
    any_registry = SearchQuery(query.words, frozenset(), query.tags, query.without_tags)
    registries = session.execute(
        _matching(select(Package.registry_name, count), any_registry)
        .group_by(Package.registry_name)
        .order_by(count.desc(), Package.registry_name)
    )
    tags = session.execute(
        _matching(select(Tag.slug, Tag.name, count), query)
        .select_from(Package)
        .join(PackageTag, PackageTag.package_id == Package.id)
        .join(Tag, and_(Tag.id == PackageTag.tag_id, Tag.deleted_at.is_(None)))
        .group_by(Tag.slug, Tag.name)
        .order_by(count.desc(), Tag.name)
    )
    return SearchFacets(
        matching=session.scalar(_matching(select(count), query)) or 0,
        catalogue=session.scalar(_matching(select(count), SearchQuery())) or 0,
        registries=tuple(Facet(row[0], row[0], row[1]) for row in registries),
        tags=tuple(Facet(row[0], row[1], row[2]) for row in tags),
    )


def package_rows(session: Session, ids: Sequence[UUID]) -> tuple[PackageRow, ...]:
    """Rows for these packages, in this order; one that is gone or deleted meanwhile is left out."""
    latest = aliased(PackageVersion)
    rows = session.execute(
        select(
            Package.id,
            Package.registry_name,
            Package.name,
            Package.description,
            Package.last_fetch_success,
            case((Package.last_fetch_success.is_(None), newest_request_status()), else_=None).label(
                "status"
            ),
            latest.version,
            latest.published_at,
            latest.is_yanked,
        )
        .outerjoin(latest, latest.id == latest_version_id(Package.id))
        .where(Package.id.in_(ids), Package.deleted_at.is_(None))
    )
    tags = tags_of(session, ids)
    by_id = {
        row.id: PackageRow(
            id=row.id,
            registry=row.registry_name,
            name=row.name,
            state=package_state(row.last_fetch_success is not None, row.status),
            latest_version=row.version,
            published_at=row.published_at,
            is_yanked=bool(row.is_yanked),
            description=row.description,
            tags=tags.get(row.id, ()),
        )
        for row in rows
    }
    return tuple(by_id[id] for id in ids if id in by_id)


def package_state(was_fetched: bool, status: str | None) -> Any:
    """PackageState from whether it was ever fetched and its newest request's status."""
    if was_fetched:
        return "ready"
    return {"pending": "queued", "fetching": "fetching", "failed": "failed"}.get(
        status or "", "unknown"
    )


def _matching(statement: AnySelect, query: SearchQuery) -> AnySelect:
    conditions: list[ColumnElement[bool]] = [Package.deleted_at.is_(None)]
    if query.registries:
        conditions.append(Package.registry_name.in_(sorted(query.registries)))
    conditions.extend(_contains(fold(word)) for word in query.words)
    conditions.extend(_has_tag(slug) for slug in sorted(query.tags))
    conditions.extend(~_has_tag(slug) for slug in sorted(query.without_tags))
    return statement.where(*conditions)


def _contains(word: str) -> ColumnElement[bool]:
    return Package.search_name.like(f"%{like_pattern(word)}%", escape="\\")


def _has_tag(slug: str) -> ColumnElement[bool]:
    return (
        select(PackageTag.id)
        .join(Tag, Tag.id == PackageTag.tag_id)
        .where(PackageTag.package_id == Package.id, Tag.slug == slug, Tag.deleted_at.is_(None))
        .exists()
    )


def _order(query: SearchQuery) -> list[Any]:
    if not query.words:
        return [Package.id]
    word = fold(query.words[0])
    pattern = like_pattern(word)
    starts_a_word = or_(
        *(
            Package.search_name.like(f"%{like_pattern(start)}{pattern}%", escape="\\")
            for start in WORD_STARTS
        )
    )
    match = case(
        (Package.search_name == word, EXACT),
        (Package.search_name.like(f"{pattern}%", escape="\\"), PREFIX),
        (starts_a_word, WORD),
        else_=SUBSTRING,
    )
    return [match, func.length(Package.search_name), Package.search_name, Package.id]


def _write_cursor(row: Row[*tuple[Any, ...]]) -> str:
    keys: list[Any] = [key.hex if isinstance(key, UUID) else key for key in tuple(row)[1:]]
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


def _read_cursor(cursor: str, length: int) -> tuple[Any, ...]:
    try:
        *keys, last = json.loads(base64.urlsafe_b64decode(cursor))
        if len(keys) != length - 1:
            raise ValueError
        return (*keys, UUID(hex=last))
    except (ValueError, TypeError, AttributeError):
        raise UsageError(
            "That page cursor is not from this search; start at its first page."
        ) from None
