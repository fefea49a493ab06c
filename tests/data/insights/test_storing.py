"""Results are stored so that the newest are shown, and what was before stays where it is kept over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.insights import storing
from tgtui.data.insights.reading import answer, newest_refresh, package_insights
from tgtui.data.insights.storing import store
from tgtui.data.models.insights import insight_results, package_measures
from tgtui.data.models.search import package_search
from tgtui.data.packages.removal import delete_package
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import (
    MEASURE_KEYS,
    MEASURES,
    USE_WEEKS,
    Measure,
    Period,
    Result,
)
from tgtui.syntax.query import parse_search

DAY = date(2026, 3, 4)
"""A Wednesday."""


def result(
    insight: str,
    rank: int,
    value: float,
    package: UUID | None = None,
    key: str = "",
    *,
    registry: str = "",
    window: Period = "",
    name: str = "",
    details: str = "{}",
) -> Result:
    id = str(package) if package else None
    return Result(insight, registry, window, rank, id, name, key, value, details)


def measured(package: UUID, *counts: int) -> Iterator[Result]:
    for key, count in zip(MEASURE_KEYS, counts, strict=True):
        yield result(MEASURES, 0, count, package, key)


def planted(database: Database, *names: str) -> list[UUID]:
    return [database.write_now(rows.add_release, name)[0] for name in names]


def test_a_list_is_read_back_and_replaced_by_the_next(database: Database) -> None:
    a, b = planted(database, "a", "b")
    told = [
        result("popular", 1, 5, a, registry="npm", window="week", name="a", details='{"view": 3}'),
        result("popular", 2, 4.5, b, registry="npm", window="week", name="b"),
        result("popular", 1, 9, b, window="year", name="b"),
        result("freshness", 1, 2, key="a year", details='{"share": 0.5}'),
    ]
    assert store(database, DAY, told) == 4
    week = database.read_now(answer, "popular", "npm", "week")
    assert [(row.name, row.registry, row.package_id, row.value) for row in week.rows] == [
        ("a", "npm", a, 5),
        ("b", "npm", b, 4.5),
    ]
    assert week.rows[0].details == {"view": 3}
    assert week.as_of == DAY
    assert [row.key for row in database.read_now(answer, "freshness").rows] == ["a year"]
    store(database, DAY + timedelta(1), told[2:3])
    assert database.read_now(answer, "popular", "npm", "week").rows == ()
    assert [row.name for row in database.read_now(answer, "popular", "", "year").rows] == ["b"]


@pytest.mark.full_on("postgresql")
def test_nothing_computed_yet_has_no_day(database: Database) -> None:
    assert database.read_now(newest_refresh) is None
    found = database.read_now(answer, "heaviest")
    assert (found.rows, found.as_of, found.stored_at) == ((), None, None)


@pytest.mark.full_on("postgresql")
def test_an_empty_catalogue_is_an_answer(database: Database) -> None:
    assert store(database, DAY, []) == 0
    found = database.read_now(newest_refresh)
    assert found is not None
    assert found[0] == DAY


@pytest.mark.full_on("postgresql")
def test_packages_deleted_meanwhile_are_left_out(database: Database) -> None:
    a, b = planted(database, "a", "b")
    gone = uuid7()
    told = [result("heaviest", rank, 1, id) for rank, id in enumerate((a, gone, b), start=1)]
    store(database, DAY, [*told, *measured(gone, 1, 1, 1, 1)])
    assert [row.package_id for row in database.read_now(answer, "heaviest").rows] == [a, b]
    account = database.write_now(rows.add_account)
    database.write_now(delete_package, a, account_id=account)
    assert [row.package_id for row in database.read_now(answer, "heaviest").rows] == [b]


@pytest.mark.full_on("postgresql")
def test_counts_are_kept_by_the_days_on_which_they_changed(database: Database) -> None:
    (a,) = planted(database, "a")
    days = [DAY + timedelta(n) for n in range(4)]
    for day, packages in zip(days, (3, 3, 5, 5), strict=True):
        store(database, day, measured(a, packages, 2, 1, 4))
    found = database.read_now(package_insights, a)
    assert found.measures == (Measure(days[0], 3, 2, 1, 4), Measure(days[2], 5, 2, 1, 4))
    assert found.as_of == days[3]


@pytest.mark.full_on("postgresql")
def test_the_same_day_again_replaces_it(database: Database) -> None:
    (a,) = planted(database, "a")
    for packages in (3, 4, 4):
        store(database, DAY, measured(a, packages, 2, 1, 4))
    assert database.read_now(package_insights, a).measures == (Measure(DAY, 4, 2, 1, 4),)


@pytest.mark.full_on("postgresql")
def test_a_clock_set_back_leaves_no_day_of_the_future(database: Database) -> None:
    (a,) = planted(database, "a")
    store(database, DAY + timedelta(30), measured(a, 9, 9, 9, 9))
    store(database, DAY, measured(a, 4, 2, 1, 4))
    assert database.read_now(package_insights, a).measures == (Measure(DAY, 4, 2, 1, 4),)
    newest = database.read_now(newest_refresh)
    assert newest is not None
    assert newest[0] == DAY


@pytest.mark.full_on("postgresql")
def test_old_counts_go_but_not_how_it_was_at_the_bound(database: Database) -> None:
    (a,) = planted(database, "a")
    for months in (20, 16, 15, 2):
        store(database, DAY - timedelta(30 * months), measured(a, months, 1, 1, 1))
    store(database, DAY, measured(a, 2, 1, 1, 1))
    assert [each.packages for each in database.read_now(package_insights, a).measures] == [15, 2]


def test_searches_are_sorted_by_them(database: Database) -> None:
    a, b, c = planted(database, "a", "b", "c")
    store(database, DAY, [*measured(b, 7, 1, 0, 2), *measured(c, 5, 1, 1, 9)])

    def found(sort: str) -> list[UUID]:
        page = database.read_now(search_packages, parse_search(f"sort:{sort}"))
        return [row.id for row in page.rows]

    assert found("heaviest") == [b, c, a]
    assert found("dependents-all") == [c, b, a]
    # A package of the second place is first in the first page, and pages go on after it.
    page = database.read_now(search_packages, parse_search("sort:heaviest"), limit=1)
    rest = database.read_now(
        search_packages, parse_search("sort:heaviest"), after=page.next_cursor, limit=5
    )
    assert [row.id for row in rest.rows] == [c, a]


@pytest.mark.full_on("postgresql")
def test_only_rows_that_change_are_written(database: Database) -> None:
    a, b = planted(database, "a", "b")
    store(database, DAY, [*measured(a, 1, 1, 1, 1), *measured(b, 1, 1, 1, 1)])
    statements: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            storing,
            "bulk_insert",
            lambda _c, table, made: statements.extend([table.name] * len(made)),
        )
        database.write_now(
            storing._store_counts, DAY + timedelta(1), {a: (1, 1, 1, 1), b: (2, 1, 1, 1)}
        )
    assert statements == ["package_measures"]


@pytest.mark.full_on("postgresql")
def test_weeks_without_use_are_told_as_such(database: Database) -> None:
    (a,) = planted(database, "a")
    monday = date(2026, 2, 9)
    store(database, DAY, [result(USE_WEEKS, 1, 3, a, monday.isoformat())])
    weeks = [monday + timedelta(weeks=n) for n in range(4)]
    found = database.read_now(package_insights, a)
    assert found.uses == tuple(zip(weeks, (3, 0, 0, 0), strict=True))


@pytest.mark.full_on("postgresql")
def test_portions_are_stored_like_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PACKAGES_AT_ONCE", 2)
    ids = planted(database, *"abcde")
    told = [row for place, id in enumerate(ids) for row in measured(id, place, 1, 1, 1)]
    store(database, DAY, told)
    for place, id in enumerate(ids):
        assert database.read_now(package_insights, id).measures[-1].packages == place
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(package_measures)) == 5
        known = select(package_search.c.brings).order_by(package_search.c.brings)
        assert list(connection.scalars(known)) == [0, 1, 2, 3, 4]


def test_people_are_stored_by_the_account_behind_their_pseudonym(database: Database) -> None:
    ada, bob = (database.write_now(rows.add_account, name) for name in ("ada", "bob"))
    told = [
        result("people", 1, 30, key="p-ada", window="week"),
        result("people", 2, 20, key="p-bob", window="week"),
        result("people", 3, 10, key="p-unknown", window="week"),
    ]
    store(database, DAY, told, people={"p-ada": ada, "p-bob": bob})
    found = database.read_now(answer, "people", "", "week")
    assert [(row.name, row.key, row.value) for row in found.rows] == [
        ("Ada", "", 30),
        ("Bob", "", 20),
    ]
    with database.engine.connect() as connection:
        ids = connection.scalars(
            select(insight_results.c.account_id).order_by(insight_results.c.rank)
        )
        assert list(ids) == [ada, bob]


@pytest.mark.full_on("postgresql")
def test_rows_in_any_order_are_stored_alike(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "PACKAGES_AT_ONCE", 2)
    ids = planted(database, *"abcde")
    told = [row for place, id in enumerate(ids) for row in measured(id, place, 1, 1, 1)]
    told += [
        result(USE_WEEKS, 0, 1, id, date(2026, 2, day).isoformat()) for day in (2, 9) for id in ids
    ]
    Random(1).shuffle(told)
    store(database, DAY, told)
    for place, id in enumerate(ids):
        found = database.read_now(package_insights, id)
        assert found.measures == (Measure(DAY, place, 1, 1, 1),)
        assert sum(uses for _week, uses in found.uses) == 2


@pytest.mark.full_on("postgresql")
def test_uses_that_are_deleted_are_gone_with_the_next_refresh(database: Database) -> None:
    a, b = planted(database, "a", "b")
    monday = date(2026, 2, 9).isoformat()
    store(database, DAY, [result(USE_WEEKS, 1, 3, id, monday) for id in (a, b)])
    store(database, DAY + timedelta(1), [result(USE_WEEKS, 1, 1, b, monday)])
    assert database.read_now(package_insights, a).uses == ()
    assert database.read_now(package_insights, b).uses[0] == (date(2026, 2, 9), 1)
