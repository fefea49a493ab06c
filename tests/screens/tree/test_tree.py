"""The tree screen on the real app and a real catalogue."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update
from textual.pilot import Pilot

from tests.screens.driving import screen_text, until
from tests.screens.running import Home, drawn, opened, running
from tests.screens.trees import (
    depend,
    go_to,
    is_complete,
    names,
    press_until,
    releases,
    said,
    sample,
    view,
)
from tests.support import rows
from tgtui.data.models.tables import package_dependencies, package_requests, package_versions
from tgtui.data.views.edges import UNRESOLVED
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.tree.screen import TreeScreen
from tgtui.widgets.tree.view import TreeView

Release = tuple[UUID, UUID]
HOSTILE = "[/][@click=app.quit]x[/]\x1b[2J\u202eevil"


async def test_the_first_level_is_there_and_totals_cover_the_whole_closure(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express@1.0.0")), TreeScreen) as pilot:
        await until(pilot, lambda: is_complete(pilot))
        first = ["accepts", "body-parser", "debug", "lodash", "request", "react", "fsevents"]
        assert names(pilot) == first
        assert said(pilot, "tree-head") == (
            "express@1.0.0 · npm   9 packages so far · depth 2 · 3 repeated · 1 unresolved"
            " · 1 deprecated · 1 missing · not checked for advisories · as of 3 min ago"
        )


async def test_right_unfolds_left_folds_then_goes_to_the_parent(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await go_to(pilot, "body-parser")
        await press_until(pilot, "right", lambda: "-loop" in names(pilot))
        await pilot.press("l", "l")
        current = view(pilot).current
        assert current is not None
        assert current.edge.name == "debug"
        await pilot.press("h", "left")
        assert "-loop" not in names(pilot)
        await press_until(pilot, "space", lambda: "-loop" in names(pilot))


async def test_every_mark_is_a_sign_of_its_own_and_explained(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await press_until(pilot, "plus", lambda: "-left-padd" in names(pilot))
        await press_until(pilot, "plus", lambda: "--loop" in names(pilot))
        await until(pilot, lambda: "(cycle)" in said(pilot, "tree-legend"))
        shown = drawn(view(pilot))
        for line in (
            "debug ^1.0.0 → 1.0.0 (*)",
            "body-parser ^1.0.0 → 1.0.0 (cycle)",
            "loop ^1.0.0 → 1.0.0 (cycle)",
            "left-padd ^1.0.0 → 1.3.0 ?",
            "nothing-fits ^1.0.0 → unresolved !",
            "from-git ^1.0.0 → git+ssh://host/from-git.git external",
            "fsevents ^1.0.0 → 1.0.0 ~",
            "react ^1.0.0 → 1.0.0 peer",
            "underscore = lodash ^1.0.0 → 1.0.0",
            "request ^1.0.0 → 1.0.0 deprecated",
        ):
            assert line in shown
        legend = said(pilot, "tree-legend")
        for words in (
            "shown elsewhere",
            "back to an ancestor",
            "not in the catalogue yet",
            "under another name",
            "packages it brings in total",
        ):
            assert words in legend


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing-fits", "No version of nothing-fits satisfies ^9.0.0."),
        ("left-padd", "left-padd@1.3.0 is not in the catalogue yet. a asks for it."),
        ("from-git", "Not from a registry: git+ssh://host/from-git.git"),
    ],
)
async def test_the_detail_says_why_and_what_to_do(home: Home, name: str, sentence: str) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await press_until(pilot, "space", lambda: "-left-padd" in names(pilot))
        await go_to(pilot, name)
        await until(pilot, lambda: said(pilot, "tree-detail") == sentence)
        assert said(pilot, "tree-way") == f"express@1.0.0 › accepts › {name}"


async def test_enter_on_a_repeat_goes_to_its_first_place_and_back(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await go_to(pilot, "body-parser")
        await press_until(pilot, "right", lambda: "-debug" in names(pilot))
        await pilot.press("down", "enter")
        current = view(pilot).current
        assert current is not None
        assert (current.edge.name, current.level) == ("debug", 0)
        await until(pilot, lambda: "enter goes back to the repeat" in said(pilot, "tree-detail"))
        await pilot.press("enter")
        current = view(pilot).current
        assert current is not None
        assert (current.edge.name, current.level) == ("debug", 1)


async def test_enter_opens_the_package_at_the_resolved_version(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PackageScreen))


async def test_a_missing_package_is_asked_for_and_appears_without_moving_the_cursor(
    home: Home,
) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await press_until(pilot, "space", lambda: "-left-padd" in names(pilot))
        await go_to(pilot, "left-padd")
        node = view(pilot).current
        await press_until(pilot, "a", lambda: "It is queued." in said(pilot, "tree-detail"))

        def store(connection: Connection) -> None:
            package, version = rows.add_release(connection, "left-padd", "1.3.0")
            edge = package_dependencies.c.dependency_name == "left-padd"
            connection.execute(
                update(package_dependencies)
                .where(edge)
                .values(dependency_package_id=package, resolved_version_id=version)
            )

        home.fill(store)
        await until(pilot, lambda: "no dependencies of its own" in said(pilot, "tree-detail"))
        assert view(pilot).current is node
        assert "left-padd ^1.0.0 → 1.3.0 ?" not in drawn(view(pilot))


async def test_a_node_that_is_not_loaded_is_wanted_and_unfolds_when_it_is_stored(
    home: Home,
) -> None:
    def prepare(connection: Connection) -> tuple[UUID, Release]:
        (root,) = releases(connection, "express")
        package = rows.add_package(connection, "later")
        version = rows.add_version(connection, package, dependencies_fetched_at=None)
        depend(connection, root, (package, version), "later")
        return root[1], (package, version)

    root, later = home.fill(prepare)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await press_until(pilot, "right", lambda: "loading…" in drawn(view(pilot)))

        def wanted(connection: Connection) -> object:
            return connection.scalar(
                select(package_versions.c.dependencies_wanted_at).where(
                    package_versions.c.id == later[1]
                )
            )

        await until(pilot, lambda: home.fill(wanted) is not None)

        def store(connection: Connection) -> None:
            (child,) = releases(connection, "child")
            depend(connection, later, child, "child")
            connection.execute(
                update(package_versions)
                .where(package_versions.c.id == later[1])
                .values(dependencies_fetched_at=rows.DAY_ONE)
            )

        home.fill(store)
        await until(pilot, lambda: names(pilot) == ["later", "-child"])
        assert "loading…" not in drawn(view(pilot))
        current = view(pilot).current
        assert current is not None
        assert current.edge.name == "later"


async def test_a_root_that_is_not_loaded_is_loaded_first(home: Home) -> None:
    def prepare(connection: Connection) -> UUID:
        package = rows.add_package(connection, "express")
        return rows.add_version(connection, package, dependencies_fetched_at=None)

    root = home.fill(prepare)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: "are being loaded" in said(pilot, "tree-note"))

        def asked(connection: Connection) -> object:
            return connection.scalar(select(package_requests.c.package_name))

        await until(pilot, lambda: home.fill(asked) == "express")


async def test_a_version_without_dependencies_says_so(home: Home) -> None:
    root = home.fill(lambda connection: rows.add_release(connection, "alone")[1])
    async with running(home.app(lambda: TreeScreen(root, "alone")), TreeScreen) as pilot:
        await until(pilot, lambda: "has no dependencies" in said(pilot, "tree-note"))


async def test_a_version_that_is_gone_says_so(home: Home) -> None:
    gone = UUID(int=7)
    async with running(home.app(lambda: TreeScreen(gone, "gone")), TreeScreen) as pilot:
        await until(pilot, lambda: "no longer in the catalogue" in said(pilot, "tree-note"))


async def test_five_thousand_children_are_walked_to_the_last(home: Home) -> None:
    def prepare(connection: Connection) -> UUID:
        (root,) = releases(connection, "wide")
        for number in range(5000):
            rows.add_edge(connection, root, f"package-{number:04}")
        return root[1]

    root = home.fill(prepare)
    async with running(home.app(lambda: TreeScreen(root, "wide")), TreeScreen) as pilot:
        await until(pilot, lambda: len(view(pilot).model.rows) == 5000)
        await pilot.press("end")
        assert "package-4999" in drawn(view(pilot))
        assert "package-0000" not in drawn(view(pilot))
        await pilot.press("home")
        assert "package-0000" in drawn(view(pilot))


async def test_a_chain_deeper_than_the_screen_is_wide_stays_readable(home: Home) -> None:
    def prepare(connection: Connection) -> UUID:
        chain = releases(connection, *(f"level-{number}" for number in range(45)))
        for number, (above, below) in enumerate(pairwise(chain), 1):
            depend(connection, above, below, f"level-{number}")
        return chain[0][1]

    root = home.fill(prepare)
    app = home.app(lambda: TreeScreen(root, "level-0"))
    async with running(app, TreeScreen, (80, 24)) as pilot:
        for level in range(1, 45):
            name = f"{'-' * (level - 1)}level-{level}"
            await until(pilot, lambda name=name: name in names(pilot))  # type: ignore[misc]
            await pilot.press("end", "right")
        assert "level-44 ^1.0.0 → 1.0.0" in drawn(view(pilot))
        assert "more …" in said(pilot, "tree-way")


async def test_hostile_text_is_shown_and_nothing_more(home: Home) -> None:
    def prepare(connection: Connection) -> UUID:
        root = rows.add_release(connection, HOSTILE)
        rows.add_edge(
            connection,
            root,
            HOSTILE,
            declared_name=HOSTILE,
            dependency_version_range=HOSTILE,
            resolved_version=UNRESOLVED,
            resolution_error=HOSTILE,
        )
        return root[1]

    root = home.fill(prepare)
    async with running(home.app(lambda: TreeScreen(root, HOSTILE)), TreeScreen) as pilot:
        await until(pilot, lambda: "[@click=app.quit]" in said(pilot, "tree-detail"))
        await until(pilot, lambda: "packages" in said(pilot, "tree-head"))
        shown = screen_text(pilot)
        assert "[/][@click=app.quit]x[/]" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        await pilot.click(TreeView, offset=(20, 0))
        await pilot.press("enter", "a")
        assert pilot.app.is_running


async def test_a_click_on_the_sign_unfolds_and_on_the_name_moves_the_cursor(home: Home) -> None:
    root = home.fill(sample)
    async with running(home.app(lambda: TreeScreen(root, "express")), TreeScreen) as pilot:
        await until(pilot, lambda: view(pilot).model.rows)
        await pilot.click(TreeView, offset=(8, 2))
        current = view(pilot).current
        assert current is not None
        assert current.edge.name == "debug"
        assert "-ms" not in names(pilot)
        await pilot.click(TreeView, offset=(1, 2))
        await until(pilot, lambda: "-ms" in names(pilot))


class TestPicture:
    """Snapshots of the tree with one of everything."""

    @pytest.mark.parametrize("size", [(120, 36), (80, 24)])
    def test_tree(self, home: Home, size: tuple[int, int], snap_compare: Any) -> None:
        root = home.fill(sample)

        async def unfold(pilot: Pilot[Any]) -> None:
            await opened(pilot, TreeScreen)
            await until(pilot, lambda: is_complete(pilot))
            await press_until(pilot, "plus", lambda: "-left-padd" in names(pilot))
            await press_until(pilot, "plus", lambda: "--loop" in names(pilot))
            await go_to(pilot, "nothing-fits")
            await until(pilot, lambda: "No version" in said(pilot, "tree-detail"))
            await until(pilot, lambda: re.search(r"loop .* 3$", drawn(view(pilot)), re.MULTILINE))

        app = home.app(lambda: TreeScreen(root, "express@1.0.0"))
        assert snap_compare(app, terminal_size=size, run_before=unfold)
