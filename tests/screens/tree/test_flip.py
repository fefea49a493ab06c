"""Dependents, and what a filter leaves of a tree."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import shows, until
from tests.screens.running import Home, drawn, running
from tests.screens.trees import current, go_to, is_complete, names, press_until, said, sample, view
from tests.support import rows
from tests.support.graphs import graph
from tgtui.screens.tree.dialogs import FilterScreen
from tgtui.screens.tree.screen import TreeScreen


class TestDependents:
    async def test_the_tree_is_flipped_and_back(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c", "x>c"))
        app = home.app(lambda: TreeScreen(at["c"][1], "c"))
        async with running(app, TreeScreen) as pilot:
            await until(pilot, lambda: "no dependencies" in said(pilot, "tree-note"))
            await press_until(pilot, "r", lambda: names(pilot) == ["b", "x"])
            await until(pilot, lambda: "3 dependents known here" in said(pilot, "tree-head"))
            assert "only what the catalogue has fetched" in said(pilot, "tree-legend")
            assert "b 1.0.0  needs ^1.0.0" in drawn(view(pilot))
            await press_until(pilot, "right", lambda: names(pilot) == ["b", "-a", "x"])
            await go_to(pilot, "a")
            assert said(pilot, "tree-way") == "a › b › c@1.0.0"
            await press_until(pilot, "r", lambda: "no dependencies" in said(pilot, "tree-note"))

    async def test_exactly_this_version_or_any(self, home: Home) -> None:
        def prepare(connection: Connection) -> UUID:
            at = graph(connection, "a>c")
            newer = rows.add_version(connection, at["c"][0], "2.0.0")
            b = rows.add_release(connection, "b")
            rows.add_edge(connection, b, "c", (at["c"][0], newer), resolved_version="2.0.0")
            return newer

        newer = home.fill(prepare)
        app = home.app(lambda: TreeScreen(newer, "c", is_upwards=True))
        async with running(app, TreeScreen) as pilot:
            await until(pilot, lambda: names(pilot) == ["b"])
            await press_until(pilot, "x", lambda: names(pilot) == ["c", "c"])
            await until(pilot, lambda: "c, any version" in said(pilot, "tree-head"))
            assert "c 2.0.0" in drawn(view(pilot)).splitlines()[0]
            await pilot.press("down")
            await press_until(pilot, "right", lambda: names(pilot) == ["c", "c", "-a"])

    async def test_nobody_known_is_not_nobody(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>b")["a"][1])
        app = home.app(lambda: TreeScreen(root, "a", is_upwards=True))
        async with running(app, TreeScreen) as pilot:
            await until(
                pilot,
                lambda: (
                    "Packages not fetched yet and dev dependencies are not counted"
                    in said(pilot, "tree-note")
                ),
            )

    async def test_of_a_node_they_are_a_tree_of_their_own(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>b", "x>b")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await press_until(pilot, "R", lambda: names(pilot) == ["a", "x"])
            await pilot.press("escape")
            await until(pilot, lambda: names(pilot) == ["b"])


class TestFilter:
    async def choose(self, pilot: Pilot[Any], line: int) -> None:
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, FilterScreen))
        await pilot.press(*["down"] * line, "space", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))

    @pytest.mark.parametrize("key", ["escape", "q", "f"])
    async def test_escape_changes_nothing(self, home: Home, key: str) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            before = names(pilot)
            await pilot.press("f")
            await until(pilot, lambda: isinstance(pilot.app.screen, FilterScreen))
            await pilot.press("space")
            await shows(pilot, "[ ]")
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
            assert names(pilot) == before

    async def test_types_are_chosen(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await self.choose(pilot, 0)
            await until(pilot, lambda: names(pilot) == ["react", "fsevents"])
            await until(pilot, lambda: "peer, optional" in said(pilot, "tree-head"))
            await until(pilot, lambda: "2 packages" in said(pilot, "tree-head"))

    async def test_what_it_is_developed_with_is_the_roots(self, home: Home) -> None:
        def prepare(connection: Connection) -> UUID:
            at = graph(connection, "a>b", "test>tap")
            rows.add_edge(connection, at["a"], "test", at["test"], dependency_type="dev")
            rows.add_edge(connection, at["b"], "test", at["test"], dependency_type="dev")
            return at["a"][1]

        root = home.fill(prepare)
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await self.choose(pilot, 3)
            await until(pilot, lambda: names(pilot) == ["b", "test"])
            assert "test ^1.0.0 → 1.0.0 dev" in drawn(view(pilot))
            await until(pilot, lambda: "3 packages" in said(pilot, "tree-head"))

    @pytest.mark.parametrize(
        ("line", "shown", "way"),
        [
            (4, ["request"], "request"),
            (5, ["accepts", "-nothing-fits"], "accepts nothing-fits"),
            (6, ["accepts", "-left-padd"], "accepts left-padd"),
        ],
        ids=["deprecated", "unresolved", "missing"],
    )
    async def test_only_what_leads_to_it_is_left_and_the_cursor_goes_there(
        self, home: Home, line: int, shown: list[str], way: str
    ) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await self.choose(pilot, line)
            await until(pilot, lambda: names(pilot) == shown and current(pilot) == way)
            await until(pilot, lambda: "only" in said(pilot, "tree-head"))

    async def test_a_filter_that_leaves_nothing_says_so(self, home: Home) -> None:
        root = home.fill(lambda s: graph(s, "a>b")["a"][1])
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await self.choose(pilot, 4)
            await until(pilot, lambda: "f changes it" in said(pilot, "tree-note"))
