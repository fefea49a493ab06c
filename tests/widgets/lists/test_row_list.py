"""Promises of the list that many screens are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from tgtui.widgets.content import safe
from tgtui.widgets.lists.columns import GAP, Column, column_widths, fitted
from tgtui.widgets.lists.growing_list import GrowingList
from tgtui.widgets.lists.row_list import RowList


@dataclass(frozen=True)
class Fruit:
    number: int
    name: str = "fruit"


def fruits(*numbers: int) -> list[Fruit]:
    return [Fruit(number) for number in numbers]


class ListApp(App[None]):
    """Every tenth row is a heading; keeps what the list says."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, Any]] = []

    def compose(self) -> ComposeResult:
        yield GrowingList[Fruit](
            [
                Column(lambda row: safe(row.number), width=6, align="right"),
                Column(lambda row: safe(row.name)),
            ],
            key=lambda row: row.number,
            heading=lambda row: Content("heading") if row.number % 10 == 0 else None,
        )

    def on_row_list_row_message(self, message: RowList.RowMessage) -> None:
        self.messages.append((type(message).__name__, message.row))

    on_row_list_highlighted = on_row_list_selected = on_growing_list_near_end = (
        on_row_list_row_message
    )


@asynccontextmanager
async def listing(*numbers: int) -> AsyncIterator[tuple[GrowingList[Fruit], Pilot[None], ListApp]]:
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        rows = app.query_one(GrowingList)
        rows.set_rows(fruits(*numbers))
        await pilot.pause()
        yield rows, pilot, app


def said(app: ListApp, kind: str) -> list[Any]:
    return [row.number if row else None for name, row in app.messages if name == kind]


async def test_the_cursor_skips_headings_in_both_directions() -> None:
    async with listing(10, 11, 12, 20, 21) as (rows, pilot, _app):
        assert rows.current == Fruit(11)
        await pilot.press("down", "j")
        assert rows.current == Fruit(21)
        await pilot.press("k", "up", "up")
        assert rows.current == Fruit(11)


async def test_the_cursor_stays_on_its_row_and_line_when_rows_come_before_it() -> None:
    async with listing(*range(101, 130)) as (rows, pilot, _app):
        rows.move_to_line(15)
        await pilot.pause()
        row, line = rows.current, rows.cursor_line - rows.scroll_offset.y
        rows.set_rows(fruits(1, 2, 3, *range(101, 130)))
        await pilot.pause()
        assert rows.current == row
        assert rows.cursor_line - rows.scroll_offset.y == line


async def test_the_cursor_goes_to_the_neighbour_when_its_row_is_gone() -> None:
    async with listing(1, 2, 3) as (rows, _pilot, _app):
        rows.move_to_line(1)
        rows.set_rows(fruits(1, 3))
        assert rows.current == Fruit(3)
    async with listing(3) as (rows, _pilot, _app):
        rows.set_rows([])
        assert (rows.current, rows.cursor_line) == (None, -1)


async def test_each_new_row_under_the_cursor_is_said_once() -> None:
    async with listing(1, 2, 3) as (rows, pilot, app):
        await pilot.press("down")
        rows.set_rows(fruits(1, 2, 3, 4))
        await pilot.pause()
        rows.set_rows([])
        await pilot.pause()
        assert said(app, "Highlighted") == [1, 2, None]


async def test_the_next_page_is_asked_for_once_for_each_length() -> None:
    async with listing() as (rows, pilot, app):
        rows.show(fruits(*range(1, 100)), has_more=True)
        await pilot.press("end", "home", "end")
        assert said(app, "NearEnd") == [99]
        rows.extend(fruits(98, 99, 101), has_more=True)
        await pilot.press("end")
        assert said(app, "NearEnd") == [99, 101]
        assert len(rows.rows) == 100
        rows.extend(fruits(102), has_more=False)
        await pilot.press("end")
        assert said(app, "NearEnd") == [99, 101]


async def test_only_lines_that_changed_are_drawn_again() -> None:
    async with listing(1, 2, 3, 4) as (rows, pilot, _app):
        drawn: list[int] = []
        render = rows.render_line

        def counted(y: int) -> Any:
            drawn.append(y)
            return render(y)

        rows.render_line = counted  # type: ignore[method-assign]
        rows.set_rows([Fruit(1), Fruit(2), Fruit(3, "other"), Fruit(4)])
        await pilot.pause()
        assert drawn == [2]


async def test_a_list_of_a_hundred_thousand_rows_draws_what_is_seen() -> None:
    async with listing(*range(1, 100_001)) as (rows, pilot, _app):
        await pilot.press("end")
        assert rows.current == Fruit(99_999)
        assert rows.scroll_offset.y > 99_000


async def test_enter_and_a_double_click_choose_a_row() -> None:
    async with listing(1, 2, 3) as (_rows, pilot, app):
        await pilot.press("enter")
        await pilot.click(RowList, offset=(5, 2), times=2)
        assert said(app, "Selected")[:2] == [1, 3]


@given(st.text(max_size=40), st.integers(1, 60))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    for align in ("left", "right"):
        assert fitted(safe(text), width, align).cell_length == width
        assert cell_len(fitted(safe(text), width).plain) == width


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 20)), min_size=1, max_size=6),
    st.lists(st.integers(1, 5), min_size=6, max_size=6),
    st.lists(st.integers(0, 12), min_size=6, max_size=6),
    st.integers(0, 200),
)
def test_columns_fill_the_width_and_no_more(
    widths: list[int | None], shares: list[int], bases: list[int], room: int
) -> None:
    columns: list[Column[str]] = [
        Column(safe, width=width, share=share, at_least=base)
        for width, share, base in zip(widths, shares, bases, strict=False)
    ]
    given_widths = column_widths(columns, room)
    least = [column.width or column.at_least for column in columns]
    assert all(given >= cells for given, cells in zip(given_widths, least, strict=True))
    fixed = sum(least)
    gaps = GAP * (len(columns) - 1)
    used = sum(given_widths) + gaps
    assert used == (max(room, fixed + gaps) if None in widths else fixed + gaps)


async def test_the_scrollbar_is_drawn_only_if_it_looks_different() -> None:
    async with listing(*range(1, 5_000)) as (rows, pilot, _app):
        bar = rows.vertical_scrollbar
        for numbers, is_drawn in ((range(1, 4_000), False), (range(1, 30), True)):
            await pilot.pause()
            bar._repaint_regions.clear()
            rows.set_rows(fruits(*numbers))
            assert bool(bar._repaint_regions) == is_drawn
            assert bar.window_virtual_size == len(numbers)
        await pilot.press("end")
        assert rows.current == Fruit(29)
        rows.set_rows(fruits(1, 2))
        await pilot.pause()
        assert not rows.show_vertical_scrollbar
