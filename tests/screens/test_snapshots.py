"""Pictures of the search screen, the package screen and the dialogs, at two sizes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screens.driving import NOW, catalogue_settings, new_app, shows
from tests.screens.package.test_package import express
from tests.support.rows import (
    DAY_ONE,
    add_account,
    add_dist_tag,
    add_edge,
    add_package,
    add_package_tag,
    add_release,
    add_request,
    add_tag,
    add_version,
)

Snap = Callable[..., bool]
Steps = Callable[[Pilot[Any]], Awaitable[None]]

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
FRONTEND = {
    "react": ("19.2.0", "React is a JavaScript library for building user interfaces."),
    "react-dom": ("19.2.0", "React package for working with the DOM."),
    "vue": ("3.5.13", "The progressive JavaScript framework."),
    "@angular/core": ("20.1.0", "Angular - the core framework"),
    "日本語-パッケージ": ("1.0.0", "Wide characters keep their columns."),
}


def garden(connection: Connection) -> None:
    """A few packages of every state."""
    ada, tag = add_account(connection), add_tag(connection, "frontend", color="#38bdf8")
    for days, (name, (version, description)) in enumerate(FRONTEND.items(), 2):
        package = add_package(
            connection, name, description=description, homepage="https://example.org/"
        )
        published = {"published_at": NOW - timedelta(days=days**3)}
        add_version(connection, package, version, **published)
        add_dist_tag(connection, package, version)
        add_package_tag(connection, package, tag, ada)
    for name, status in (("left-pad", "pending"), ("webpack", "fetching"), ("gone", "failed")):
        add_package(connection, name, last_fetch_success=None)
        add_request(connection, name, status=status, created_at=DAY_ONE)
    package, _ = add_release(connection, "request", "2.88.2")
    old = add_version(connection, package, "3.0.0", is_yanked=True, yank_message="Use undici.")
    add_dist_tag(connection, package, "3.0.0")
    add_edge(connection, (package, old), "react")
    express(connection)


VERSIONS = re.compile(r"▌\d")
"""The list of versions is there: a dialog that opens before it would keep it away."""


@pytest.fixture
def picture(
    tmp_path: Path, migrated_sqlite_file: Path, snap_compare: Snap
) -> Callable[[tuple[int, int], Steps], bool]:
    """Compare the screen after some steps with the picture that was taken of it."""

    def compare(size: tuple[int, int], steps: Steps) -> bool:
        async def run(pilot: Pilot[Any]) -> None:
            pilot.app.screen.query_one(Input).cursor_blink = False
            await shows(pilot, "packages · 0 ms")
            await steps(pilot)

        app = new_app(catalogue_settings(tmp_path, migrated_sqlite_file, garden))
        return snap_compare(app, terminal_size=size, run_before=run)

    return compare


@SIZES
class TestSearch:
    def test_everything(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("down", "down")
            await shows(pilot, "react-dom")

        assert picture(size, steps)

    def test_preview(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"reac", "down")
            if size == (80, 24):
                await pilot.press("p")
            await shows(pilot, "building user")

        assert picture(size, steps)

    def test_nothing_found(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"no-such-thing")
            await shows(pilot, "to ask for npm:no-such-thing")
            await shows(pilot, "0 of 12 packages")

        assert picture(size, steps)

    def test_help(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("f1")
            await shows(pilot, "Where the focus is")

        assert picture(size, steps)

    def test_ask(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("down", "a", *"@babel/core")
            pilot.app.screen.query_one(Input).cursor_blink = False
            await shows(pilot, "Asks for npm:@babel/core")

        assert picture(size, steps)


@SIZES
class TestPackage:
    def test_dependencies(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"express", "enter")
            await shows(pilot, "of 2.0.0 · 5")
            await shows(pilot, VERSIONS)
            await pilot.press("2", "down")
            await shows(pilot, "No version of impossible")

        assert picture(size, steps)

    def test_deprecated(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"request", "enter")
            await shows(pilot, "Use undici.")
            await shows(pilot, "of 3.0.0 · 1")
            await shows(pilot, VERSIONS)

        assert picture(size, steps)

    def test_copy_menu(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"vue", "enter")
            await shows(pilot, "of 3.5.13 · 0")
            await shows(pilot, VERSIONS)
            await pilot.press("y")
            await shows(pilot, "pnpm add")

        assert picture(size, steps)


@SIZES
class TestTags:
    def test_every_tag(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("down", "T")
            await shows(pilot, "5 packages")
            await pilot.press("Z")
            await shows(pilot, "Deleted: none")

        assert picture(size, steps)

    def test_a_tag_is_made(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("down", "T")
            await shows(pilot, "5 packages")
            await pilot.press("n", *"Frontend")
            await shows(pilot, "Frontend has this slug already.")
            for box in pilot.app.screen.query(Input):
                box.cursor_blink = False

        assert picture(size, steps)

    def test_the_picker(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press("down", "t", *"test")
            await shows(pilot, "create the tag test")
            pilot.app.screen.query_one(Input).cursor_blink = False

        assert picture(size, steps)

    def test_deleting_a_package(self, picture: Any, size: tuple[int, int]) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await pilot.press(*"vue", "enter")
            await shows(pilot, "of 3.5.13 · 0")
            await shows(pilot, VERSIONS)
            await pilot.press("delete")
            await shows(pilot, "Nothing is lost")

        assert picture(size, steps)
