"""Promises of the insights screen: every answer is told, of its day, and its bars can be walked into."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from tests.screens.driving import HOSTILE, HOSTILE_SHOWN, screen_text, shows
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models.insights import insight_results
from tgtui.data.views.insights import BY_NAME, InsightRow
from tgtui.registries.base import REGISTRIES
from tgtui.screens.insights.screen import InsightsScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.lists.layout import Layout
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.answers import AnswerLine, answer_columns, bar


def fill(connection: Connection) -> None:
    react = rows.add_release(connection, "react")[0]
    vue = rows.add_release(connection, "vue")[0]
    rows.add_refresh(connection)
    told = [
        ("dependents-all", "", "", 1, react, "react", "", 1_234, {"dependents": 7}),
        ("dependents-all", "", "", 2, vue, "vue", "", 617, {"dependents": 3}),
        ("dependents-all", "npm", "", 1, vue, "vue", "", 5, {"dependents": 3}),
        ("popular", "", "month", 1, vue, "vue", "", 9, {"people": 2, "view": 9}),
        ("popular", "", "year", 1, react, "react", "", 99, {"people": 2, "view": 9}),
        ("activity", "", "month", 1, None, "", "2026-01-01", 3, {}),
        ("activity", "", "month", 2, None, "", "2026-01-02", 0, {}),
        ("freshness", "", "", 1, None, "", "a week", 2, {"share": 0.5}),
        ("people", "", "month", 1, None, HOSTILE, "", 30, {"level": 2, "badges": ["first tag"]}),
    ]
    for insight, registry, period, rank, package, name, key, value, details in told:
        rows.add_result(
            connection,
            insight,
            registry=registry,
            period=period,
            rank=rank,
            package_id=package,
            name=name,
            key=key,
            value=value,
            details=json.dumps(details),
        )


async def test_the_answer_under_the_cursor_is_told_with_its_day(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "npm:react")
        text = screen_text(pilot)
        assert "as of 2026-01-01" in text
        assert "1,234" in text
        assert "direct 7" in text
        assert "How many packages have it in their tree?" in text


async def test_a_bar_is_walked_into_by_enter(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "npm:react")
        await pilot.press("enter", "down", "enter")  # into the answer, to the second bar, and on
        await opened(pilot, SearchScreen)
        await shows(pilot, "npm: vue")


async def test_registry_and_window_are_turned_by_a_key(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "npm:react")
        await pilot.press("r")
        await shows(pilot, "· npm")
        text = screen_text(pilot)
        assert "npm:react" not in text
        assert "npm:vue" in text
        await pilot.press(*["r"] * len(REGISTRIES))
        await shows(pilot, "all registries")
        await pilot.press(*["down"] * 6)
        await shows(pilot, "last 30 days")
        await pilot.press("w")
        await shows(pilot, "last 365 days")
        text = screen_text(pilot)
        assert "npm:react" in text


async def test_what_has_no_window_says_so(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "npm:react")
        await pilot.press("w")
        await shows(pilot, "tells how things are")


async def test_a_person_is_shown_harmless_and_no_search_finds_one(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen, (160, 40)) as pilot:
        await pilot.press("end")
        await shows(pilot, HOSTILE_SHOWN)
        await pilot.press("enter", "enter")
        await shows(pilot, "No search finds that.")
        assert isinstance(pilot.app.screen, InsightsScreen)


async def test_time_begins_with_the_newest(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await pilot.press(*["down"] * 7)
        await shows(pilot, "2026-01-02")
        lines = pilot.app.screen.query_one("#answer-list", RowList).rows
        assert [line.row.key for line in lines] == ["2026-01-02", "2026-01-01"]


async def test_new_results_appear_by_themselves(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "npm:react")
        home.fill(_replace)
        await shows(pilot, "77,777")


def _replace(connection: Connection) -> None:
    connection.execute(insight_results.delete())
    rows.add_result(connection, "dependents-all", value=77_777.0, name="x", id=uuid7())


async def test_without_results_it_says_how_to_get_them(home: Home) -> None:
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen) as pilot:
        await shows(pilot, "tgtui analytics refresh")


async def test_everything_is_legible_in_a_small_terminal(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(InsightsScreen, SearchScreen), InsightsScreen, (80, 24)) as pilot:
        await shows(pilot, "npm:react")
        text = screen_text(pilot)
        assert "█" in text
        assert "1,234" in text
        assert "Single points of failure" in text
        assert "direct 7" in text


def test_bars_begin_at_zero_and_show_whatever_is_there() -> None:
    assert bar(0, 10) == ""
    assert bar(10, 10) == "█" * 14
    assert bar(5, 10) == "█" * 7
    assert bar(1, 1_000_000) == "▏"
    assert bar(0, 0) == ""


def test_a_long_name_leaves_the_bars_in_line() -> None:
    def line(rank: int, name: str) -> AnswerLine:
        row = InsightRow(rank, name, "", 1.0, None, "npm")
        return AnswerLine(BY_NAME["heaviest"], row, 2.0)

    short = [line(rank, f"package-{rank}") for rank in range(1, 9)]
    layout = Layout(answer_columns())
    layout.fit(50)
    layout.decide(short)
    begins = {layout.line(each).plain.index("█") for each in [*short, line(9, "long-" * 8)]}
    assert len(begins) == 1
