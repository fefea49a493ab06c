"""Aggregates, next to counting in Python what is in the catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tests.support.views import views_of
from tgtui.analytics.answers.computing import compute
from tgtui.analytics.answers.people import badges, level, points
from tgtui.data.insights.reading import answer, package_insights
from tgtui.data.insights.storing import store
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import INSIGHTS, PERIODS, USE_WEEKS, Result
from tgtui.registries.base import REGISTRIES

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
DAY = NOW.date()
KINDS = ("view", "search", "request", "tag")

Event = tuple[str, str, str, date, str]
"""(registry, name, kind, day, who; empty for no one)"""


def plant(connection: Connection) -> list[Event]:
    random = Random(3)
    accounts = {name: rows.add_account(connection, name) for name in ("ada", "bob", "cleo")}
    packages = {
        (registry, name): rows.add_package(
            connection, name, registry, created_at=NOW - timedelta(days=random.randrange(60))
        )
        for registry in ("npm", "brew")
        for name in "abc"
    }
    for number, package in enumerate(packages.values()):
        rows.add_version(
            connection,
            package,
            published_at=None if number == 5 else NOW - timedelta(days=random.randrange(900)),
            is_yanked=number == 1,
        )
    events: set[Event] = set()
    for _ in range(150):
        registry, name = random.choice(list(packages))
        day = DAY - timedelta(days=random.choice([0, 3, 6, 7, 20, 29, 30, 100, 364, 365, 500]))
        events.add((registry, name, random.choice(KINDS), day, random.choice(list(accounts))))
    told = [*events, *[("npm", "a", "view", DAY, "")] * 3]
    for registry, name, kind, day, who in told:
        rows.add_interaction(
            connection,
            packages[registry, name],
            account_id=accounts[who] if who else None,
            kind=kind,
            day=day,
        )
    return told


@pytest.fixture
def told(database: Database) -> tuple[list[Event], list[Result]]:
    events = database.write_now(plant)
    return events, list(compute(views_of(database, DAY), database, NOW))


def within(events: list[Event], days: int, registry: str = "") -> list[Event]:
    return [e for e in events if e[3] > DAY - timedelta(days) and registry in ("", e[0])]


@pytest.mark.full_on("postgresql")
def test_popularity_counts_each_account_once_a_kind_and_day(
    told: tuple[list[Event], list[Result]],
) -> None:
    events, results = told
    for registry in ("", "npm", "brew"):
        for window, days in (("week", 7), ("month", 30), ("year", 365)):
            found = [
                r
                for r in results
                if (r.insight, r.registry, r.window) == ("popular", registry, window)
            ]
            counted = Counter((e[0], e[1]) for e in within(events, days, registry))
            assert Counter({r.package_id: r.value for r in found}).total() == counted.total()
            assert [r.value for r in found] == sorted(counted.values(), reverse=True)
            kinds = Counter(e[2] for e in within(events, days, registry))
            for kind in KINDS:
                assert sum(json.loads(r.details)[kind] for r in found) == kinds[kind]


@pytest.mark.full_on("postgresql")
def test_series_have_every_day_and_add_up(told: tuple[list[Event], list[Result]]) -> None:
    events, results = told
    week = [r for r in results if (r.insight, r.registry, r.window) == ("activity", "", "week")]
    assert [r.key for r in week] == [(DAY - timedelta(6 - n)).isoformat() for n in range(7)]
    counts = Counter(e[3].isoformat() for e in within(events, 7))
    assert [r.value for r in week] == [counts[r.key] for r in week]
    # What no one did counts, and is no person.
    people = {day: {e[4] for e in events if e[3].isoformat() == day and e[4]} for day in counts}
    told_people = {r.key: json.loads(r.details)["people"] for r in week if r.value}
    assert told_people == {day: len(who) for day, who in people.items()}
    year = [r for r in results if (r.insight, r.registry, r.window) == ("activity", "npm", "year")]
    assert len(year) == 53
    assert sum(r.value for r in year) == len(within(events, 365, "npm"))


@pytest.mark.full_on("postgresql")
def test_a_packages_uses_are_told_by_week(
    database: Database, told: tuple[list[Event], list[Result]]
) -> None:
    events, results = told
    weeks = Counter(
        (e[3] - timedelta(e[3].weekday())).isoformat()
        for e in events
        if DAY - e[3] < timedelta(366)
    )
    found: Counter[str] = Counter()
    for r in results:
        if r.insight == USE_WEEKS:
            found[r.key] += int(r.value)
    assert found == weeks
    assert all(date.fromisoformat(week).weekday() == 0 for week in found)


@pytest.mark.full_on("postgresql")
def test_people_get_points_for_requests_and_tags(told: tuple[list[Event], list[Result]]) -> None:
    events, results = told
    found = [r for r in results if (r.insight, r.window) == ("people", "year")]
    mine = within(events, 365)
    expected = sorted(
        (
            10 * sum(e[4] == who and e[2] == "request" for e in mine)
            + 5 * sum(e[4] == who and e[2] == "tag" for e in mine)
            for who in ("ada", "bob", "cleo")
        ),
        reverse=True,
    )
    assert [r.value for r in found] == expected
    assert {r.name for r in found} == {""}, "names stay in the catalogue"
    assert all(r.key.startswith("p-") for r in found)


@pytest.mark.full_on("postgresql")
def test_freshness_and_deprecation_are_told_by_registry(
    told: tuple[list[Event], list[Result]],
) -> None:
    _events, results = told
    ages = [r for r in results if (r.insight, r.registry) == ("freshness", "")]
    assert sum(r.value for r in ages) == 6
    assert ages[-1].key == "unknown"
    deprecated = {r.key: r.value for r in results if r.insight == "deprecated"}
    assert deprecated == {"npm": 1, "brew": 0}


def test_all_that_is_listed_can_be_stored_and_read(
    database: Database, told: tuple[list[Event], list[Result]]
) -> None:
    _events, results = told
    assert {r.insight for r in results} <= {i.name for i in INSIGHTS} | {"measures", USE_WEEKS}
    store(database, DAY, results)
    for insight in INSIGHTS:
        for window in PERIODS if insight.by_window else ("",):
            found = database.read_now(answer, insight.name, "", window)
            expected = [
                r
                for r in results
                if (r.insight, r.registry, r.window) == (insight.name, "", window)
            ]
            if insight.name != "people":
                assert [row.value for row in found.rows] == [r.value for r in expected]
    package = next(r.package_id for r in results if r.insight == USE_WEEKS)
    assert package is not None
    assert database.read_now(package_insights, UUID(package)).measures


@pytest.mark.parametrize(
    ("xp", "expected"),
    [(0, 1), (49, 1), (50, 2), (149, 2), (150, 3), (299, 3), (300, 4), (10**9, 6325)],
)
def test_levels_take_more_each_time(xp: int, expected: int) -> None:
    assert level(xp) == expected


def test_of_one_series_only_the_highest_badge_is_worn() -> None:
    counts = {"requests": 12, "tags": 1, "registries": len(REGISTRIES), "days": 3}
    assert badges(counts) == ["10 requests", "first tag", "every registry"]
    assert points(12, 1) == 125


def test_the_app_and_other_commands_import_none_of_its_libraries() -> None:
    heavy = {"duckdb", "pyarrow", "pyiceberg", "rustworkx", "numpy"}
    code = (
        "import sys, tgtui.screens.app, tgtui.cli.root, tgtui.services.refreshing, tgtui.services.insights, tgtui.services.refreshing, tgtui.services.insights,"
        " tgtui.data.insights.reading, tgtui.data.insights.storing;"
        f" print(sorted({heavy!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
