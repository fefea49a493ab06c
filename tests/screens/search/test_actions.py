"""What one does with a search and with several of its results: filter, sort, keep, mark, tag, export."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tests.screens.driving import Fill, catalogue_settings, running, shows, until, write
from tests.screens.search.test_search import current_name, few, names, requests, results
from tests.support.rows import add_interaction, add_package, add_release, add_request, add_tag
from tgtui.basics.settings import Settings
from tgtui.data.models.tables import package_interactions, package_tags, packages, tags
from tgtui.data.search.index import refresh
from tgtui.screens.dialogs.menus import MenuScreen
from tgtui.screens.dialogs.tag_picker import TagScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.syntax.query import OPERATORS
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.search.facets import FacetList

Make = Callable[[Fill], Settings]


@pytest.fixture
def catalogue(tmp_path: Path, migrated_sqlite_file: Path) -> Make:
    return lambda fill: catalogue_settings(tmp_path, migrated_sqlite_file, fill)


def box_text(app: Any) -> str:
    return str(app.screen.query_one("#box").value)


async def test_a_wrong_operator_is_named_beside_the_line_and_the_rest_is_searched(
    catalogue: Make,
) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"vue sort:stars")
        await shows(pilot, "sort:stars is not understood")
        await until(pilot, lambda: names(app) == ["vue"])
        await pilot.press("ctrl+u")
        await until(
            pilot, lambda: "understood" not in str(app.screen.query_one("#box").border_title)
        )


async def test_an_operator_is_completed_by_the_right_arrow(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        box: Any = app.screen.query_one("#box")
        await pilot.press(*"tag:fr")
        await until(pilot, lambda: box._suggestion == "tag:frontend")
        await pilot.press("right")
        await until(pilot, lambda: names(app) == ["react"])
        await pilot.press("ctrl+u", *"dep:sche")
        assert box_text(app) == "dep:sche"
        for operator in OPERATORS:
            await pilot.press("ctrl+u", *f"-{operator}:vu")
            await until(pilot, lambda operator=operator: box._suggestion == f"-{operator}:vue")  # type: ignore[misc]


async def test_every_filter_is_written_as_an_operator_and_taken_off_again(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        facets = app.screen.query_one(FacetList)
        facets.focus()
        for key, written in ((("age", ">1y"), "updated:>1y"), (("state", "failed"), "is:failed")):
            await until(pilot, lambda key=key: facets.move_to_key(key))  # type: ignore[misc]
            await pilot.press("enter")
            await until(pilot, lambda written=written: box_text(app) == written)  # type: ignore[misc]
            await until(pilot, lambda: facets.current and facets.current.is_on)
            await pilot.press("enter")
            await until(pilot, lambda: box_text(app) == "")


async def test_an_order_is_chosen_from_a_menu_and_said_above_the_list(catalogue: Make) -> None:
    def fill(connection: Connection) -> None:
        few(connection)
        for package in connection.scalars(select(packages.c.id)):
            refresh(connection, [package])

    async with running(catalogue(fill)) as (app, pilot):
        await pilot.press("down", "s")
        await shows(pilot, "most depended on here first")
        await pilot.press("down", "enter")
        await until(pilot, lambda: box_text(app) == "sort:name")
        await shows(pilot, "Packages · by name")


async def test_names_nearly_typed_are_offered_as_such(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"raect")
        await until(pilot, lambda: names(app) == ["react"])
        await shows(pilot, "0 of 5 packages · 1 similar")
        await shows(pilot, "similar name 1 of 1")
        await shows(pilot, "This name is similar.")


async def test_the_package_under_the_cursor_stays_where_it_is_when_others_become_better_known(
    catalogue: Make,
) -> None:
    def more_used(connection: Connection) -> None:
        add_release(connection, "zzz")
        vue = connection.scalar(select(packages.c.id).where(packages.c.name == "vue"))
        assert vue is not None
        add_interaction(connection, vue)
        refresh(connection, [vue])

    async with running(catalogue(few)) as (app, pilot):
        await pilot.press("down", "j", "j")
        before = names(app)
        await until(pilot, lambda: current_name(app) == before[2])
        write(app, more_used)
        await until(pilot, lambda: "zzz" in names(app))
        assert [name for name in names(app) if name in before] == before
        assert current_name(app) == before[2]


class TestMarks:
    async def test_marked_packages_are_tagged_together(self, catalogue: Make) -> None:
        def fill(connection: Connection) -> None:
            few(connection)
            add_tag(connection, "testing")

        async with running(catalogue(fill)) as (app, pilot):
            await pilot.press("down", "space", "space")
            await shows(pilot, "2 marked")
            await pilot.press("t")
            await until(pilot, lambda: isinstance(app.screen, TagScreen))
            await shows(pilot, "[-]  ■ Frontend")
            await pilot.press(*"testin", "space")
            await shows(pilot, "+testing")
            await pilot.press("enter")
            await until(pilot, lambda: tagged(app, "testing") == ["preact", "react"])

    async def test_escape_unmarks_before_it_leaves_the_list(self, catalogue: Make) -> None:
        async with running(catalogue(few)) as (app, pilot):
            await pilot.press("down", "asterisk")
            await shows(pilot, "5 marked")
            await pilot.press("escape")
            await until(pilot, lambda: app.focused is results(app))
            assert "marked" not in str(app.screen.query_one("#results").border_title)

    async def test_all_marked_packages_are_asked_for(self, catalogue: Make) -> None:
        def fill(connection: Connection) -> None:
            for name in ("left-pad", "right-pad"):
                add_package(connection, name, last_fetch_success=None)
                add_request(connection, name, status="failed")

        async with running(catalogue(fill)) as (app, pilot):
            await pilot.press("down", "asterisk", "a")
            await shows(pilot, "2 packages queued")
            assert sorted(requests(app))[::2] == ["left-pad", "right-pad"]

    @pytest.mark.parametrize("file", ["list.csv", "list.json"])
    async def test_an_export_holds_what_is_marked(
        self, catalogue: Make, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / file
        monkeypatch.chdir(tmp_path)  # so that there is little to type
        async with running(catalogue(few)) as (_app, pilot):
            await pilot.press("down", "space", "e")
            await shows(pilot, "Export 1 package")
            await pilot.press("ctrl+u", *"list.txt", "enter")
            await shows(pilot, "ends in .csv or .json")
            await pilot.press("ctrl+u", *file, "enter")
            await shows(pilot, "1 package written")
        text = target.read_text()
        rows = (
            json.loads(text) if file.endswith("json") else list(csv.DictReader(text.splitlines()))
        )
        assert [row["package"] for row in rows] == ["npm:preact"]


async def test_a_search_is_kept_under_a_name_run_and_forgotten(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"vue npm:", "ctrl+s")
        await shows(pilot, "Saves vue npm:")
        await pilot.press("ctrl+u", *"views", "enter")
        await shows(pilot, "Saved as views")
        await pilot.press("ctrl+l")
        facets = app.screen.query_one(FacetList)
        facets.focus()
        await until(pilot, lambda: facets.move_to_key(("saved", "views")))
        await pilot.press("enter")
        await until(pilot, lambda: box_text(app) == "vue npm:")
        await until(pilot, lambda: facets.move_to_key(("saved", "views")))
        await pilot.press("x")
        await until(pilot, lambda: not facets.move_to_key(("saved", "views")))


async def test_what_is_copied_is_of_the_row_under_the_cursor_however_fast(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press("down")
        third = names(app)[2]
        results(app).move_to_line(2)
        app.screen.action_copy_menu()  # type: ignore[attr-defined]
        assert isinstance(app.screen, MenuScreen)  # in the same turn
        await until(pilot, lambda: app.screen.query(RowList))
        first: Any = app.screen.query_one(RowList).current
        assert first.text == third


async def test_opening_a_package_counts_as_a_view_and_as_a_search_for_it(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"vue", "enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))
        await shows(pilot, "npm:vue")
        assert app.catalogue is not None
        await app.catalogue.tending.stop()
        query = select(package_interactions.c.kind).order_by(package_interactions.c.kind)
        found = app.catalogue.database.read_now(lambda connection: connection.scalars(query).all())
        assert found == ["search", "view"]


def tagged(app: Any, slug: str) -> list[str]:
    query = (
        select(packages.c.name)
        .join(package_tags, package_tags.c.package_id == packages.c.id)
        .join(tags, tags.c.id == package_tags.c.tag_id)
        .where(tags.c.slug == slug)
        .order_by(packages.c.name)
    )
    return list(app.catalogue.database.read_now(lambda connection: connection.scalars(query).all()))
