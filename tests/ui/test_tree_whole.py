"""What the tree screen knows of the whole closure: finding, why, dependents, filters, counts, files."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support import rows
from tests.support.graphs import graph
from tests.ui.driving import screen_text, shows, until
from tests.ui.running import Home, drawn, running
from tests.ui.trees import depend, go_to, is_complete, names, press_until, said, sample, view
from tgtui.data.models import Package, PackageDependency, PackageVersion
from tgtui.ids import uuid7
from tgtui.screens.package import PackageScreen
from tgtui.screens.tree import TreeScreen
from tgtui.screens.tree_choices import FilterScreen, WhyScreen

DEEP = 10_000


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite_file: Path) -> Home:
    return Home(tmp_path / "home", migrated_sqlite_file)


def current(pilot: Pilot[Any]) -> str:
    """The node under the cursor, with its way."""
    node = view(pilot).current
    return " ".join(step.edge.name for step in node.path()) if node else ""


async def find(pilot: Pilot[Any], text: str, status: str) -> None:
    """Type it and wait for what is said of it."""
    await pilot.press("slash")
    pilot.app.screen.query_one(Input).value = ""
    await pilot.press(*text)
    await until(pilot, lambda: status in said(pilot, "find-status"))


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
            assert not pilot.app.screen.pane.find_bar.is_open
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(pilot.app.screen, TreeScreen))

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
            await find(pilot, "zzz", "nothing in the whole tree is called so, as far as it is")
            await pilot.press("enter")
            assert isinstance(pilot.app.screen, TreeScreen)

    async def test_a_name_of_another_registry_is_told_apart(self, home: Home) -> None:
        def prepare(session: Session) -> UUID:
            at = graph(session, "a>b")
            other = rows.add_release(session, "b", registry="jsr")
            rows.add_edge(session, at["b"], "b", other, dependency_registry="jsr")
            return at["a"][1]

        root = home.fill(prepare)
        async with running(home.app(lambda: TreeScreen(root, "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "b", "2 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "b")
            await press_until(pilot, "n", lambda: current(pilot) == "b b")
            assert "jsr:b ^1.0.0" in drawn(view(pilot))
            assert "(*)" not in drawn(view(pilot))

    async def test_the_end_of_a_chain_of_ten_thousand_is_reached(self, home: Home) -> None:
        root = home.fill(chain)
        async with running(home.app(lambda: TreeScreen(root, "p")), TreeScreen) as pilot:
            await until(pilot, lambda: f"depth {DEEP:,}" in said(pilot, "tree-head"))
            await find(pilot, f"p{DEEP}", "1 found")
            await press_until(pilot, "enter", lambda: len(view(pilot).model.rows) == DEEP)
            node = view(pilot).current
            assert node is not None
            assert (node.edge.name, node.level) == (f"p{DEEP}", DEEP - 1)
            assert f"p{DEEP} ^1.0.0" in drawn(view(pilot))


def chain(session: Session) -> UUID:
    """p0 needs p1 needs p2 ..."""
    ids = [(uuid7(), uuid7()) for _ in range(DEEP + 1)]
    both = {"created_at": rows.DAY_ONE, "updated_at": rows.DAY_ONE}
    session.execute(
        insert(Package.__table__),  # type: ignore[arg-type]
        [
            {"id": package, "name": f"p{n}", "search_name": f"p{n}", "registry": "npm", **both}
            for n, (package, _) in enumerate(ids)
        ],
    )
    session.execute(
        insert(PackageVersion),
        [
            {
                "id": version, "package_id": package, "version": "1.0.0", "sort_key": b"\1",
                "is_prerelease": False, "is_yanked": False, "created_at": rows.DAY_ONE,
                "dependencies_fetched_at": rows.DAY_ONE,
            }
            for package, version in ids
        ],
    )  # fmt: skip
    session.execute(
        insert(PackageDependency),
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
            await shows(pilot, "2 ways")
            await shows(pilot, "a@1.0.0 › d@1.0.0 › b@1.0.0 › c@1.0.0")
            await pilot.press("down", "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
            await until(pilot, lambda: current(pilot) == "d b c")
            assert names(pilot) == ["b", "d", "-b", "--c"], "b is unfolded on this way now"
            assert "b ^1.0.0 → 1.0.0 (*)" in drawn(view(pilot)).splitlines()[0]

    async def test_what_is_missing_is_explained_by_who_asks(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "left-padd", "1 found")
            await press_until(pilot, "enter", lambda: current(pilot) == "accepts left-padd")
            await pilot.press("w")
            await shows(pilot, "Why accepts@1.0.0 is here")


class TestDependents:
    async def test_the_tree_is_flipped_and_back(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c", "x>c"))
        app = home.app(lambda: TreeScreen(at["c"][1], "c"))
        async with running(app, TreeScreen) as pilot:
            await until(pilot, lambda: "no dependencies" in said(pilot, "tree-note"))
            await press_until(pilot, "r", lambda: names(pilot) == ["b", "x"])
            await until(pilot, lambda: "3 dependents known here" in said(pilot, "tree-head"))
            assert "as far as the catalogue has read" in said(pilot, "tree-head")
            assert "b 1.0.0  asks for ^1.0.0" in drawn(view(pilot))
            await press_until(pilot, "right", lambda: names(pilot) == ["b", "-a", "x"])
            await go_to(pilot, "a")
            assert said(pilot, "tree-way") == "a › b › c@1.0.0"
            await press_until(pilot, "r", lambda: "no dependencies" in said(pilot, "tree-note"))

    async def test_exactly_this_version_or_any(self, home: Home) -> None:
        def prepare(session: Session) -> UUID:
            at = graph(session, "a>c")
            newer = rows.add_version(session, at["c"][0], "2.0.0")
            b = rows.add_release(session, "b")
            rows.add_edge(session, b, "c", (at["c"][0], newer), resolved_version="2.0.0")
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
                pilot, lambda: "says nothing of what it has not read" in said(pilot, "tree-note")
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
        await pilot.press(*["down"] * line, "space", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))

    async def test_types_are_chosen(self, home: Home) -> None:
        root = home.fill(sample)
        async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await self.choose(pilot, 0)
            await until(pilot, lambda: names(pilot) == ["react", "fsevents"])
            await until(pilot, lambda: "peer, optional" in said(pilot, "tree-head"))
            await until(pilot, lambda: "2 packages" in said(pilot, "tree-head"))

    async def test_what_it_is_developed_with_is_the_roots(self, home: Home) -> None:
        def prepare(session: Session) -> UUID:
            at = graph(session, "a>b", "test>tap")
            rows.add_edge(session, at["a"], "test", at["test"], dependency_type="dev")
            rows.add_edge(session, at["b"], "test", at["test"], dependency_type="dev")
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
            await until(pilot, lambda: "Press f to change it" in said(pilot, "tree-note"))


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
                pilot, lambda: "without it 2 packages would go" in said(pilot, "tree-detail")
            )

    async def test_they_follow_what_the_worker_stores(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: "2 packages · depth 2" in said(pilot, "tree-head"))

            def store(session: Session) -> None:
                depend(session, at["c"], rows.add_release(session, "new"), "new")

            home.fill(store)
            await until(pilot, lambda: "3 packages · depth 3" in said(pilot, "tree-head"))
            await until(pilot, lambda: drawn(view(pilot)).splitlines()[0].endswith(" 2"))


class TestChange:
    async def test_a_root_that_is_deleted_leaves_no_lines(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))

            def remove(session: Session) -> None:
                statement = update(Package).where(Package.id == at["a"][0])
                session.execute(statement.values(deleted_at=rows.DAY_ONE))

            home.fill(remove)
            await until(pilot, lambda: "no longer in the catalogue" in said(pilot, "tree-note"))
            assert names(pilot) == []

    async def test_a_package_that_is_deleted_below_becomes_missing(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await press_until(pilot, "right", lambda: "-c" in names(pilot))

            def remove(session: Session) -> None:
                statement = update(Package).where(Package.id == at["b"][0])
                session.execute(statement.values(deleted_at=rows.DAY_ONE))

            home.fill(remove)
            await until(pilot, lambda: "b ^1.0.0 → 1.0.0 ?" in drawn(view(pilot)))
            await until(pilot, lambda: "1 not here yet" in said(pilot, "tree-head"))
            assert names(pilot) == ["b"]

    async def test_a_hit_that_is_gone_meanwhile_is_said(self, home: Home) -> None:
        at = home.fill(lambda s: graph(s, "a>b", "b>c"))
        async with running(home.app(lambda: TreeScreen(at["a"][1], "a")), TreeScreen) as pilot:
            await until(pilot, lambda: is_complete(pilot))
            await find(pilot, "c", "1 found")
            screen = pilot.app.screen
            assert isinstance(screen, TreeScreen)
            seen = screen.knowledge.seen

            def remove(session: Session) -> None:
                statement = delete(PackageDependency)
                session.execute(statement.where(PackageDependency.version_id == at["b"][1]))

            home.fill(remove)
            await until(pilot, lambda: screen.knowledge.seen is not seen)
            await pilot.press("enter")
            await shows(pilot, "not in the tree any more")

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
            folder.rmdir()
            await pilot.press("enter")
            await shows(pilot, "can't be written")


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
        assert "Turn the tree round" in screen_text(pilot)
