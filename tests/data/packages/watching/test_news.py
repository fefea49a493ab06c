"""What came in since an account last looked: nothing is lost, nothing is told twice."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.packages.watching import news, watches
from tgtui.data.packages.watching.news import NewVersion, mark_seen, tell_watchers, unseen
from tgtui.data.views.watching import News, WatchedRow
from tgtui.output.watching import glance_in_words, news_in_words, shortly


@pytest.fixture
def ada(connection: Connection) -> UUID:
    return rows.add_account(connection)


@pytest.fixture
def package(connection: Connection, ada: UUID) -> UUID:
    package, _version = rows.add_release(connection, "react")
    watches.watch(connection, ada, [package])
    return package


def row_of(connection: Connection, ada: UUID, package: UUID) -> WatchedRow:
    row = watches.watched_row(connection, ada, package)
    assert row is not None
    return row


def told(connection: Connection, ada: UUID, package: UUID) -> News | None:
    return row_of(connection, ada, package).news


def version(package: UUID, text: str, **more: object) -> NewVersion:
    return NewVersion(package, text, text, **more)  # type: ignore[arg-type]


def test_what_comes_in_is_added_to_what_was_not_seen(
    connection: Connection, ada: UUID, package: UUID
) -> None:
    assert told(connection, ada, package) is None
    tell_watchers(connection, new=[version(package, "1.1.0"), version(package, "1.2.0")])
    tell_watchers(
        connection,
        new=[version(package, "2.0.0"), version(package, "3.0.0-rc.1", is_prerelease=True)],
        withdrawn=[version(package, "1.0.0", reason="use 2")],
    )
    found = told(connection, ada, package)
    assert found == News(
        versions=("2.0.0", "1.2.0", "1.1.0"),
        version_count=3,
        prereleases=("3.0.0-rc.1",),
        prerelease_count=1,
        deprecated=("1.0.0",),
        deprecated_count=1,
        reason="use 2",
    )
    words = "2.0.0, 1.2.0, 1.1.0 · 1 prerelease · deprecated 1.0.0: use 2"
    assert news_in_words(found) == words


def test_what_is_no_longer_deprecated_is_no_news(
    connection: Connection, ada: UUID, package: UUID
) -> None:
    tell_watchers(connection, withdrawn=[version(package, "1.0.0", reason="mistake")])
    tell_watchers(connection, back=[version(package, "1.0.0")])
    assert told(connection, ada, package) is None
    assert unseen(connection, ada) == {}


def test_whoever_does_not_watch_it_is_told_nothing(connection: Connection, package: UUID) -> None:
    bob = rows.add_account(connection, "bob")
    tell_watchers(connection, new=[version(package, "1.1.0")])
    assert watches.news_glance(connection, bob).news == 0
    watches.watch(connection, bob, [package])
    assert watches.news_glance(connection, bob).news == 0


def test_seen_is_what_was_shown_and_no_more(
    connection: Connection, ada: UUID, package: UUID
) -> None:
    tell_watchers(connection, new=[version(package, "1.1.0")])
    shown = unseen(connection, ada)
    assert mark_seen(connection, ada, dict.fromkeys(shown, rows.DAY_ONE)) == 0
    assert told(connection, ada, package) is not None
    assert mark_seen(connection, ada, shown) == 1
    assert mark_seen(connection, ada, shown) == 0
    assert told(connection, ada, package) is None


def test_many_versions_are_counted_and_the_newest_named(
    connection: Connection, ada: UUID, package: UUID
) -> None:
    many = [version(package, f"1.{number:03}.0") for number in range(500)]
    tell_watchers(connection, new=many, first={package})
    found = told(connection, ada, package)
    assert found is not None
    assert (len(found.versions), found.version_count) == (news.NAMED, 500)
    assert found.versions[0] == "1.499.0"
    assert news_in_words(found) == "now in the catalogue · 1.499.0 and 499 older versions"
    tell_watchers(connection, withdrawn=[version(package, each.version) for each in many])
    words = "deprecated 1.499.0, 1.498.0, 1.497.0 and 497 more"
    after = told(connection, ada, package)
    assert after is not None
    assert news_in_words(after).endswith(words)


def test_hostile_text_is_harmless(connection: Connection, ada: UUID, package: UUID) -> None:
    evil = "x\x1b]2;owned\x07\n" * 100
    tell_watchers(connection, withdrawn=[version(package, "1.0.0\x1b[31m", reason=evil)])
    found = told(connection, ada, package)
    assert found is not None
    assert "\x1b" not in news_in_words(found)
    assert len(found.reason or "") <= news.MAX_REASON


def test_the_line_on_the_search_screen(connection: Connection, ada: UUID, package: UUID) -> None:
    def line() -> str:
        return shortly(row_of(connection, ada, package))

    tell_watchers(connection, new=[version(package, "2.0.0-rc.1", is_prerelease=True)])
    assert line() == "react 2.0.0-rc.1"
    tell_watchers(connection, withdrawn=[version(package, "1.0.0")])
    assert line() == "react deprecated"
    tell_watchers(connection, new=[version(package, "2.0.0")])
    assert line() == "react 2.0.0"
    others = [rows.add_release(connection, f"other{number}")[0] for number in range(6)]
    watches.watch(connection, ada, others)
    tell_watchers(connection, new=[version(id, "1.0.0") for id in others])
    assert glance_in_words(watches.news_glance(connection, ada)).endswith(" · 3 more")
