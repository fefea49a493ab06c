"""Finding in the whole tree, unfolded or not, and why something is in it."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert

from tests.screens.driving import shows, until
from tests.screens.running import Home, drawn, running
from tests.screens.trees import (
    current,
    find,
    go_to,
    is_complete,
    names,
    press_until,
    said,
    sample,
    view,
)
from tests.support import rows
from tests.support.graphs import graph
from tests.support.mass import mass
from tgtui.basics.ids import uuid7
from tgtui.data.graph.tree import TreeQuery
from tgtui.data.graph.why import Reason
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.screens.tree.dialogs import WhyScreen
from tgtui.screens.tree.screen import TreeScreen
from tgtui.widgets.find_bar import FindBar, FindInput


class TestFind:
    async def test_what_is_not_unfolded_is_found_and_unfolded(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>b", "b>c", "c>deep", "a>x", "x>deeper")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            assert names(pilot) == ["b", "x"]
            await find(pilot, "deep", "2 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "b c deep")
            await press_until(pilot, "n", lambda: current(pilot) == "x deeper")
            assert "2 of 2" in said(pilot, "find-status")
            await press_until(pilot, "n", lambda: current(pilot) == "b c deep")
            await press_until(pilot, "N", lambda: current(pilot) == "x deeper")

    async def test_escape_leaves_the_search_and_only_then_the_tree(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "ms", "1 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "debug ms")
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, TreeScreen)
            assert not pilot.app.screen.query_one(FindBar).is_open
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(pilot.app.screen, TreeScreen))

    async def test_the_line_has_the_focus_in_the_turn_of_its_key(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)
            screen.action_find()
            assert isinstance(screen.focused, FindInput)

    @pytest.mark.parametrize(
        ("text", "way"),
        [
            ("left-padd", "accepts left-padd"),
            ("nothing-fits", "accepts nothing-fits"),
            ("underscore", "lodash"),
            ("debug@1.0", "debug"),
        ],
    )
    async def test_missing_unresolved_and_other_names_are_found_too(
        self, home: Home, text: str, way: str
    ) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, text, "1 found")
            await press_until(pilot, "enter", lambda: current(pilot) == way)

    async def test_a_name_that_is_not_there_is_said_honestly(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "zzz", "no match (the tree is not fully loaded)")
            await pilot.press("enter")
            assert isinstance(pilot.app.screen, TreeScreen)

    async def test_a_name_of_another_registry_is_told_apart(self, home: Home) -> None:
        def prepare(connection: Connection) -> UUID:
            at = graph(connection, "a>b")
            other = rows.add_release(connection, "b", registry="jsr")
            rows.add_edge(connection, at["b"], "b", other, dependency_registry="jsr")
            return at["a"][1]

        root = home.fill(prepare)
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "b", "2 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "b")
            await press_until(pilot, "n", lambda: current(pilot) == "b b")
            assert "jsr:b ^1.0.0" in drawn(view(pilot))
            assert "(*)" not in drawn(view(pilot))

    @pytest.mark.parametrize("deep", mass(2_000, full=[10_000]))
    async def test_the_end_of_a_chain_of_thousands_is_reached(self, home: Home, deep: int) -> None:
        root = home.fill(lambda connection: chain(connection, deep))
        async with running(home.app(lambda: TreeScreen(root, "p")), TreeScreen) as pilot:
            await until(pilot, lambda: f"depth {deep:,}" in said(pilot, "tree-head"))
            await find(pilot, f"p{deep}", "1 found")
            await press_until(pilot, "enter", lambda: len(view(pilot).model.rows) == deep)
            node = view(pilot).current
            assert node is not None
            assert (node.edge.name, node.level) == (f"p{deep}", deep - 1)
            assert f"p{deep} ^1.0.0" in drawn(view(pilot))


def chain(connection: Connection, deep: int) -> UUID:
    """p0 needs p1 needs p2 ..."""
    ids = [(uuid7(), uuid7()) for _ in range(deep + 1)]
    both = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    connection.execute(
        insert(packages),
        [
            {"id": package, "name": f"p{n}", "search_name": f"p{n}", "registry": "npm", **both}
            for n, (package, _) in enumerate(ids)
        ],
    )
    connection.execute(
        insert(package_versions),
        [
            {
                "id": version, "package_id": package, "version": "1.0.0", "sort_key": "#",
                "is_prerelease": False, "is_yanked": False, "created_at": rows.DAY_ONE,
                "dependencies_fetched_at": rows.DAY_ONE,
            }
            for package, version in ids
        ],
    )  # fmt: skip
    connection.execute(
        insert(package_dependencies),
        [
            {
                "id": uuid7(), "package_id": source[0], "version_id": source[1],
                "dependency_registry": "npm", "dependency_name": f"p{n}",
                "dependency_package_id": target[0], "dependency_version_range": "^1.0.0",
                "resolved_version": "1.0.0", "resolved_version_id": target[1],
                "dependency_type": "runtime", "source_field": "dependencies",
                "is_optional": False, "created_at": rows.DAY_ONE,
            }
            for n, (source, target) in enumerate(pairwise(ids), 1)
        ],
    )  # fmt: skip
    return ids[0][1]


class TestWhy:
    async def test_every_way_is_listed_and_one_is_walked(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>b", "b>c", "a>d", "d>b")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await go_to(pilot, "b")
            await press_until(pilot, "right", lambda: "-c" in names(pilot))
            await go_to(pilot, "c")
            await pilot.press("w")
            await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
            await shows(pilot, "2 paths")
            await shows(pilot, "a@1.0.0 › d@1.0.0 › b@1.0.0 › c@1.0.0")
            await pilot.press("down", "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
            await until(pilot, lambda: current(pilot) == "d b c")
            assert names(pilot) == ["b", "d", "-b", "--c"], "b is unfolded on this path now"
            assert "b ^1.0.0 → 1.0.0 (*)" in drawn(view(pilot)).splitlines()[0]

    async def test_what_is_missing_is_explained_by_who_asks(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "left-padd", "1 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "accepts left-padd")
            await pilot.press("w")
            await shows(pilot, "Why accepts@1.0.0, which needs it, is here")

    async def test_the_dialog_is_there_before_the_ways_are(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = home.fill(lambda s: graph(s, "a>b")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)
            ways, are_there = screen.knowledge.ways, asyncio.Event()

            async def slow(query: TreeQuery, version_id: UUID) -> Reason | None:
                await are_there.wait()
                return await ways(query, version_id)

            monkeypatch.setattr(screen.knowledge, "ways", slow)
            screen.action_why()
            assert isinstance(pilot.app.screen, WhyScreen)
            await shows(pilot, "Why b@1.0.0 is here: looking…")
            are_there.set()
            await shows(pilot, "Why b@1.0.0 is here: 1 path")
            await shows(pilot, "a@1.0.0 › b@1.0.0")
            await shows(pilot, "└ b@1.0.0  ^1.0.0")

    async def test_what_is_gone_meanwhile_is_said_in_the_dialog(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = home.fill(lambda s: graph(s, "a>b")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)

            async def gone(query: TreeQuery, version_id: UUID) -> Reason | None:
                return None

            monkeypatch.setattr(screen.knowledge, "ways", gone)
            await pilot.press("w")
            await shows(pilot, "no longer in the tree")
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
