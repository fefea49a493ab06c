"""What people expect of every program in a terminal: buttons of the mouse, pastes, a terminal without colours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorType
from sqlalchemy import Connection
from textual import events
from textual.pilot import Pilot
from textual.selection import SELECT_ALL
from textual.widgets import Input

from tests.screens.driving import catalogue_settings, running, screen_text, shows, until
from tests.support import rows
from tgtui.screens.app import TgtuiApp
from tgtui.screens.dialogs.ask import AskScreen
from tgtui.screens.palette import Palette
from tgtui.screens.search.results import ResultsPane
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.flow import PageText
from tgtui.widgets.line_input import BLINK_S, BLINKS

PASTED = "left-pad, npm:@babel/core\r\nleft-pad\n\tpkg:npm/express@4.18.1 lodash "


def garden(connection: Connection) -> None:
    for name, version in (("alpha", "1.0.0"), ("beta", "2.0.0")):
        rows.add_release(connection, name, version=version)


def settings(tmp_path: Path, migrated: Path, **more: Any) -> Any:
    return catalogue_settings(tmp_path, migrated, garden, **more)


def text_of(widget: PageText) -> str:
    """All that could be selected in it."""
    found = widget.get_selection(SELECT_ALL)
    return found[0] if found else ""


def notices(app: TgtuiApp) -> str:
    """Those that are shown, not broken into lines."""
    return "\n".join(each.message for each in app._notifications)


async def click(app: TgtuiApp, pilot: Pilot[Any], x: int, y: int, button: int) -> None:
    """As a terminal reports it."""
    for kind in (events.MouseDown, events.MouseUp):
        app.post_message(
            kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)
        )
        await pilot.pause()


async def test_only_the_left_button_acts(tmp_path: Path, migrated_sqlite_file: Path) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await shows(pilot, "beta")
        lines = screen_text(pilot).splitlines()
        y = next(number for number, line in enumerate(lines) if "beta" in line)
        x = lines[y].index("beta")
        cursor = app.screen.query_one(ResultsPane).rows.cursor_line
        for button in (2, 3):
            for _ in range(2):
                await click(app, pilot, x, y, button)
        assert isinstance(app.screen, SearchScreen)
        assert app.screen.query_one(ResultsPane).rows.cursor_line == cursor
        for _ in range(2):
            await click(app, pilot, x, y, 1)
        await until(pilot, lambda: not isinstance(app.screen, SearchScreen))


async def test_a_selection_ends_with_its_text(tmp_path: Path, migrated_sqlite_file: Path) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("down")
        preview = app.screen.query(PageText).first()
        await until(pilot, lambda: "1.0.0" in text_of(preview))
        preview.text_select_all()
        await pilot.pause()
        assert "1.0.0" in (app.screen.get_selected_text() or "")
        await pilot.press("down")
        await until(pilot, lambda: "2.0.0" in text_of(preview))
        await until(pilot, lambda: not app.screen.selections)


async def test_all_names_that_are_pasted_are_asked_for(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("down", "a")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        while app.screen.query_one("#line").value:  # type: ignore[attr-defined]
            await pilot.press("ctrl+u")
        app.post_message(events.Paste(PASTED))
        await shows(pilot, "Asks for npm:left-pad, npm:@babel/core, npm:express and 1 other")
        await pilot.press("enter")
        await shows(pilot, "4 packages queued")


async def test_one_of_several_that_is_wrong_is_named_before(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("down", "a")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        app.post_message(events.Paste(" nowhere:x left-pad"))
        await shows(pilot, "There is no registry 'nowhere'")
        await pilot.press("enter")
        assert isinstance(app.screen, AskScreen)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_in_the_terminals_own_colours_the_row_under_the_cursor_has_one(
    tmp_path: Path, migrated_sqlite_file: Path, theme: str
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file, theme=theme)) as (app, pilot):
        await pilot.press("down")
        await shows(pilot, "beta")
        listed = app.screen.query_one(ResultsPane).rows
        await until(pilot, lambda: listed.has_focus)
        strip = listed.render_line(listed.cursor_line)
        _marker, *texts = (each for each in strip if each.text.strip() and each.style)
        assert len({each.style.color for each in texts if each.style}) == 1
        assert not any(each.style.dim for each in texts if each.style)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_without_colours_the_terminal_has_its_own(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(settings(tmp_path, migrated_sqlite_file, theme=theme)) as (app, pilot):
        await shows(pilot, "beta")
        update: Any = app.screen._compositor.render_update(full=True)
        styles = {each.style for line in update.strips for strip in line for each in strip}
        colours = {c for style in styles if style for c in (style.color, style.bgcolor) if c}
        assert {colour.type for colour in colours} <= {ColorType.DEFAULT}


async def test_a_selection_ends_when_a_dialog_opens(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("down")
        preview = app.screen.query(PageText).first()
        await until(pilot, lambda: "1.0.0" in text_of(preview))
        for key in ("a", "ctrl+p", "question_mark"):
            preview.text_select_all()
            await until(pilot, lambda: app.screen_stack[0].selections)
            await pilot.press(key)
            await until(pilot, lambda: len(app.screen_stack) == 2)
            await until(pilot, lambda: not app.screen_stack[0].selections)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_the_cursor_of_the_palette_rests_until_the_next_letter(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        palette: Any = app.screen
        line: Any = palette.query_one(Input)
        assert line.cursor_blink
        assert palette._resting._interval == BLINKS * BLINK_S
        palette._rest()
        await pilot.pause()
        assert line._cursor_visible
        assert not line._blink_timer._active.is_set()
        await pilot.press("s")
        await until(pilot, lambda: line.cursor_blink and line._blink_timer._active.is_set())
        assert palette._resting._active.is_set()


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The address that the browser was given which the shell names; empty if none was."""
    opened = tmp_path / "opened"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    program.chmod(0o755)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BROWSER", str(program))
    return lambda: opened.read_text().strip() if opened.exists() else ""


