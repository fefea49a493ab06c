"""Promises of the search screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.screens.driving import (
    HOSTILE,
    HOSTILE_SHOWN,
    Fill,
    catalogue_settings,
    running,
    screen_text,
    shows,
    until,
    write,
)
from tests.support.rows import (
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
from tgtui.basics.settings import Settings
from tgtui.data.models.tables import package_requests, packages
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.search.facets import FacetList

NAMES = ("react", "react-dom", "react-router", "preact", "vue")

Make = Callable[[Fill], Settings]


@pytest.fixture
def catalogue(tmp_path: Path, migrated_sqlite_file: Path) -> Make:
    """Settings of a catalogue that holds what the test puts in."""
    return lambda fill: catalogue_settings(tmp_path, migrated_sqlite_file, fill)


def few(connection: Connection) -> None:
    for name in NAMES:
        package, version = add_release(connection, name, "1.2.3")
        add_dist_tag(connection, package, "1.2.3")
        if name == "react-dom":
            add_edge(connection, (package, version), "scheduler")
    tag, ada = add_tag(connection, "frontend"), add_account(connection)
    react = connection.scalar(select(packages.c.id).where(packages.c.name == "react"))
    assert react is not None
    add_package_tag(connection, react, tag, ada)


def names(app: Any) -> list[str]:
    return [row.name for row in results(app).rows]


def results(app: Any) -> RowList[Any]:
    found: RowList[Any] = app.screen.query_one("#results-list", RowList)
    return found


def current_name(app: Any) -> str | None:
    row = results(app).current
    return row.name if row is not None else None


async def test_results_come_while_one_types_exact_name_first(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"react")
        await until(pilot, lambda: "vue" not in names(app))
        assert names(app) == ["react", "react-dom", "react-router", "preact"]


async def test_only_the_last_of_many_letters_counts(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"preact", *["backspace"] * 6, *"vue")
        await until(pilot, lambda: names(app) == ["vue"])
        await shows(pilot, "1 of 5 packages")


async def test_a_slash_typed_in_the_box_already_is_no_part_of_the_search(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press("slash", *"preact")
        await until(pilot, lambda: names(app) == ["preact"])
        assert app.screen.query_one("#box").value == "preact"  # type: ignore[attr-defined]


async def test_a_filter_is_written_into_the_search_as_an_operator(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        facets = app.screen.query_one(FacetList)
        facets.focus()
        facets.move_to_key(("tag", "frontend"))
        await pilot.press("space")
        await until(pilot, lambda: names(app) == ["react"])
        assert app.screen.query_one("#box").value == "tag:frontend"  # type: ignore[attr-defined]
        await until(pilot, lambda: facets.current and facets.current.is_on)
        await pilot.press("enter")
        await until(pilot, lambda: len(names(app)) == len(NAMES))


async def test_the_preview_follows_the_cursor(catalogue: Make) -> None:
    async with running(catalogue(few)) as (_app, pilot):
        await pilot.press("down", "j", "j")
        await shows(pilot, "scheduler ^1.0.0")


async def test_a_new_row_above_does_not_move_the_row_under_the_cursor(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"rea")
        await until(pilot, lambda: len(names(app)) == 4)
        await pilot.press("down", "down")
        rows = results(app)
        line = rows.cursor_line - rows.scroll_offset.y
        assert current_name(app) == "react-dom"
        write(app, lambda connection: add_release(connection, "reactor"))
        await until(pilot, lambda: "reactor" in names(app))
        assert current_name(app) == "react-dom"
        assert rows.cursor_line == names(app).index("react-dom")
        assert rows.cursor_line - rows.scroll_offset.y in {line, rows.cursor_line}


async def test_what_comes_first_is_shown_until_somebody_moves(catalogue: Make) -> None:
    """At the first start packages arrive by the hundred, most of them above those that were there."""
    async with running(catalogue(few)) as (app, pilot):
        rows = results(app)

        def arrives(name: str) -> None:
            write(app, lambda connection: add_release(connection, name))

        first = names(app)[0]
        arrives("a-first")
        await until(pilot, lambda: names(app)[0] == "a-first" != first)
        assert (current_name(app), rows.cursor_line) == ("a-first", 0)
        await pilot.press("down")
        await until(pilot, lambda: rows.has_focus)
        arrives("a-before-it")
        await until(pilot, lambda: "a-before-it" in names(app))
        assert current_name(app) == "a-first"


@pytest.mark.parametrize(
    ("status", "shown"), [("pending", "queued"), ("fetching", "fetching"), ("failed", "failed")]
)
async def test_a_package_known_by_name_only_says_what_it_waits_for(
    catalogue: Make, status: str, shown: str
) -> None:
    def fill(connection: Connection) -> None:
        add_package(connection, "left-pad", last_fetch_success=None)
        add_request(connection, "left-pad", status=status, error_message="It hung up.")

    async with running(catalogue(fill)) as (_app, pilot):
        await shows(pilot, shown)
        await shows(pilot, "Only its name is known.")


async def test_enter_on_an_empty_result_asks_for_the_package(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"left-padd")
        await shows(pilot, "Press enter to ask for npm:left-padd")
        await pilot.press("enter")
        await shows(pilot, "It is queued")
        assert requests(app) == ["left-padd"]


async def test_a_in_the_empty_list_asks_for_the_package(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"left-padd")
        await shows(pilot, "to ask for npm:left-padd")
        await pilot.press("down", "a")
        await shows(pilot, "It is queued")
        assert requests(app) == ["left-padd"]


async def test_a_name_npm_would_not_accept_is_refused_with_the_reason(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*".hidden")
        await shows(pilot, "npm would not accept")
        await pilot.press("enter")
        await pilot.pause()
        assert requests(app) == []


async def test_asking_in_the_dialog_judges_the_name_while_one_types(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press("down", "a")
        await pilot.press("ctrl+u", *"npm:@scope/", "enter")
        await shows(pilot, "npm would not accept")
        await pilot.press(*"thing", "enter")
        await until(pilot, lambda: requests(app) == ["@scope/thing"])


async def test_enter_opens_what_was_typed_last_however_fast(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"vue", "enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))
        await shows(pilot, "npm:vue")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))


async def test_escape_goes_to_the_box_and_then_empties_it(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.press(*"vue", "down", "escape")
        box = app.screen.query_one("#box")
        await until(pilot, lambda: app.focused is box)
        await pilot.press("escape")
        await until(pilot, lambda: len(names(app)) == len(NAMES))


async def test_a_click_moves_the_cursor_and_a_second_one_opens(catalogue: Make) -> None:
    async with running(catalogue(few)) as (app, pilot):
        await pilot.click("#results-list", offset=(8, 2))
        await until(pilot, lambda: current_name(app) == "react-dom")
        assert isinstance(app.screen, SearchScreen)
        await pilot.click("#results-list", offset=(8, 2))
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_versions_as_apt_has_them_are_whole(catalogue: Make, size: tuple[int, int]) -> None:
    def fill(connection: Connection) -> None:
        add_release(connection, "libc6", "2.36-9+deb12u4", "apt")
        add_release(connection, "git", "1:2.39.5-0+deb12u2~bpo12+1", "apt")

    async with running(catalogue(fill), size) as (_app, pilot):
        await shows(pilot, " 2.36-9+deb12u4 ")
        await shows(pilot, " 1:2.39.5-0+deb12u2~bpo12+1  ")


async def test_on_a_narrow_screen_filters_and_preview_come_by_key(catalogue: Make) -> None:
    async with running(catalogue(few), (80, 24)) as (app, pilot):
        await pilot.press("down")
        assert not app.screen.query_one("#facets").display
        facets, preview = app.screen.query_one("#facets"), app.screen.query_one("#preview")
        await pilot.press("f")
        await until(pilot, lambda: facets.display)
        await shows(pilot, "frontend")
        await pilot.press("p")  # in its place: beside both no name would be read
        await until(pilot, lambda: preview.display and not facets.display)


async def test_registry_text_is_shown_as_text_in_every_pane(catalogue: Make) -> None:
    def fill(connection: Connection) -> None:
        package = add_package(
            connection, HOSTILE, description=HOSTILE, homepage=HOSTILE, repository=HOSTILE
        )
        message = {"is_yanked": True, "yank_message": HOSTILE}
        version = add_version(connection, package, "1.0.0", **message)
        add_dist_tag(connection, package, "1.0.0")
        add_edge(connection, (package, version), HOSTILE, dependency_version_range=HOSTILE)
        tag = add_tag(connection, "t", name=HOSTILE, color="[red]")
        add_package_tag(connection, package, tag, add_account(connection))
        add_request(connection, HOSTILE, status="failed", error_message=HOSTILE)

    async with running(catalogue(fill), (200, 50)) as (app, pilot):
        await pilot.press("down")
        await until(pilot, lambda: screen_text(pilot).count(HOSTILE_SHOWN[:12]) >= 8)
        text = screen_text(pilot)
        assert "\x1b" not in text
        assert "\u202e" not in text
        write(
            app,
            lambda connection: connection.execute(update(packages).values(last_fetch_success=None)),
        )
        await shows(pilot, "Fetching it failed")
        await pilot.press("ctrl+p", *"a[/")
        await shows(pilot, "Go to npm:a[/]b")
        assert app.is_running


def requests(app: Any) -> list[str]:
    query = select(package_requests.c.package_name).order_by(package_requests.c.id)
    return list(app.catalogue.database.read_now(lambda connection: connection.scalars(query).all()))
