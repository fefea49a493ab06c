"""What people expect of every program in a terminal: buttons of the mouse, pastes, a terminal without colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorType
from sqlalchemy.orm import Session
from textual import events
from textual.pilot import Pilot
from textual.selection import SELECT_ALL

from tests.screens.driving import catalogue_settings, running, screen_text, shows, until
from tests.support import rows
from tgtui.screens.app import TgtuiApp
from tgtui.screens.dialogs.ask import AskScreen
from tgtui.screens.search.results import ResultsPane
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.flow import PageText

PASTED = "left-pad, npm:@babel/core\r\nleft-pad\n\tpkg:npm/express@4.18.1 lodash "


def garden(session: Session) -> None:
    for name, version in (("alpha", "1.0.0"), ("beta", "2.0.0")):
        rows.add_release(session, name, version=version)


def settings(tmp_path: Path, migrated: Path, **more: Any) -> Any:
    return catalogue_settings(tmp_path, migrated, garden, **more)


def text_of(widget: PageText) -> str:
    """All that could be selected in it."""
    found = widget.get_selection(SELECT_ALL)
    return found[0] if found else ""


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
        await shows(pilot, "4 packages requested")


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
