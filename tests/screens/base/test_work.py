"""What is read for a screen may come when its widgets are gone."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static

from tgtui.screens.base.work import outliving, start


class Page(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static(id="shown")


async def test_what_is_read_for_a_screen_that_is_being_closed_harms_nothing() -> None:
    app, page, read, ended = App[None](), Page(), asyncio.Event(), asyncio.Event()

    async def show() -> None:
        try:
            await read.wait()
            page.query_one("#shown")
        finally:
            ended.set()

    async with app.run_test() as pilot:
        await app.push_screen(page)
        start(page, "read", show)
        await page.query_one("#shown").remove()
        page._closing = True  # its widgets go first, one by one
        read.set()
        await ended.wait()
        await pilot.pause()
        page._closing = False
    assert app._exception is None


async def test_in_an_open_screen_a_widget_that_there_is_none_of_is_a_mistake() -> None:
    app = App[None]()
    async with app.run_test():
        await app.push_screen(page := Page())
        with pytest.raises(NoMatches), outliving(page.query_one("#shown")):
            page.query_one("#nowhere")


async def test_of_a_screen_that_was_closed_nothing_is_asked() -> None:
    app = App[None]()
    async with app.run_test():
        await app.push_screen(page := Page())
        await app.pop_screen()
        with outliving(page):
            page.query_one("#shown")
