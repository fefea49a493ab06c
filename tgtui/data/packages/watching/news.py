"""What is new of watched packages: written down by whoever stores a package, for each account that watches it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from tgtui.basics.text import clean
from tgtui.data.models.personal import package_watches
from tgtui.data.storage.changes import announce
from tgtui.data.storage.sql import changed_rows, slices
from tgtui.data.storage.times import database_now
from tgtui.data.views.watching import News

NAMED = 20
"""Versions of one kind that are kept by name; the others are counted."""
MAX_REASON = 200

w = package_watches.c

_WATCHED = select(w.package_id).where(w.package_id.in_(bindparam("ids", expanding=True))).distinct()
# In the order of all transactions: whoever marks news as seen locks them in the same one.
_HELD = (
    select(w.id, w.package_id, w.news)
    .where(w.package_id.in_(bindparam("ids", expanding=True)))
    .order_by(w.id)
    .with_for_update()
)
_WRITE = (
    update(package_watches)
    .where(w.id == bindparam("of_id"))
    .values(news=bindparam("news"), news_at=bindparam("news_at"))
)


class NewVersion(Struct, frozen=True):
    """A version that was stored first, or whose withdrawal changed."""

    package_id: UUID
    version: str
    sort_key: str
    is_prerelease: bool = False
    reason: str | None = None
    """Of a withdrawal, in the registry's words."""


def watched_by_anyone(connection: Connection, package_ids: Collection[UUID]) -> set[UUID]:
    """Those of these that some account watches."""
    found: set[UUID] = set()
    for some in slices(sorted(set(package_ids))):
        found.update(connection.scalars(_WATCHED, {"ids": some}))
    return found


def watched_packages(connection: Connection) -> set[UUID]:
    """All that some account watches."""
    return set(connection.scalars(select(w.package_id).distinct()))


def tell_watchers(
    connection: Connection,
    *,
    new: Iterable[NewVersion] = (),
    withdrawn: Iterable[NewVersion] = (),
    back: Iterable[NewVersion] = (),
    first: Collection[UUID] = (),
) -> None:
    """Write down for each account what is new of packages that it watches.

    `withdrawn` versions are deprecated or yanked by now, those in `back` no longer are; packages in `first` had no
    version before.
    """
    changes: dict[UUID, _Change] = {}
    for version in new:
        change = changes.setdefault(version.package_id, _Change([], [], []))
        change.new.append(version)
    for version in withdrawn:
        change = changes.setdefault(version.package_id, _Change([], [], []))
        change.withdrawn.append(version)
    for version in back:
        change = changes.setdefault(version.package_id, _Change([], [], []))
        change.back.append(version)
    now = database_now(connection)
    for some in slices(sorted(changes)):
        held = connection.execute(_HELD, {"ids": some}).all()
        written = []
        for row in held:
            before = read_news(row.news) if row.news is not None else News()
            after = _with(before, changes[row.package_id], row.package_id in first)
            if after != before:
                is_none = after == News()
                text = None if is_none else json.dumps(asdict(after))
                written.append({"of_id": row.id, "news": text, "news_at": None if is_none else now})
        if written:
            connection.execute(_WRITE, written)
            announce(connection, "packages")


def unseen(connection: Connection, account_id: UUID) -> dict[UUID, datetime]:
    """When the last news of each package that has any came in: what `mark_seen` takes."""
    mine = connection.execute(select(w.package_id, w.news_at).where(_is_news_of(account_id)))
    return {row.package_id: row.news_at for row in mine if row.news_at is not None}


def mark_seen(connection: Connection, account_id: UUID, seen: Mapping[UUID, datetime]) -> int:
    """The account has seen the news of these packages that came in until then; returns how many had any.

    What came in since stays, together with what it was added to.
    """
    mine = select(w.id, w.package_id, w.news_at).where(_is_news_of(account_id))
    held = connection.execute(mine.order_by(w.id).with_for_update())
    ids = [row.id for row in held if seen.get(row.package_id) == row.news_at]
    cleared = update(package_watches).values(news=None, news_at=None)
    count = sum(changed_rows(connection, cleared.where(w.id.in_(some))) for some in slices(ids))
    if count:
        announce(connection, "packages")
    return count


def _is_news_of(account_id: UUID) -> ColumnElement[bool]:
    return and_(w.account_id == account_id, w.news_at.is_not(None))


def read_news(text: str) -> News:
    """What `tell_watchers` wrote."""
    known: Mapping[str, Any] = json.loads(text)
    lists = ("versions", "prereleases", "deprecated")
    return News(**{**known, **{name: tuple(known[name]) for name in lists}})


class _Change(Struct):
    new: list[NewVersion]
    withdrawn: list[NewVersion]
    back: list[NewVersion]


def _with(news: News, change: _Change, is_first: bool) -> News:
    steady = [each for each in change.new if not each.is_prerelease]
    early = [each for each in change.new if each.is_prerelease]
    back = {each.version for each in change.back}
    still = tuple(version for version in news.deprecated if version not in back)
    reason = news.reason
    if change.withdrawn:
        latest = max(change.withdrawn, key=lambda each: each.sort_key)
        reason = clean(latest.reason or "", MAX_REASON) or None
    gone = len(news.deprecated) - len(still)
    deprecated_count = max(news.deprecated_count - gone, 0) + len(change.withdrawn)
    return replace(
        news,
        versions=_newest(steady, news.versions),
        version_count=news.version_count + len(steady),
        prereleases=_newest(early, news.prereleases),
        prerelease_count=news.prerelease_count + len(early),
        deprecated=_newest(change.withdrawn, still),
        deprecated_count=deprecated_count,
        reason=reason if deprecated_count else None,
        is_first=news.is_first or is_first,
    )


def _newest(new: Sequence[NewVersion], before: tuple[str, ...]) -> tuple[str, ...]:
    """Newest first, in front of what came in before."""
    ordered = sorted(new, key=lambda each: each.sort_key, reverse=True)
    names = dict.fromkeys([*(clean(each.version) for each in ordered), *before])
    return tuple(names)[:NAMED]
