"""What is new of a watched package, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tgtui.basics.formatting import counted, number
from tgtui.data.views.watching import News, NewsGlance, WatchedRow

NAMED = 3
"""Versions of one kind that a line names."""
NOTHING_NEW = "Nothing is new of what you watch."
NOTHING_WATCHED = "You watch no packages yet."


def news_in_words(news: News) -> str:
    """`19.2.1, 19.2.0 · 2 prereleases · deprecated 18.0.0: use 19`. Hostile text."""
    parts = ["now in the catalogue"] if news.is_first else []
    if news.version_count and not news.is_first:
        parts.append(_listed(news.versions, news.version_count))
    elif news.version_count:
        parts.append(f"{news.versions[0]} and {counted(news.version_count - 1, 'older version')}")
    if news.prerelease_count:
        is_all = news.is_quiet
        parts.append(
            f"prerelease {_listed(news.prereleases, news.prerelease_count)}"
            if is_all
            else counted(news.prerelease_count, "prerelease")
        )
    if news.deprecated_count:
        reason = f": {news.reason}" if news.reason else ""
        parts.append(f"deprecated {_listed(news.deprecated, news.deprecated_count)}{reason}")
    return " · ".join(parts)


def shortly(row: WatchedRow) -> str:
    """`react 19.2.1`, or `request deprecated`. Hostile text."""
    news = row.news
    if news is None:
        return row.name
    if news.version_count:
        return f"{row.name} {news.versions[0]}"
    if news.is_first:
        return f"{row.name} is here"
    if news.deprecated_count:
        return f"{row.name} deprecated"
    return f"{row.name} {news.prereleases[0]}"


def glance_in_words(glance: NewsGlance) -> str:
    """`react 19.2.1 · request deprecated · 3 more`; empty if nothing is new. Hostile text."""
    told = [shortly(row) for row in glance.first]
    more = glance.news - len(told)
    return " · ".join([*told, *([f"{number(more)} more"] if told and more > 0 else [])])


def malware_in_words(malware: Sequence[str]) -> str:
    """`npm:chalk@5.6.1, npm:debug@4.4.2 and 3 more`. Hostile text."""
    return _listed(malware, len(malware))


def record(row: WatchedRow) -> dict[str, Any]:
    """A package with its news, for JSON."""
    news = row.news
    return {
        "package": f"{row.registry}:{row.name}",
        "latest_version": row.latest_version,
        "published_at": row.published_at,
        "is_deprecated": row.is_deprecated,
        "watched_since": row.watched_since,
        "news_at": row.news_at,
        "news": None if news is None else news,
    }


def _listed(names: Sequence[str], count: int) -> str:
    more = count - len(names[:NAMED])
    return ", ".join(names[:NAMED]) + (f" and {number(more)} more" if more > 0 else "")
