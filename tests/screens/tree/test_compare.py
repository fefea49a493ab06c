"""Two versions marked on the package screen are compared, and the comparison follows the catalogue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update
from textual.pilot import Pilot

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import Home, drawn, running
from tests.screens.trees import said
from tests.support import rows
from tests.support.graphs import Release, graph
from tgtui.data.models.tables import package_versions, packages
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.tree.compare import CompareRow, CompareScreen
from tgtui.widgets.lists.row_list import RowList


def two_versions(connection: Connection) -> Release:
    """a@1.0.0 needs old and same; a@2.0.0 needs new and the next same."""
    at = graph(connection, "a>old", "a>same", "old>deep", "new>fresh")
    newer = rows.add_version(connection, at["a"][0], "2.0.0")
    same = rows.add_version(connection, at["same"][0], "2.0.0")
    target = (at["same"][0], same)
    asked = {"dependency_version_range": "^2.0.0", "resolved_version": "2.0.0"}
    rows.add_edge(connection, (at["a"][0], newer), "same", target, **asked)
    rows.add_edge(connection, (at["a"][0], newer), "new", at["new"])
    return at["a"][0], newer


def listed(pilot: Pilot[Any]) -> list[tuple[str, str, str, str]]:
    """Sign, name, before, after of every row that is no heading."""
    found: RowList[CompareRow] = pilot.app.screen.query_one(RowList)
    return [(row.sign, row.name, row.before, row.after) for row in found.rows if row.sign]


async def mark_both(pilot: Pilot[Any]) -> None:
    """The newer one first: which is marked first does not matter."""
    await shows(pilot, "[1] Versions 2")
    await pilot.press("space")
    await shows(pilot, "● marked: space on")
    await pilot.press("down", "space")
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))


async def test_two_marked_versions_are_compared_the_older_one_first(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await mark_both(pilot)
        await until(pilot, lambda: len(listed(pilot)) == 8)
        assert listed(pilot) == [
            ("+", "new", "", "^1.0.0 = 1.0.0"),
            ("-", "old", "^1.0.0 = 1.0.0", ""),
            ("~", "same", "^1.0.0 = 1.0.0", "^2.0.0 = 2.0.0"),
            ("+", "fresh", "", "1.0.0"),
            ("+", "new", "", "1.0.0"),
            ("-", "deep", "1.0.0", ""),
            ("-", "old", "1.0.0", ""),
            ("~", "same", "1.0.0", "2.0.0"),
        ]
        shown = screen_text(pilot)
        assert "a  1.0.0 → 2.0.0   3 packages → 3 packages · 2 gained · 2 lost" in shown
        await pilot.press("r")
        await until(pilot, lambda: ("+", "old", "", "^1.0.0 = 1.0.0") in listed(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))
        assert "●" not in screen_text(pilot)


async def test_the_older_one_comes_first_in_every_order_of_the_versions(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "[1] Versions 2")
        await pilot.press("s")
        await shows(pilot, "lowest first")
        await pilot.press("g", "space", "down", "space")
        await shows(pilot, "a  1.0.0 → 2.0.0")


async def test_a_mark_is_taken_back_by_the_same_key(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "[1] Versions 2")
        await pilot.press("space")
        await shows(pilot, "●")
        await pilot.press("space")
        await until(pilot, lambda: "●" not in screen_text(pilot))


async def test_enter_opens_the_package_that_differs(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await mark_both(pilot)
        await until(pilot, lambda: listed(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))
        await shows(pilot, "npm:new")


async def test_a_version_that_is_not_loaded_is_wanted_and_compared_when_it_is_there(
    home: Home,
) -> None:
    package, newer = home.fill(two_versions)

    def loaded(at: object) -> Any:
        statement = update(package_versions).where(package_versions.c.id == newer)
        return lambda connection: (
            connection.execute(statement.values(dependencies_fetched_at=at)) and None
        )

    home.fill(loaded(None))
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await mark_both(pilot)
        await shows(pilot, "The dependencies of 2.0.0 are being loaded")
        assert "packages" not in said(pilot, "compare-head")

        def wanted(connection: Connection) -> object:
            return connection.scalar(
                select(package_versions.c.dependencies_wanted_at).where(
                    package_versions.c.id == newer
                )
            )

        await until(pilot, lambda: home.fill(wanted) is not None)
        home.fill(loaded(rows.DAY_ONE))
        await until(pilot, lambda: len(listed(pilot)) == 8)


async def test_what_a_mark_is_for_is_said_until_it_is_taken_back(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "2 releases in 24 months")
        await pilot.press("space")
        await shows(pilot, "● marked: space on")
        home.fill(lambda connection: rows.add_version(connection, package, "0.9.0"))
        await shows(pilot, "[1] Versions 3")
        await shows(pilot, "● marked: space on")
        await pilot.press("space")
        await shows(pilot, "3 releases in 24 months")


async def test_the_same_in_both_is_said(home: Home) -> None:
    def fill(connection: Connection) -> UUID:
        package, _ = rows.add_release(connection, "a")
        rows.add_version(connection, package, "2.0.0")
        return package

    package = home.fill(fill)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await mark_both(pilot)
        await shows(pilot, "Nothing differs")


async def test_a_package_that_is_removed_meanwhile_is_said(home: Home) -> None:
    package, _ = home.fill(two_versions)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await mark_both(pilot)
        await until(pilot, lambda: listed(pilot))

        def remove(connection: Connection) -> None:
            statement = update(packages).where(packages.c.id == package)
            connection.execute(statement.values(deleted_at=rows.DAY_ONE))

        home.fill(remove)
        await shows(pilot, "no longer in the catalogue")


class TestPicture:
    """A snapshot of a comparison."""

    @pytest.mark.parametrize("size", [(120, 36), (80, 24)])
    def test_compare(self, home: Home, size: tuple[int, int], snap_compare: Any) -> None:
        package, _ = home.fill(two_versions)

        async def steps(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))
            await mark_both(pilot)
            await until(pilot, lambda: listed(pilot))
            assert "same" in drawn(pilot.app.screen.query_one(RowList))

        app = home.app(lambda: PackageScreen(package))
        assert snap_compare(app, terminal_size=size, run_before=steps)
