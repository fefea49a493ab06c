"""What is mended of Textual: what a change on the screen costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Region
from textual.widget import Widget

from tests.screens.driving import catalogue_settings, running, shows, until
from tests.screens.test_snapshots import garden
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.shell import QueueState, QueueStrip


async def test_only_the_lines_that_change_are_gone_through(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone_through: list[tuple[str, int]] = []
    render = Widget.render_lines

    def rendered(widget: Widget, crop: Region) -> Any:
        gone_through.append((type(widget).__name__, crop.height))
        return render(widget, crop)

    async with running(catalogue_settings(tmp_path, migrated_sqlite_file, garden)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        await shows(pilot, " packages · ")  # nothing more comes of the first search
        await pilot.press("down")
        await until(pilot, lambda: not screen.results.rows._repaint_regions)
        monkeypatch.setattr(Widget, "render_lines", rendered)
        screen.results.rows.refresh_lines(3)
        await pilot.pause()
        assert gone_through == [("SparseList", 1)]
        gone_through.clear()
        screen.results.rows.refresh_lines(2)
        screen.query_one(QueueStrip).show(QueueState(note="The database does not answer."))
        await pilot.pause()
        assert sorted(gone_through) == [("QueueStrip", 1), ("SparseList", 1)]


async def test_a_title_draws_its_line_and_only_if_it_changes(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(catalogue_settings(tmp_path, migrated_sqlite_file, garden)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        await shows(pilot, " packages · ")  # nothing more comes of the first search
        box = screen.box
        drawn: list[int] = []
        render = box._styles_cache.render_line

        def drawing(styles: Any, y: int, *more: Any) -> Any:
            drawn.append(y)
            return render(styles, y, *more)

        await until(pilot, lambda: not box._repaint_regions)
        monkeypatch.setattr(box._styles_cache, "render_line", drawing)
        told = box.border_subtitle
        box.border_subtitle = told
        assert not box._repaint_regions
        box.border_subtitle = "13 of 13 packages"
        await until(pilot, lambda: drawn)
        assert set(drawn) == {2}
        await shows(pilot, "13 of 13 packages")


async def test_another_focus_draws_only_what_loses_and_gets_it(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    async with running(catalogue_settings(tmp_path, migrated_sqlite_file, garden)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        await shows(pilot, " packages · ")  # nothing more comes of the first search
        await until(pilot, lambda: not screen._repaint_regions)
        screen.set_focus(screen.results.rows)
        assert not screen._repaint_regions
