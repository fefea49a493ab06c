"""What is done with all that a search finds, held or not: marks and exports."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screens.driving import catalogue_settings, running, shows, until
from tests.screens.far import TOTAL, hold, is_in_sight, many, name_of
from tgtui.data.search import facets, jumps, results
from tgtui.output import package_list
from tgtui.screens.app import TgtuiApp
from tgtui.screens.search import jobs
from tgtui.screens.search import results as results_pane
from tgtui.screens.search.dialogs import ExportDialog

AT_ONCE = 500
"""Rows of a page that nobody looks at."""

Opened = tuple[TgtuiApp, Pilot[Any]]


@pytest.fixture
async def opened(
    tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Opened]:
    """On the first row of TOTAL."""
    monkeypatch.setattr(jobs, "READ_AT_ONCE", AT_ONCE)
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, many)
    async with running(settings) as (app, pilot):
        await pilot.press("down")
        await shows(pilot, "row 1 of 1,234")
        yield app, pilot


def marked(app: Any) -> list[str]:
    return [row.name for row in app.screen.results.marks.rows]


def title(app: Any) -> str:
    return str(app.screen.query_one("#results").border_title)


async def test_all_that_is_found_is_marked_and_unmarked_again(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("asterisk")
    await shows(pilot, "1,234 marked")
    assert marked(app) == [name_of(line) for line in range(TOTAL)]
    await pilot.press("end")
    await until(pilot, lambda: is_in_sight(app))
    await shows(pilot, "● npm   package-1233")
    await pilot.press("asterisk")
    await until(pilot, lambda: "marked" not in title(app))
    assert marked(app) == []


async def test_what_another_search_unmarked_is_marked_again(opened: Opened) -> None:
    app, pilot = opened
    await pilot.press("asterisk")
    await shows(pilot, "1,234 marked")
    app.screen.query_one("#box", Input).value = "package-000"
    await until(pilot, lambda: app.screen.results.pages.found.total == 20)  # type: ignore[attr-defined]
    for count in (0, 20):
        await pilot.press("asterisk")
        await until(pilot, lambda: len(marked(app)) == count)  # noqa: B023
    app.screen.query_one("#box", Input).value = ""
    await until(pilot, lambda: app.screen.results.pages.found.total == TOTAL)  # type: ignore[attr-defined]
    await pilot.press("asterisk")
    await shows(pilot, "1,234 marked")


async def test_marking_says_how_far_it_is_and_escape_leaves_the_marks_as_they_were(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    await pilot.press("space")
    pages = hold(monkeypatch, results, "search_packages", limit=AT_ONCE)
    pages.answer(2)
    await pilot.press("asterisk")
    await shows(pilot, "marking 1,000 of 1,234 · esc stops")
    await pilot.press("asterisk")
    await shows(pilot, "Still marking 1,000 of 1,234; esc stops it.")
    await pilot.press("escape")
    await shows(pilot, "the marks are unchanged")
    await until(pilot, lambda: "marking" not in title(app))
    pages.answer()
    assert marked(app) == [name_of(0)]
    await pilot.press("asterisk")
    await shows(pilot, "1,234 marked")


async def test_another_search_ends_the_marking_of_the_one_before(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    pages = hold(monkeypatch, results, "search_packages", limit=AT_ONCE)
    pages.answer(1)
    await pilot.press("asterisk")
    await shows(pilot, "marking 500 of 1,234")
    app.screen.write("package-12")  # type: ignore[attr-defined]
    pages.answer()
    await until(pilot, lambda: "marking" not in title(app))
    await shows(pilot, "34 of 1,234 packages")
    assert marked(app) == []


async def test_more_are_not_marked_than_can_be_kept_and_that_is_said(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    monkeypatch.setattr(results_pane, "MARKED_AT_MOST", 700)
    monkeypatch.setattr(facets, "BOUND", 100)
    app.screen.write("package")  # type: ignore[attr-defined]
    await shows(pilot, "of 100+")
    await pilot.press("asterisk")
    await shows(pilot, "The first 700 of 1,234 are marked")
    assert marked(app) == [name_of(line) for line in range(700)]


def names_of(path: Path) -> list[str]:
    text = path.read_text()
    is_json = path.suffix == ".json"
    rows = json.loads(text) if is_json else list(csv.DictReader(text.splitlines()))
    return [row["package"] for row in rows]


@pytest.mark.parametrize("file", ["list.csv", "list.json"])
async def test_all_that_is_found_is_exported(opened: Opened, tmp_path: Path, file: str) -> None:
    app, pilot = opened
    target = tmp_path / file
    await pilot.press("e")
    await shows(pilot, "Export 1,234 packages")
    name_file(app, target)
    await pilot.press("enter")
    await shows(pilot, "1,234 packages written")
    assert names_of(target) == [f"npm:{name_of(line)}" for line in range(TOTAL)]
    assert leftovers(target) == []


async def test_the_export_dialog_opens_at_once_and_says_how_many_when_they_are_counted(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    target = tmp_path / "list.csv"
    monkeypatch.setattr(facets, "BOUND", 100)
    counts = hold(monkeypatch, jumps, "count_matches")
    app.screen.write("package")  # type: ignore[attr-defined]
    await shows(pilot, "row 1 of 100+")
    with counts.closed():
        await pilot.press("e")
        assert isinstance(app.screen, ExportDialog)
        name_file(app, target)
        await shows(pilot, "Writes all matching packages as CSV")
    await shows(pilot, "Export 1,234 packages")
    await shows(pilot, "Writes 1,234 packages as CSV")
    await pilot.press("enter")
    await shows(pilot, "1,234 packages written")
    assert len(names_of(target)) == TOTAL


async def test_an_export_named_before_the_count_is_there_holds_all(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    target = tmp_path / "list.csv"
    monkeypatch.setattr(facets, "BOUND", 100)
    counts = hold(monkeypatch, jumps, "count_matches")
    app.screen.write("package")  # type: ignore[attr-defined]
    await shows(pilot, "row 1 of 100+")
    with counts.closed():
        await pilot.press("e")
        name_file(app, target)
        await pilot.press("enter")
        await shows(pilot, "exporting · esc stops")
    await shows(pilot, "1,234 packages written")
    assert len(names_of(target)) == TOTAL


async def test_an_export_that_is_stopped_leaves_the_file_that_was_there(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    target = tmp_path / "list.csv"
    target.write_text("precious")
    pages = hold(monkeypatch, results, "search_packages", limit=AT_ONCE)
    await pilot.press("e")
    await shows(pilot, "Export 1,234 packages")
    pages.answer(2)
    name_file(app, target)
    await shows(pilot, "and replaces the file there")
    await pilot.press("enter")
    await shows(pilot, "exporting 1,000 of 1,234 · esc stops")
    assert len(leftovers(target)) == 1
    await pilot.press("escape")
    await shows(pilot, "Stopped; nothing was written.")
    pages.answer()
    await until(pilot, lambda: "exporting" not in title(app))
    assert (target.read_text(), leftovers(target)) == ("precious", [])


async def test_more_are_not_exported_than_the_dialog_says(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, pilot = opened
    target = tmp_path / "list.csv"
    monkeypatch.setattr(package_list, "EXPORTED_AT_MOST", 700)
    await pilot.press("e")
    await shows(pilot, "the maximum")
    name_file(app, target)
    await pilot.press("enter")
    await shows(pilot, "The first 700 of 1,234 packages written")
    assert names_of(target) == [f"npm:{name_of(line)}" for line in range(700)]


async def test_a_file_that_cannot_be_written_is_named_with_the_reason(
    opened: Opened, tmp_path: Path
) -> None:
    app, pilot = opened
    folder = tmp_path / "shut"
    folder.mkdir()
    (folder / "list.csv").mkdir()
    await pilot.press("e")
    await shows(pilot, "Export 1,234 packages")
    name_file(app, folder / "list.csv")
    await shows(pilot, "is a folder; name a file.")
    for nowhere, told in (
        ("~nobody-is-called-so/list.csv", "There is no folder"),
        (f"{'a' * 300}.csv", "No file can be written there"),
    ):
        name_file(app, Path(nowhere))
        await shows(pilot, told)
    name_file(app, folder / "gone.csv")
    await shows(pilot, "Writes 1,234 packages")
    (folder / "list.csv").rmdir()
    folder.rmdir()
    await pilot.press("enter")
    await shows(pilot, "There is no folder")
    await pilot.press("escape")
    await until(pilot, lambda: title(app) == "Packages")


def name_file(app: Any, path: Path) -> None:
    app.screen.query_one(Input).value = str(path)


def leftovers(target: Path) -> list[Path]:
    return list(target.parent.glob(".*.part"))
