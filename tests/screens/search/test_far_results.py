"""Promises of a result list that is longer than what is held of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from textual.pilot import Pilot

from tests.screens.driving import catalogue_settings, running, shows, until, write
from tests.screens.far import (
    TOTAL,
    hold,
    is_in_sight,
    many,
    name_of,
    names_in_sight,
    position,
    preview_title,
    result_list,
)
from tests.support.rows import add_package
from tgtui.data.models.tables import packages
from tgtui.data.search import facets, results
from tgtui.data.search import jumps as search_jumps
from tgtui.screens.app import TgtuiApp
from tgtui.screens.search.pages import FIRST_PAGE, PAGE
from tgtui.screens.search.screen import SearchScreen

Opened = tuple[TgtuiApp, Pilot[Any]]


@pytest.fixture
async def opened(tmp_path: Path, migrated_sqlite_file: Path) -> AsyncIterator[Opened]:
    """On the first row of TOTAL."""
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, many)
    async with running(settings) as (app, pilot):
        await pilot.press("down")
        await shows(pilot, "row 1 of 1,234")
        yield app, pilot


def current_name(app: Any) -> str | None:
    row = result_list(app).current
    return row.name if row is not None else None


async def test_keys_work_as_before_once_the_terminal_is_no_longer_too_small(
    opened: Opened,
) -> None:
    app, pilot = opened
    await pilot.resize_terminal(80, 10)
    await shows(pilot, "too small for")
    await pilot.resize_terminal(80, 24)
    await until(pilot, lambda: app.focused is result_list(app))
    await pilot.press("end")
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 1))


async def test_the_end_and_the_beginning_are_one_key_away(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("end")
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 1))
    await shows(pilot, "row 1,234 of 1,234")
    assert is_in_sight(app)
    assert len(app.screen.results.pages.found.held) <= FIRST_PAGE + 2 * PAGE  # type: ignore[attr-defined]
    await pilot.press("g")
    await until(pilot, lambda: current_name(app) == name_of(0))
    assert is_in_sight(app)


async def test_wherever_one_scrolls_to_the_rows_of_that_place_come(opened: Opened) -> None:
    app, pilot = opened
    rows = result_list(app)
    for line in (700, 640, 90, 1_200, 49, 705, 0):
        rows.scroll_to(y=line, animate=False)
        await until(pilot, lambda: is_in_sight(app))
    await pilot.press("end", *["pageup"] * 12)
    await until(pilot, lambda: is_in_sight(app))
    assert current_name(app) == name_of(rows.cursor_line)
    await pilot.press("home")
    await until(pilot, lambda: current_name(app) == name_of(0))
    await pilot.press(*["pagedown"] * 12)
    await until(pilot, lambda: is_in_sight(app))
    assert current_name(app) == name_of(rows.cursor_line)


async def test_the_scrollbar_is_as_long_as_the_list_and_says_where_one_is(opened: Opened) -> None:
    app, pilot = opened
    rows = result_list(app)
    assert rows.virtual_size.height == TOTAL
    rows.scroll_to(y=600, animate=False)
    last = 600 + rows.scrollable_content_region.height
    await shows(pilot, f"rows 601 to {last} of 1,234")
    assert current_name(app) == name_of(0), (
        "the row under the cursor stays, though it is out of sight"
    )
    await pilot.press("down")
    await shows(pilot, "row 2 of 1,234")


async def test_where_no_row_is_yet_keys_wait_for_it_and_the_preview_follows(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    await until(pilot, lambda: preview_title(app) == name_of(0))
    jumps = hold(monkeypatch, search_jumps, "search_cuts")
    with jumps.closed():
        await pilot.press("end")
        await until(pilot, lambda: jumps.calls)
        assert names_in_sight(app) == [None] * len(names_in_sight(app))
        await shows(pilot, "▌  …")
        await until(pilot, lambda: preview_title(app) is None)
        await pilot.press("space", "t")
        await pilot.pause()
        assert isinstance(app.screen, SearchScreen)
        assert not app.screen.results.marks
    await shows(pilot, f"Tags of {name_of(TOTAL - 1)}")
    await pilot.press("escape")
    await until(pilot, lambda: preview_title(app) == name_of(TOTAL - 1))


async def test_pages_that_one_only_passes_are_not_read(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    pages = hold(monkeypatch, results, "search_packages")
    with pages.closed():
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: pages.calls)
        for line in range(100, TOTAL, 20):
            result_list(app).scroll_to(y=line, animate=False)
            await pilot.pause()
    await until(pilot, lambda: is_in_sight(app))
    assert pages.calls <= 4, "the one under way, two in sight, one ahead"


async def test_what_was_asked_for_an_older_search_is_dropped(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    jumps = hold(monkeypatch, search_jumps, "search_cuts")
    with jumps.closed():
        await pilot.press("end")
        await until(pilot, lambda: jumps.calls)
        await pilot.press("slash", *"package-1000")
        await until(pilot, lambda: position(app) == "row 1 of 1")
    await pilot.pause()
    assert [row.name for row in result_list(app).rows] == ["package-1000"]
    await pilot.press("ctrl+l")
    await until(pilot, lambda: is_in_sight(app) and position(app) == "row 1 of 1,234")


async def test_matches_that_nobody_counted_are_counted_for_who_goes_to_the_end(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    monkeypatch.setattr(facets, "BOUND", 200)
    counts = hold(monkeypatch, search_jumps, "count_matches")
    await pilot.press("slash", *"package", "down")
    await shows(pilot, "row 1 of 200+")
    with counts.closed():
        await pilot.press("end")
        await shows(pilot, "row 1 · counting…")
        await pilot.press("down")
        await shows(pilot, "row 2 · counting…")
    await shows(pilot, "row 2 of 1,234")
    await shows(pilot, "1,234 of 1,234 packages")
    await pilot.press("end")
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 1))


async def test_reading_on_passes_the_length_that_was_known(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    monkeypatch.setattr(facets, "BOUND", 60)
    await pilot.press("slash", *"package", "down")
    await shows(pilot, "row 1 of 60+")
    for _ in range(8):
        await pilot.press("pagedown")
        await until(pilot, lambda: is_in_sight(app))
    assert result_list(app).cursor_line > 3 * FIRST_PAGE


async def test_what_is_looked_at_stays_when_rows_come_and_go_elsewhere(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("end")
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 1))
    rows = result_list(app)
    rows.move_to_line(TOTAL - 100)
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 100))
    place = rows.cursor_line - rows.scroll_offset.y

    def change(connection: Any) -> None:
        for number in range(3):
            add_package(connection, f"a-new-{number}")
        gone = update(packages).where(packages.c.name == name_of(TOTAL - 99))
        connection.execute(gone.values(deleted_at=packages.c.created_at))

    write(app, change)
    await until(pilot, lambda: name_of(TOTAL - 99) not in names_in_sight(app))
    assert current_name(app) == name_of(TOTAL - 100)
    assert rows.cursor_line - rows.scroll_offset.y == place
    await shows(pilot, "row 1,138 of 1,236")
    await pilot.press("home")
    await until(
        pilot, lambda: names_in_sight(app)[:4] == ["a-new-0", "a-new-1", "a-new-2", name_of(0)]
    )
    await shows(pilot, "row 1 of 1,236")
    await pilot.press("end")
    await until(pilot, lambda: current_name(app) == name_of(TOTAL - 1))
    await shows(pilot, "row 1,236 of 1,236")


async def test_the_row_under_the_cursor_stays_when_something_changes_while_one_looks_elsewhere(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    jumps = hold(monkeypatch, search_jumps, "search_cuts")
    with jumps.closed():
        result_list(app).scroll_to(y=800, animate=False)
        await until(pilot, lambda: jumps.calls)
        write(app, lambda connection: add_package(connection, "z-new"))
        await shows(pilot, "1,235 of 1,235 packages")
        assert current_name(app) == name_of(0)
        assert preview_title(app) == name_of(0)
    await until(pilot, lambda: is_in_sight(app))
    await pilot.press("down")
    await until(pilot, lambda: current_name(app) == name_of(1))


async def test_a_change_shows_though_the_counts_were_remembered_when_it_came(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    monkeypatch.setattr(facets, "FRESH_FOR", 100)
    write(app, lambda connection: add_package(connection, "z-new"))
    await shows(pilot, "1,235 of 1,235 packages")


async def test_while_a_page_is_looked_for_others_are_read(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    jumps = hold(monkeypatch, search_jumps, "search_cuts")
    with jumps.closed():
        await pilot.press("end")
        await until(pilot, lambda: jumps.calls)
        await pilot.press("home", "pagedown", "pagedown", "pagedown")
        await until(pilot, lambda: is_in_sight(app))
        assert current_name(app) == name_of(result_list(app).cursor_line)
    await pilot.pause()
    assert is_in_sight(app)
