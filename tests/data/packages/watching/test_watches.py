"""What an account watches is its own, and its list is read in pages."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, select

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.data.models.personal import package_comparisons, package_watches
from tgtui.data.models.tables import accounts, packages
from tgtui.data.packages.watching import watches
from tgtui.data.packages.watching.news import NewVersion, tell_watchers
from tgtui.data.search.results import search_packages
from tgtui.data.views.watching import News, WatchedCursor, WatchedRow
from tgtui.syntax.query import parse_search


def test_an_account_watches_and_ends_for_itself_alone(connection: Connection) -> None:
    ada, bob = rows.add_account(connection), rows.add_account(connection, "bob")
    a, b = (rows.add_release(connection, name)[0] for name in "ab")
    assert watches.watch(connection, ada, [a, b, a]) == 2
    assert watches.watch(connection, ada, [a]) == 0
    assert watches.watch(connection, bob, [a]) == 1
    assert watches.watched_among(connection, ada, [a, b]) == {a, b}
    assert watches.unwatch(connection, ada, [a]) == 1
    assert watches.unwatch(connection, ada, [a]) == 0
    assert [row.name for row in watches.watched_page(connection, ada).rows] == ["b"]
    assert watches.unwatch(connection, ada) == 1
    assert watches.watch_count(connection, ada) == 0
    assert watches.watch_count(connection, bob) == 1


def test_the_list_has_news_first_and_then_goes_by_name_whatever_the_size_of_pages(
    connection: Connection,
) -> None:
    ada = rows.add_account(connection)
    ids = {name: rows.add_release(connection, name)[0] for name in "fedcba"}
    watches.watch(connection, ada, list(ids.values()))
    for name in "dbe":  # news of b and e came in at one moment
        tell_watchers(connection, new=[NewVersion(ids[name], "2.0.0", "2")])
    whole = watches.watched_page(connection, ada).rows
    assert {row.name for row in whole[:3]} == {"b", "d", "e"}
    assert [row.name for row in whole[3:]] == ["a", "c", "f"]
    paged: list[WatchedRow] = []
    after: WatchedCursor | None = None
    for _page in range(6):
        page = watches.watched_page(connection, ada, after=after, limit=1)
        paged += page.rows
        after = page.next_cursor
    assert (tuple(paged), after) == (whole, None)
    news = watches.watched_page(connection, ada, only_news=True).rows
    assert news == whole[:3]
    assert whole[0].news == News(versions=("2.0.0",), version_count=1)
    assert (whole[0].latest_version, whole[3].news) == ("1.0.0", None)


def test_a_deleted_package_is_not_listed_and_comes_back(connection: Connection) -> None:
    ada, (a, _version) = rows.add_account(connection), rows.add_release(connection, "a")
    watches.watch(connection, ada, [a])
    tell_watchers(connection, new=[NewVersion(a, "2.0.0", "2")])
    row = packages.update().where(packages.c.id == a)
    connection.execute(row.values(deleted_at=rows.DAY_ONE))
    assert watches.watched_page(connection, ada).rows == ()
    assert watches.news_glance(connection, ada).news == 0
    connection.execute(row.values(deleted_at=None))
    assert watches.news_glance(connection, ada).news == 1


def test_the_glance_names_prereleases_last(connection: Connection) -> None:
    ada = rows.add_account(connection)
    ids = [rows.add_release(connection, name)[0] for name in "abcdef"]
    watches.watch(connection, ada, ids)
    for id in ids[:5]:
        tell_watchers(connection, new=[NewVersion(id, "2.0.0-rc.1", "2", is_prerelease=True)])
    tell_watchers(connection, new=[NewVersion(ids[5], "2.0.0", "2")])
    glance = watches.news_glance(connection, ada)
    assert (glance.watched, glance.news, len(glance.first)) == (6, 6, watches.GLANCE)
    assert glance.first[0].name == "f"


def test_an_account_that_is_deleted_loses_what_it_kept(connection: Connection) -> None:
    ada, bob = rows.add_account(connection), rows.add_account(connection, "bob")
    package, _version = rows.add_release(connection, "a")
    for account in (ada, bob):
        rows.add_watch(connection, account, package)
        rows.add_comparison(connection, account)
    connection.execute(delete(accounts).where(accounts.c.id == ada))
    for table in (package_watches, package_comparisons):
        assert list(connection.scalars(select(table.c.account_id))) == [bob]


def test_too_many_are_refused_with_what_to_do(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "MAX_WATCHED", 2)
    ada = rows.add_account(connection)
    ids = [rows.add_release(connection, name)[0] for name in "abc"]
    with pytest.raises(UsageError, match="at most 2 packages"):
        watches.watch(connection, ada, ids)
    assert watches.watch(connection, ada, ids[:2]) == 2
    assert watches.watch(connection, ada, ids[:1]) == 0


def test_a_search_finds_what_the_person_watches(connection: Connection) -> None:
    ada = rows.add_account(connection)
    a, _b = (rows.add_release(connection, name)[0] for name in ("tool-a", "tool-b"))
    watches.watch(connection, ada, [a])

    def found(search: str, account: object = ada) -> list[str]:
        query = parse_search(search).asked_by(ada if account is ada else None)
        return [row.name for row in search_packages(connection, query).rows]

    assert found("is:watched") == ["tool-a"]
    assert found("tool is:watched sort:name") == ["tool-a"]
    assert found("tool -is:watched") == ["tool-b"]
    assert found("is:watched", None) == []
    assert found("tool -is:watched", None) == ["tool-a", "tool-b"]
