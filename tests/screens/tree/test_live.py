"""Counts, changes under the open tree, files written from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import Home, drawn, running
from tests.screens.trees import (
    current,
    depend,
    find,
    is_complete,
    names,
    press_until,
    said,
    sample,
    view,
)
from tests.support import rows
from tests.support.graphs import graph
from tgtui.data.models.tables import package_dependencies, packages
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.tree.screen import TreeScreen


class TestCounts:
    async def test_each_line_says_what_it_brings_and_what_would_go_with_it(
        self, home: Home
    ) -> None:
        root = home.fill(lambda s: graph(s, "a>b", "b>c", "c>d", "a>x", "x>d")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await until(pilot, lambda: drawn(view(pilot)).splitlines()[0].endswith(" 2"))
            assert drawn(view(pilot)).splitlines()[1].endswith(" 1")
            await until(
                pilot, lambda: "removing it would remove 2 packages" in said(pilot, "tree-detail")
            )

    async def test_they_follow_what_the_worker_stores(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: "2 packages · depth 2" in said(pilot, "tree-head"))

            def store(connection: Connection) -> None:
                depend(connection, at["c"], rows.add_release(connection, "new"), "new")

            home.fill(store)
            await until(pilot, lambda: "3 packages · depth 3" in said(pilot, "tree-head"))
            await until(pilot, lambda: drawn(view(pilot)).splitlines()[0].endswith(" 2"))


class TestChange:
    async def test_a_root_that_is_deleted_leaves_no_lines(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))

            def remove(connection: Connection) -> None:
                statement = update(packages).where(packages.c.id == at["a"][0])
                connection.execute(statement.values(deleted_at=rows.DAY_ONE))

            home.fill(remove)
            await until(pilot, lambda: "no longer in the catalogue" in said(pilot, "tree-note"))
            assert names(pilot) == []

    async def test_a_package_that_is_deleted_below_becomes_missing(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await press_until(pilot, "right", lambda: "-c" in names(pilot))

            def remove(connection: Connection) -> None:
                statement = update(packages).where(packages.c.id == at["b"][0])
                connection.execute(statement.values(deleted_at=rows.DAY_ONE))

            home.fill(remove)
            await until(pilot, lambda: "b ^1.0.0 → 1.0.0 ?" in drawn(view(pilot)))
            await until(pilot, lambda: "1 missing" in said(pilot, "tree-head"))
            assert names(pilot) == ["b"]

    async def test_a_hit_that_is_gone_meanwhile_is_said(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "c", "1 found")
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)
            seen = screen.knowledge.seen

            def remove(connection: Connection) -> None:
                statement = delete(package_dependencies)
                connection.execute(statement.where(package_dependencies.c.version_id == at["b"][1]))

            home.fill(remove)
            await until(pilot, lambda: screen.knowledge.seen is not seen)
            await pilot.press("enter")
            await shows(pilot, "no longer in the tree")

    async def test_a_self_dependency_and_a_cycle_of_three(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>a", "a>b", "b>c", "c>a", "c>c")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(
                pilot, lambda: "2 packages · depth 2 · 3 repeated" in said(pilot, "tree-head")
            )
            await find(pilot, "c", "1 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "b c")
            await press_until(pilot, "right", lambda: len(names(pilot)) == 5)
            shown = drawn(view(pilot)).splitlines()
            assert [line.endswith("(cycle)") for line in shown[:5]] == [
                True, False, False, True, True,
            ]  # fmt: skip


class TestExport:
    async def test_the_whole_tree_goes_into_a_file_beside_what_is_there(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        mine, written = Path("express-1.0.0.json"), Path("2-express-1.0.0.json")
        mine.write_text("mine")  # noqa: ASYNC240 - a test may wait for its disk
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await pilot.press("e")
            await shows(pilot, "2-express-1.0.0.json")
            await pilot.press("down", "enter")
            await shows(pilot, "Wrote")
        assert mine.read_text() == "mine"  # noqa: ASYNC240
        found = json.loads(written.read_text())  # noqa: ASYNC240
        assert found["root"] == "npm:express@1.0.0"
        assert len(found["packages"]) == 10

    async def test_a_folder_that_takes_no_file_is_said(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "gone"
        folder.mkdir()
        monkeypatch.chdir(folder)
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await pilot.press("e")
            await shows(pilot, "express-1.0.0.svg")
            monkeypatch.chdir(tmp_path)
            folder.rmdir()
            await pilot.press("enter")
            await shows(pilot, "can't")  # the toast breaks its lines where the folder's name ends


async def test_the_package_of_a_node_is_opened_by_its_own_key(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: is_complete(pilot))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))


async def test_the_palette_and_the_help_name_what_a_tree_can_do(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: is_complete(pilot))
        await pilot.press("question_mark")
        await shows(pilot, "Find a name in the whole tree")
        assert "Reverse the tree" in screen_text(pilot)
