"""Keys act in their order on what they were meant for, however fast they come and however slow the database is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from textual import events
from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screens.driving import burst, catalogue_settings, new_app, running, shows, until
from tests.screens.far import hold
from tests.support.rows import add_edge, add_package, add_release, add_tag, add_version
from tgtui.basics.errors import DatabaseError
from tgtui.data.packages import detail
from tgtui.data.search import results
from tgtui.data.tags import reading
from tgtui.screens.app import TgtuiApp
from tgtui.screens.dialogs.menus import MenuScreen
from tgtui.screens.package import screen as package_screen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.requests.screen import RequestsScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.screens.tree.screen import TreeScreen
from tgtui.widgets.lists.sparse_rows import SparseRows

Opened = tuple[TgtuiApp, Pilot[Any]]


def garden(connection: Connection) -> None:
    """koa needs cookies and depd, lodash has two versions, react needs nothing."""
    koa = add_release(connection, "koa", "2.0.0")
    for name in ("cookies", "depd"):
        add_edge(connection, koa, name, add_release(connection, name))
    lodash = add_package(connection, "lodash")
    for version in ("4.16.0", "4.17.0"):
        add_version(connection, lodash, version)
    add_release(connection, "react", "18.0.0")
    add_tag(connection, "testing")


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite_file: Path) -> Any:
    return catalogue_settings(tmp_path, migrated_sqlite_file, garden)


@pytest.fixture
async def opened(settings: Any) -> AsyncIterator[Opened]:
    async with running(settings) as (app, pilot):
        yield app, pilot


def box(app: TgtuiApp) -> str:
    """What the search line says."""
    return app.screen_stack[0].query_one("#box", Input).value


async def tree_of(pilot: Pilot[Any], name: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
    await shows(pilot, re.compile(rf"{name}@\d"))


# A name and keys after it.


async def test_keys_after_a_name_act_on_its_results_however_slow_the_database(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    searches = hold(monkeypatch, results, "search_packages")
    with searches.closed():
        burst(pilot, *"lodash", "down", "d")
        await until(pilot, lambda: searches.calls)
        await until(pilot, lambda: box(app) == "lodash")
        assert isinstance(app.screen, SearchScreen)
    await tree_of(pilot, "lodash")
    assert box(app) == "lodash"


async def test_enter_after_a_name_and_a_key_after_that(opened: Opened) -> None:
    app, pilot = opened
    burst(pilot, *"koa", "enter", "d", "j", "d")
    await tree_of(pilot, "depd")
    assert [type(screen) for screen in app.screen_stack] == [
        SearchScreen,
        PackageScreen,
        TreeScreen,
        TreeScreen,
    ]


async def test_a_letter_never_waits_for_the_search(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    with hold(monkeypatch, results, "search_packages").closed():
        burst(pilot, *"rexct", "left", "left", "backspace", "a")
        await until(pilot, lambda: box(app) == "react")


async def test_escape_takes_back_the_keys_that_wait_and_the_next_one_acts_at_once(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    searches = hold(monkeypatch, results, "search_packages")
    with searches.closed():
        burst(pilot, *"koa")
        await until(pilot, lambda: box(app) == "koa")
        burst(pilot, "down", "d", "escape")
        await pilot.pause()
        await until(pilot, lambda: not app._held)
        assert box(app) == "koa"
        burst(pilot, "escape")
        await until(pilot, lambda: box(app) == "")
        burst(pilot, "ctrl+p")  # needs no results
        await shows(pilot, "Search for commands")
    assert len(app.screen_stack) == 2


async def test_quit_acts_at_once_though_the_search_never_ends(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app(settings)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, "of 5 packages")
        searches = hold(monkeypatch, results, "search_packages")
        searches.answer(0)
        burst(pilot, *"koa", "down", "d", "ctrl+q")
        await until(pilot, lambda: app._exit)
        searches.answer()


async def test_keys_act_when_the_search_has_failed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened

    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("The database is away.")

    with monkeypatch.context() as broken:
        broken.setattr(results, "search_packages", fail)
        burst(pilot, *"koa", "down", "q")
        await until(pilot, lambda: isinstance(app.screen, RequestsScreen))
    burst(pilot, "escape", "escape", "escape", *"koa", "down", "d")
    await tree_of(pilot, "koa")


# What a key opens.


async def test_a_key_after_enter_acts_on_the_screen_that_enter_opens_however_slowly(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    await pilot.press(*"lodash", "down")
    details = hold(monkeypatch, package_screen, "package_detail")
    with details.closed():
        burst(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))
        burst(pilot, "j", "d")
        await pilot.pause()
        assert isinstance(app.screen, PackageScreen)
    await tree_of(pilot, "lodash")
    await shows(pilot, "lodash@4.16.0")


async def test_what_a_slow_key_opens_gets_the_keys_after_it_and_escape_stops_it(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    await pilot.press(*"koa", "down")
    details = hold(monkeypatch, detail, "package_detail")
    with details.closed():
        burst(pilot, "d", "j", "d")
        await until(pilot, lambda: details.calls)
        burst(pilot, "escape")
        await until(pilot, lambda: not app._held)
    await pilot.pause()
    assert isinstance(app.screen, SearchScreen)
    assert app.focused is app.screen.results.rows
    burst(pilot, "d", "j", "d")
    await tree_of(pilot, "depd")


async def test_a_dialog_closes_once_and_the_key_behind_acts_on_what_was_below(
    opened: Opened,
) -> None:
    app, pilot = opened
    await pilot.press("down")
    burst(pilot, "s", "enter", "enter")
    await until(pilot, lambda: isinstance(app.screen, PackageScreen))
    burst(pilot, "y", "escape", "escape", "down", "a", "escape", "q")
    await until(pilot, lambda: isinstance(app.screen, RequestsScreen))
    assert len(app.screen_stack) == 2


async def test_a_click_that_comes_with_enter_closes_a_dialog_once(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("down", "y")
    await until(pilot, lambda: isinstance(app.screen, MenuScreen))
    menu = app.screen
    menu.dismiss(None)
    menu.dismiss(None)
    await until(pilot, lambda: isinstance(app.screen, SearchScreen))


async def test_a_dialog_that_ends_by_itself_takes_along_what_was_opened_over_it(
    opened: Opened,
) -> None:
    app, pilot = opened
    await pilot.press("down", "y", "ctrl+p")
    await shows(pilot, "Search for commands")
    app.screen_stack[1].dismiss(None)
    await until(pilot, lambda: isinstance(app.screen, SearchScreen))
    assert len(app.screen_stack) == 1


async def test_a_slash_and_a_name_from_the_list_are_a_search(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("down")
    burst(pilot, *"/react")
    await until(pilot, lambda: box(app) == "react")
    assert len(app.screen_stack) == 1


async def test_the_palette_runs_what_was_typed_not_what_was_listed_before(opened: Opened) -> None:
    app, pilot = opened
    burst(pilot, "ctrl+p", *"show the requests", "enter")
    await until(pilot, lambda: isinstance(app.screen, RequestsScreen))
    burst(pilot, "escape", "ctrl+p", "pagedown", "pageup", *"zzzzzz", "pagedown", "enter", "escape")
    await until(pilot, lambda: isinstance(app.screen, SearchScreen))


async def test_enter_runs_what_the_palette_found_before_its_list_is_laid_out(
    opened: Opened,
) -> None:
    app, pilot = opened
    await pilot.press("ctrl+p", *"show the requests")
    found = app.screen.query_one(CommandList)
    found.styles.height = 0
    await until(pilot, lambda: found.option_count == 1 and not found.size)
    await pilot.press("pagedown", "pageup", "enter")
    await until(pilot, lambda: isinstance(app.screen, RequestsScreen))


async def test_a_tag_that_is_picked_before_the_tags_are_read(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    await pilot.press(*"react", "down")
    choices = hold(monkeypatch, reading, "tag_choices")
    with choices.closed():
        burst(pilot, "t", *"test", "space", "enter")
        await until(pilot, lambda: choices.calls)
    await shows(pilot, "1 tag assignment changed")
    assert isinstance(app.screen, SearchScreen)


async def test_an_unfolded_node_has_its_children_before_the_next_key(opened: Opened) -> None:
    _app, pilot = opened
    burst(pilot, *"koa", "down", "d", "/", *"depd", "enter", "d")
    await tree_of(pilot, "depd")


async def test_what_is_marked_is_whole_before_a_key_acts_on_it(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    monkeypatch.setattr(SparseRows, "is_whole", property(lambda _: False))
    await pilot.press("down")
    pages = hold(monkeypatch, results, "search_packages")
    with pages.closed():
        burst(pilot, "*", "t")
        await until(pilot, lambda: pages.calls)
        assert isinstance(app.screen, SearchScreen)
    await shows(pilot, "Tags of 5 packages")


async def test_a_screen_that_opens_while_another_window_has_the_keys_gets_them_later(
    opened: Opened,
) -> None:
    app, pilot = opened
    await pilot.press(*"lodash", "down")
    app.post_message(events.AppBlur())
    app.app_focus = False
    search: Any = app.screen
    search.action_open_package()
    await shows(pilot, "4.16.0")
    app.post_message(events.AppFocus())
    burst(pilot, "j", "d")
    await shows(pilot, "lodash@4.16.0")


# The start.


async def test_keys_that_are_typed_before_the_catalogue_is_open_are_kept(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app(settings)
    async with app.run_test(notifications=True) as pilot:
        burst(pilot, *"koa", "down", "d")
        await tree_of(pilot, "koa")
