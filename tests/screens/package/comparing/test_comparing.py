"""Packages side by side on the screen: by marks, by name, saved and opened again."""

from __future__ import annotations

from sqlalchemy import Connection, select

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.data.models.personal import package_comparisons
from tgtui.screens.package.comparing.screen import SideBySideScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen


def saved(home: Home) -> dict[str, str]:
    table = package_comparisons.c
    return home.fill(lambda c: dict(c.execute(select(table.name, table.packages)).all()))


async def test_marked_packages_are_compared_saved_renamed_opened_and_deleted(home: Home) -> None:
    def garden(connection: Connection) -> None:
        alpha, beta = (rows.add_release(connection, name) for name in ("alpha", "beta"))
        common = rows.add_release(connection, "common")
        for source in (alpha, beta):
            rows.add_edge(connection, source, "common", common)

    home.fill(garden)
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "common")
        await pilot.press(*"sort:name", "down", "space", "space", "c")
        await opened(pilot, SideBySideScreen)
        await shows(pilot, "What at least two of them bring · 1")
        text = screen_text(pilot)
        assert "npm:alpha" in text
        assert "npm:beta" in text
        await pilot.press("ctrl+s", *"x", "enter")
        await until(pilot, lambda: bool(saved(home)))
        [(name, packages)] = saved(home).items()
        assert packages == "npm:alpha npm:beta"
        await pilot.press("escape", "C")
        await shows(pilot, "Saved comparisons")
        await shows(pilot, packages)
        await pilot.press("e")
        await shows(pilot, f"Rename {name}")
        await pilot.press(*"mine", "enter")
        await until(pilot, lambda: list(saved(home)) == ["mine"])
        await pilot.press("enter")
        await opened(pilot, SideBySideScreen)
        await shows(pilot, "What at least two of them bring · 1")
        await pilot.press("end", "enter")
        await opened(pilot, PackageScreen)
        await pilot.press("escape", "C")
        await shows(pilot, "Saved comparisons")
        await shows(pilot, "mine")
        await pilot.press("x")
        await until(pilot, lambda: not saved(home))
        await shows(pilot, "You saved no comparisons yet.")


async def test_what_is_typed_is_judged_and_what_is_missing_keeps_its_column(home: Home) -> None:
    home.fill(lambda connection: rows.add_release(connection, "alpha"))
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "alpha")
        await pilot.press("down", "c")
        await shows(pilot, "Name two to four packages")
        await pilot.press(*"nowhere", "enter")
        await opened(pilot, SideBySideScreen)
        await shows(pilot, "not in the catalogue")
        await pilot.press("e", *" b c d")
        await shows(pilot, "name 4 at most")
