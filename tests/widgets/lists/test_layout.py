"""How the columns of a list share its width, and what a row takes that needs more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from tgtui.widgets.content import safe
from tgtui.widgets.lists.columns import GAP, Column
from tgtui.widgets.lists.growing_list import GrowingList
from tgtui.widgets.lists.layout import ENOUGH, GAIN, Layout, listing_widths, row_widths


@dataclass(frozen=True)
class Row:
    name: str
    version: str = "1.0.0"
    tags: str = ""
    about: str = ""


COLUMNS: list[Column[Row]] = [
    Column(lambda row: Content("npm"), width=6),
    Column(lambda row: safe(row.name), share=7, at_most=44, tells=True),
    Column(lambda row: safe(row.version), share=1, at_least=11, at_most=20, tells=True),
    Column(lambda row: Content("2 d"), width=6, align="right"),
    Column(lambda row: safe(row.tags), share=4, at_most=24, from_width=60),
    Column(lambda row: safe(row.about), share=8, from_width=90),
]
LONG = "@babel/plugin-syntax-optional-catch-binding"


def lines(rows: list[Row], width: int, in_sight: int | None = None) -> list[str]:
    layout = Layout(COLUMNS)
    layout.fit(width)
    layout.decide(rows[:in_sight])
    return [layout.line(row).plain for row in rows]


def test_a_name_takes_what_other_columns_leave_free() -> None:
    long, short = lines([Row(LONG), Row("react")], 64)
    assert LONG in long
    assert long.index("1.0.0") == short.index("1.0.0")


def test_an_empty_column_gives_its_room_away_and_a_filled_one_keeps_it() -> None:
    about = "What it is for, in a sentence without an end"
    bare, tagged = Row("react", about=about), Row("vue", tags="frontend", about=about)
    assert lines([bare], 100)[0].endswith(f"2 d  {about}")
    assert lines([bare, tagged], 110)[0].find(about[:9]) == lines([bare, tagged], 110)[1].find(
        about[:9]
    )


def test_prose_gives_way_to_names_but_keeps_half_of_its_room() -> None:
    row = Row("a" * 200, about="b" * 200)
    listing = listing_widths(COLUMNS, [3, 200, 5, 3, 0, 200], 120)
    assert 60 <= listing[1] <= 72
    assert listing[5] >= 20
    line = lines([row], 120)[0]
    assert line.count("a") > 70
    assert line.count("b") > 10


def test_what_a_listing_has_no_column_for_is_shown_in_the_row_that_has_it() -> None:
    rows = [Row("react", about="A library"), Row("vue", tags="frontend", about="A framework")]
    react, vue = lines(rows, 110, in_sight=1)
    assert "frontend" in vue
    assert react.index("A library") < vue.index("A framework")


def test_what_stands_on_the_right_stays_there_when_a_name_takes_a_whole_column() -> None:
    columns: list[Column[Row]] = [
        Column(lambda row: safe(row.name), share=3, tells=True),
        Column(lambda row: safe(row.tags), share=2),
        Column(lambda row: Content("2 d"), width=6, align="right"),
    ]
    layout = Layout(columns)
    layout.fit(30)
    rows = [Row("1.0.0", tags="latest"), Row("1:2.40.1-1~deb12u1+really")]
    layout.decide(rows)
    assert [layout.line(row).plain for row in rows] == [
        "1.0.0              latest  2 d",
        "1:2.40.1-1~deb12u1+really  2 d",
    ]


def test_a_row_does_without_spare_cells_if_its_name_is_whole_then() -> None:
    columns = [replace(column, is_spare=place in (3, 4, 5)) for place, column in enumerate(COLUMNS)]
    short, long, longer = Row("react", tags="frontend"), Row(LONG, tags="frontend"), Row("a" * 90)
    layout = Layout(columns)
    layout.fit(60)
    layout.decide([short, long, longer])
    shown = {row.name: layout.line(row).plain for row in (short, long, longer)}
    assert "2 d" in shown["react"]
    assert "frontend" in shown["react"]
    assert LONG in shown[LONG]
    assert "1.0.0" in shown[LONG]
    assert "frontend" not in shown[LONG]
    assert shown["a" * 90].count("a") >= ENOUGH


def test_names_that_differ_look_different_whatever_stands_beside_them() -> None:
    names = [
        "@babel/plugin-syntax-optional-chaining",
        "@babel/plugin-transform-optional-chaining",
        "@babel/plugin-bugfix-v8-spread-parameters-in-optional-chaining",
    ]
    layout = Layout(COLUMNS)
    layout.fit(46)
    rows = [Row(name, version=f"7.{place}.0") for place, name in enumerate(names)]
    layout.decide(rows)
    assert len({layout.line(row).plain.partition("7.")[0] for row in rows}) == len(names)


ANY, FEW = st.integers(0, 120), st.integers(0, 6)
NEEDS = st.tuples(FEW, st.integers(1, 120), ANY, FEW, ANY, ANY)
"""Every row has a name; a registry and an age are short."""


@given(NEEDS, NEEDS, st.integers(50, 200))
def test_nothing_that_tells_rows_apart_is_cut_beside_free_room(
    listing: tuple[int, ...], row: tuple[int, ...], width: int
) -> None:
    widths = row_widths(COLUMNS, listing_widths(COLUMNS, listing, width), row, width)
    shown = [each for each in widths if each]
    assert sum(shown) + GAP * (len(shown) - 1) <= width
    assert all(each >= 0 for each in widths)
    cut = [place for place in (1, 2) if widths[place] < row[place]]
    if cut:
        free = width - sum(shown) - GAP * (len(shown) - 1)
        free += sum(max(0, widths[place] - row[place]) for place in range(1, 6))
        assert free < GAIN * len(cut)


@pytest.mark.parametrize("width", [46, 60])
@pytest.mark.parametrize(
    "names",
    [
        ["linux-image-6.1.0-28-amd64-unsigned", "linux-image-6.1.0-29-amd64-unsigned"],
        ["@babel/plugin-transform-react-jsx-self-and-others", LONG, LONG + "-and-others"],
        ["a" * 50 + "1" + "b" * 50, "a" * 50 + "2" + "b" * 50, "a" * 50 + "b" * 50],
        [
            "日本語-パッケージ-とても長い名前の-一-開発",
            "日本語-パッケージ-とても長い名前の-二-開発",
        ],
    ],
)
def test_rows_that_differ_look_different(names: list[str], width: int) -> None:
    shown = lines([Row(name, version="1.0.0-beta.1+build") for name in names], width)
    assert len(set(shown)) == len(names), shown
    layout = Layout(COLUMNS)
    layout.fit(width)
    layout.decide([])
    rows = [Row(name) for name in names]
    first = [layout.line(row).plain for row in rows]
    assert [layout.line(row).plain for row in reversed(rows)] == first[::-1], "as they were drawn"


class ListApp(App[None]):
    def compose(self) -> ComposeResult:
        yield GrowingList[Row](COLUMNS, key=lambda row: row.name)


@asynccontextmanager
async def listing(rows: list[Row]) -> AsyncIterator[tuple[GrowingList[Row], Pilot[None]]]:
    app = ListApp()
    async with app.run_test(size=(72, 10)) as pilot:
        found: GrowingList[Any] = app.query_one(GrowingList)
        found.set_rows(rows)
        await pilot.pause()
        yield found, pilot


def drawn(rows: GrowingList[Row], name: str) -> str:
    line = next(place for place, row in enumerate(rows.rows) if row.name == name)
    return rows.render_line(line - rows.scroll_offset.y).text


SHORT = [Row(f"package-{place}") for place in range(40)]


async def test_columns_stay_where_they_are_while_one_scrolls() -> None:
    async with listing([*SHORT[:20], Row(LONG), *SHORT[20:]]) as (rows, pilot):
        place = drawn(rows, "package-3").index("1.0.0")
        await pilot.press("end")
        assert drawn(rows, "package-39").index("1.0.0") == place
        await pilot.press(*["up"] * 20)
        assert LONG in drawn(rows, LONG)
        assert drawn(rows, "package-20").index("1.0.0") == place


async def test_another_listing_and_another_width_decide_anew() -> None:
    async with listing(SHORT) as (rows, pilot):
        place = drawn(rows, "package-3").index("1.0.0")
        rows.set_rows([*SHORT[:5], Row(LONG)])
        await pilot.pause()
        assert drawn(rows, "package-3").index("1.0.0") == place, "the same list goes on"
        longer = f"{LONG}s"
        rows.set_rows([Row(longer), Row("vue")])
        await pilot.pause()
        assert drawn(rows, "vue").index("1.0.0") == drawn(rows, longer).index("1.0.0") > place
        rows.set_rows([*SHORT[:5], Row(LONG)], reset=True)
        await pilot.pause()
        assert drawn(rows, "package-3").index("1.0.0") == drawn(rows, LONG).index("1.0.0")
        await pilot.resize_terminal(110, 10)
        await pilot.pause()
        assert drawn(rows, "package-3").index("1.0.0") == drawn(rows, LONG).index("1.0.0")