async def test_a_page_is_opened_in_the_browser_and_that_is_said(
    tmp_path: Path, migrated_sqlite_file: Path, opened: Callable[[], str]
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file)) as (app, pilot):
        await pilot.press("down", "o", "enter")
        await until(pilot, lambda: "Opened in the browser: https://" in notices(app))
        assert opened().startswith("https://")
        assert opened() in notices(app)
        assert app.clipboard == ""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a browser")
async def test_without_a_browser_the_address_is_copied_and_that_is_said(
    tmp_path: Path,
    migrated_sqlite_file: Path,
    opened: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One that needs the terminal must not be started in it.
    (tmp_path / "browser").rename(tmp_path / "w3m")
    monkeypatch.delenv("BROWSER")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm-256color")
    async with running(settings(tmp_path, migrated_sqlite_file), (200, 50)) as (app, pilot):
        await pilot.press("down", "o", "enter")
        said = "No browser can be opened here. Copied instead: https://"
        await until(pilot, lambda: said in notices(app))
        assert app.clipboard in notices(app)
        assert app.clipboard.startswith("https://")
        assert not opened()


async def test_a_key_that_does_nothing_here_says_why(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    def fill(connection: Connection) -> None:
        rows.add_package(connection, "left-pad", last_fetch_success=None)

    made = catalogue_settings(tmp_path, migrated_sqlite_file, fill)
    async with running(made) as (app, pilot):
        await pilot.press("down", "d")
        said = "npm:left-pad is known only by its name, so it has no tree yet."
        await until(pilot, lambda: said in notices(app))
        await pilot.press("enter", "d")
        await until(pilot, lambda: "No version is known yet, so there is no tree." in notices(app))
        await pilot.press("T", "u")
        await until(pilot, lambda: "There is no change of yours to undo." in notices(app))
        await pilot.press("escape", "escape", "L")
        await shows(pilot, "nothing to log in to")
        await pilot.press("L")
        await until(pilot, lambda: "nothing to log in to" not in screen_text(pilot))


async def test_in_the_terminals_own_colours_frames_and_keys_are_seen(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(settings(tmp_path, migrated_sqlite_file, theme="ansi-dark")) as (app, pilot):
        pane = app.screen.query_one(ResultsPane)
        await until(pilot, lambda: not pane.has_focus_within)
        _kind, colour = pane.styles.border_top
        assert colour.ansi not in {None, 0}  # black, as most terminals are
        await pilot.press("down", "ctrl+p")
        await shows(pilot, "Open the package under the cursor  enter")
        update: Any = app.screen._compositor.render_update(full=True)
        lines = [[each for strip in line for each in strip] for line in update.strips]
        (line,) = (each for each in lines if "under the cursor" in "".join(s.text for s in each))
        texts = [each.style for each in line if each.text.strip()]
        assert len({style.color for style in texts if style}) == 1
