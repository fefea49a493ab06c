"""Promises of a list that reads its pages itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.screens.driving import until
from tgtui.basics.errors import DatabaseUnavailable
from tgtui.screens.base.paging import PagedList
from tgtui.screens.base.work import Failed
from tgtui.widgets.content import safe
from tgtui.widgets.lists.columns import Column

PAGE = 20
ALL = 50


@dataclass(frozen=True)
class Page:
    rows: Sequence[int]
    next_cursor: int | None


def page(after: int, sign: int = 1) -> Page:
    """Of the numbers up to ALL, which are all negative with another sign."""
    end = min(after + PAGE, ALL)
    return Page([sign * number for number in range(after, end)], end if end < ALL else None)


class ListApp(App[None]):
    """A page is there once `may_read` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.asked: list[int] = []
        self.failed: list[str] = []
        self.error: DatabaseUnavailable | None = None

    def compose(self) -> ComposeResult:
        yield PagedList[int, int](
            [Column(lambda row: safe(row))], self._read, key=lambda row: row, id="numbers"
        )

    def on_failed(self, event: Failed) -> None:
        self.failed.append(str(event.error))

    async def _read(self, after: int) -> Page:
        self.asked.append(after)
        await self.may_read.wait()
        if self.error is not None:
            raise self.error
        return page(after)


@asynccontextmanager
async def listing() -> AsyncIterator[tuple[ListApp, PagedList[int, int], Pilot[Any]]]:
    """The first page is shown, and the cursor on its first row."""
    app = ListApp()
    async with app.run_test(size=(20, 4)) as pilot:
        numbers: PagedList[int, int] = app.query_one(PagedList)
        first = page(0)
        numbers.show_first(first.rows, first.next_cursor)
        numbers.focus()
        await pilot.pause()
        assert app.asked == []
        yield app, numbers, pilot


async def test_pages_come_as_one_goes_down_and_end_with_the_last() -> None:
    async with listing() as (app, numbers, pilot):
        await pilot.press("end")
        await until(pilot, lambda: len(numbers.rows) == 2 * PAGE)
        await pilot.press("end")
        await until(pilot, lambda: list(numbers.rows) == list(range(ALL)))
        await pilot.press("end")
        assert app.asked == [PAGE, 2 * PAGE]


async def test_the_first_page_is_renewed_and_those_below_stay() -> None:
    async with listing() as (app, numbers, pilot):
        await pilot.press("end")
        await until(pilot, lambda: len(numbers.rows) == 2 * PAGE)
        numbers.show_first([-1, *range(PAGE - 1)], PAGE - 1)
        assert list(numbers.rows) == [-1, *range(PAGE - 1), *range(PAGE, 2 * PAGE)]
        await pilot.press("end")
        await until(pilot, lambda: app.asked == [PAGE, 2 * PAGE])


async def test_a_page_of_a_list_that_became_another_is_dropped() -> None:
    async with listing() as (app, numbers, pilot):
        app.may_read.clear()
        await pilot.press("end")
        await until(pilot, lambda: app.asked == [PAGE])
        numbers.clear_rows()
        other = page(0, sign=-1)
        app.may_read.set()
        await pilot.app.workers.wait_for_complete()
        assert list(numbers.rows) == []
        numbers.show_first(other.rows, other.next_cursor)
        assert list(numbers.rows) == other.rows


async def test_a_page_that_can_not_be_read_is_told_and_can_be_read_later() -> None:
    async with listing() as (app, numbers, pilot):
        app.error = DatabaseUnavailable("The disk is full.")
        await pilot.press("end")
        await until(pilot, lambda: app.failed == ["The disk is full."])
        app.error = None
        numbers.show_first(page(0).rows, PAGE)
        await until(pilot, lambda: len(numbers.rows) == 2 * PAGE)
