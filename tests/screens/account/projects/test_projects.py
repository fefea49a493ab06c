"""Projects on the screens: added from any screen, read again, unfolded, compared with another."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import burst, screen_text, shows, shows_below_notices, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tests.support.advisories import between, told_record
from tgtui.data.versions.advisories.storing import store_advisories
from tgtui.screens.account.projects.project import ProjectScreen
from tgtui.screens.account.projects.screen import ProjectsScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.screens.tree.compare import CompareScreen
from tgtui.widgets.search.box import SearchBox
from tgtui.widgets.search.facets import FacetList


def write_project(folder: Path, *, ms: str = "2.0.0") -> None:
    folder.mkdir(exist_ok=True)
    declared = {"alpha": "^1.0.0", "ms": "^2"}
    (folder / "package.json").write_text(
        json.dumps({"name": folder.name, "version": "1.0.0", "dependencies": declared}, indent=2)
    )
    packages = {
        "": {"name": folder.name, "version": "1.0.0", "dependencies": declared},
        "node_modules/alpha": {"version": "1.0.0", "dependencies": {"ms": "1"}},
        "node_modules/alpha/node_modules/ms": {"version": "1.0.0"},
        "node_modules/ms": {"version": ms},
    }
    lock = {"lockfileVersion": 3, "packages": packages}
    (folder / "package-lock.json").write_text(json.dumps(lock))


def garden(connection: Connection) -> None:
    alpha, _version = rows.add_release(connection, "alpha")
    rows.add_version(connection, alpha, "1.1.0")
    rows.add_version(connection, alpha, "2.0.0")
    ms, _version = rows.add_release(connection, "ms")
    rows.add_version(connection, ms, "2.0.0", is_yanked=True, yank_message="use 2.1")


async def add(pilot: Pilot[int], folder: Path) -> None:
    """From the list of the search."""
    await shows(pilot, "alpha")
    await pilot.press("down", "ctrl+o", "ctrl+u", *str(folder), "enter")
    await shows_below_notices(pilot, "1 project")


async def test_a_project_from_its_folder_to_why_and_what_an_update_brings(
    home: Home, tmp_path: Path
) -> None:
    home.fill(garden)
    write_project(tmp_path / "web")
    write_project(tmp_path / "api", ms="2.1.0")
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "alpha")
        await pilot.press("down", "ctrl+o")
        await shows(pilot, "Add a project")
        await pilot.press("ctrl+u", *str(tmp_path / "web"), "enter")
        await opened(pilot, ProjectsScreen)
        await shows(pilot, "1 within")
        assert "1 deprecated" in screen_text(pilot)
        await pilot.press("enter")
        await opened(pilot, ProjectScreen)
        await shows(
            pilot, "An update within ^1.0.0 brings 1.1.0. The latest, 2.0.0, is beyond its range."
        )
        assert "✗ deprecated" in screen_text(pilot)
        await pilot.press("u")
        await opened(pilot, CompareScreen)
        await pilot.press("escape", "2")
        await shows(pilot, "▸ alpha")
        await pilot.press("down", "right", "down", "w")
        await shows(pilot, "Why ms@1.0.0: 1 path")
        assert "web@1.0.0 › alpha@1.0.0 › ms@1.0.0" in screen_text(pilot)
        await pilot.press("escape", "left", "left")
        await until(pilot, lambda: "  ms  1" not in screen_text(pilot))
        await pilot.press("4")
        await shows(pilot, "ms · 2 versions")
        assert "for alpha@1.0.0" in screen_text(pilot)
        await pilot.press("escape", "ctrl+o", "ctrl+u", *str(tmp_path / "api"), "enter")
        await shows_below_notices(pilot, "2 projects")
        await pilot.press("home", "enter", "5", "enter")
        await shows(pilot, "In different versions · 1")
        await pilot.press("1", "f")
        await shows(pilot, "only what is outdated, vulnerable, deprecated or missing")
        await pilot.press("enter")
        await opened(pilot, PackageScreen)


async def test_the_search_completes_and_filters_by_projects(home: Home, tmp_path: Path) -> None:
    home.fill(garden)
    write_project(tmp_path / "web")
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await add(pilot, tmp_path / "web")
        await pilot.press("escape")
        await opened(pilot, SearchScreen)
        facets = pilot.app.screen.query_one(FacetList)
        await until(pilot, lambda: facets.move_to_key(("project", "web")))
        facets.focus()
        await pilot.press("enter")
        box = pilot.app.screen.query_one(SearchBox)
        await until(pilot, lambda: box.value == "in:web")
        box.focus()
        await pilot.press("ctrl+u", *"-in:w")
        await until(pilot, lambda: box._suggestion == "-in:web")


async def test_what_changed_is_read_again_and_a_broken_file_is_told(
    home: Home, tmp_path: Path
) -> None:
    home.fill(garden)
    write_project(tmp_path / "web")
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await add(pilot, tmp_path / "web")
        (tmp_path / "web" / "package-lock.json").write_text("{\n<<<<<<< HEAD")
        await pilot.press("r")
        await shows(pilot, "package-lock.json:2: A merge conflict; resolve it first. What is shown")
        assert "3 locked" in screen_text(pilot)
        write_project(tmp_path / "web", ms="2.1.0")
        await pilot.press("r")
        await until(pilot, lambda: "merge conflict" not in screen_text(pilot))
        await pilot.press("delete", "enter")
        await shows(pilot, "There are no projects yet.")


async def test_a_key_after_adding_acts_on_what_was_added(home: Home, tmp_path: Path) -> None:
    write_project(tmp_path / "web")
    async with running(home.app(ProjectsScreen), ProjectsScreen) as pilot:
        await shows(pilot, "There are no projects yet.")
        await pilot.press("ctrl+o", "ctrl+u", *str(tmp_path / "web"))
        burst(pilot, "enter", "r")
        await shows(pilot, "Nothing changed.")


async def test_what_is_vulnerable_has_a_mark(home: Home, tmp_path: Path) -> None:
    """The version need not be in the catalogue."""

    def advised(connection: Connection) -> None:
        garden(connection)
        high = {"database_specific": {"severity": "HIGH"}}
        store_advisories(
            connection, [told_record("GHSA-1", "ms", *between("0", "1.5.0"), **high)], "dump:npm"
        )

    home.fill(advised)
    write_project(tmp_path / "web")
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "alpha")
        await pilot.press("down", "ctrl+o")
        await shows(pilot, "Add a project")
        await pilot.press("ctrl+u", *str(tmp_path / "web"), "enter")
        await opened(pilot, ProjectsScreen)
        await shows(pilot, "▲ 1 high")
        await shows(pilot, "▲ 1 vulnerable (1 high)")
        await pilot.press("enter")
        await opened(pilot, ProjectScreen)
        await shows(pilot, "Not checked for advisories.")
        await pilot.press("3", "down")
        await shows(pilot, "▲ high")
        await shows(pilot, "1 advisory, the worst high.")
        await pilot.press("1")
        await shows(pilot, "range, locked, wanted, latest")
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "range, locked, latest")
        await pilot.press("3", "down")
        await shows(pilot, "▲ high")
