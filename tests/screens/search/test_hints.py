"""What the search screen says of a search that can find nothing, and of what a minus leaves out in vain."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from tests.screens.driving import catalogue_settings, running, screen_text, shows, until, write
from tests.screens.running import Home
from tests.screens.test_roles import ROLES, AppAs
from tests.support import rows
from tgtui.basics.settings import Settings
from tgtui.data.models.tables import package_requests
from tgtui.data.search import facets
from tgtui.data.views.searches import SearchFacets
from tgtui.identity.roles import HOW_TO_GET
from tgtui.screens.search.counts import counts_text
from tgtui.widgets.lists.sparse_rows import SparseRows


def garden(connection: Connection) -> None:
    app = rows.add_release(connection, "app")
    rows.add_edge(connection, app, "react", rows.add_release(connection, "react", "18.2.0"))
    tag = rows.add_tag(connection, "frontend")
    rows.add_package_tag(connection, app[0], tag, rows.add_account(connection))


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite_file: Path) -> Settings:
    return catalogue_settings(tmp_path, migrated_sqlite_file, garden)


async def test_an_empty_list_says_which_part_of_the_search_is_at_fault(settings: Settings) -> None:
    async with running(settings, (200, 50)) as (_app, pilot):
        for typed, sentence in (
            ("tag:fronted", "There is no tag `fronted`. Did you mean tag:frontend?"),
            ("dep:raect", "No package here depends on `raect`. Did you mean dep:react?"),
            ("app dep:react@1", "Nothing here resolved to exactly `react@1`."),
            ("tag:frontend -app", "No package matches these filters."),
            ("zq", "`zq` is short: it only matches the beginning of a word in a name."),
            ("tag:frontend c", "`c` is short: it only matches the beginning of a word in a name."),
            ("updatd:<30d", "There is no operator `updatd:`. Did you mean updated:<30d or"),
            ("ract-router-dom", "is not in the catalogue"),
        ):
            await pilot.press("ctrl+u", *typed)
            await shows(pilot, sentence)
            assert ("is short" in screen_text(pilot)) == ("is short" in sentence)


async def test_what_a_minus_leaves_out_in_vain_is_said_beside_the_line(settings: Settings) -> None:
    async with running(settings, (80, 24)) as (_app, pilot):
        await pilot.press(*"-tag:fronted")
        said = "Search · There is no tag `fronted`. Did you mean tag:frontend?"
        await shows(pilot, said)
        await pilot.press(*" react")
        assert said in screen_text(pilot)
        await pilot.press("ctrl+u", *"-tag:frontend")
        await shows(pilot, "─ Search ─")
        await shows(pilot, "1 of 2 packages")


async def test_a_range_is_named_beside_the_line(settings: Settings) -> None:
    async with running(settings, (80, 24)) as (_app, pilot):
        await pilot.press(*"dep:react@^18")
        await shows(pilot, "dep:react@^18: write an exact version, as in dep:express@4.18.1.")
        await shows(pilot, "1 of 2 packages")


async def test_the_key_line_says_what_enter_does(settings: Settings) -> None:
    async with running(settings) as (_app, pilot):
        await shows(pilot, "enter open")
        await pilot.press(*"not-here")
        await shows(pilot, "enter ask")
        await pilot.press(*" tag:fronted")
        await shows(pilot, "There is no tag")
        await until(pilot, lambda: "enter" not in screen_text(pilot).splitlines()[-1])
        await pilot.press("ctrl+u", *"react")
        await shows(pilot, "enter open")


def with_history(connection: Connection) -> None:
    rows.add_release(connection, "app")
    rows.add_request(connection, "queued", account_id=None)
    rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        (
            "authenticated",
            {
                "queued": "npm:queued: ",
                "gone": "npm:gone was deleted",
                "npm:.hidden": "npm would not accept",
                "app tag:web": "Nothing matches these filters",
                "several words": "No package has all of these words",
            },
        ),
        ("anonymous", {"not-here": HOW_TO_GET["authenticated"]}),
    ],
)
async def test_enter_does_nothing_if_the_key_line_offers_nothing_and_says_why(
    home: Home, role: str, answers: dict[str, str]
) -> None:
    home.fill(with_history)
    app = AppAs(home.settings, ROLES[role])
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, "of 1 package")
        for typed, why in answers.items():
            await pilot.press("ctrl+u", *typed)
            await until(pilot, lambda: "enter" not in screen_text(pilot).splitlines()[-1])
            await shows(pilot, "0 of 1 package")
            before = home.fill(count_requests)
            await pilot.press("enter")
            await until(pilot, lambda: any(said.startswith(why) for said in app.said))  # noqa: B023
            assert home.fill(count_requests) == before


def count_requests(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(package_requests)) or 0


async def test_on_a_narrow_screen_one_pane_beside_the_list_takes_the_place_of_the_other(
    settings: Settings,
) -> None:
    async with running(settings, (80, 24)) as (app, pilot):
        shown = {name: app.screen.query_one(f"#{name}") for name in ("facets", "preview")}
        await pilot.press("down", "f", "p")
        await until(pilot, lambda: [name for name in shown if shown[name].display] == ["preview"])
        await pilot.press("f")
        await until(pilot, lambda: [name for name in shown if shown[name].display] == ["facets"])
        await pilot.press("f")
        await until(pilot, lambda: not [name for name in shown if shown[name].display])


async def test_the_key_that_is_named_asks_wherever_the_focus_is(settings: Settings) -> None:
    async with running(settings) as (app, pilot):
        await pilot.press(*"not-here")
        await shows(pilot, "Press enter to ask for npm:not-here")
        await pilot.press("down")
        await until(pilot, lambda: app.focused and app.focused.id == "results-list")
        assert "Press enter to ask for" in screen_text(pilot)
        await shows(pilot, "enter ask")
        await pilot.press("tab")
        await shows(pilot, "Press a to ask for npm:not-here")
        await pilot.press("slash", "down", "enter")
        await shows(pilot, "npm:not-here is queued")


async def test_an_operator_that_there_is_none_of_is_named_beside_words(settings: Settings) -> None:
    async with running(settings, (80, 24)) as (_app, pilot):
        await pilot.press(*"app updatd:<30d")
        said = "There is no operator `updatd:`. Did you mean updated:<30d"
        await shows(pilot, f"Search · {said}")
        await until(pilot, lambda: screen_text(pilot).count(said) == 2)  # and in place of the list
        await pilot.press("ctrl+u", *"app colour:red")
        await shows(pilot, "There is no operator `colour:`; there are tag:")


@pytest.mark.parametrize(
    ("found", "listed", "similar", "is_all", "said"),
    [
        # What the filters know is older than what the list knows, or of another search.
        ((463, False, 463), 482, 0, True, "482 of 482 packages"),
        ((463, False, 463), 440, 0, True, "440 of 440 packages"),
        ((0, False, 463), 12, 0, False, "12 of 463 packages"),
        ((0, False, 463), 19, 19, False, "0 of 463 packages · 19 similar"),
        ((3, False, 463), 22, 19, False, "3 of 463 packages · 19 similar"),
        ((9, False, 1), 9, 0, False, "9 of 9 packages"),
    ],
)
def test_the_counts_of_one_screen_do_not_contradict_each_other(
    found: tuple[int, bool, int], listed: int, similar: int, is_all: bool, said: str
) -> None:
    matching, is_bound, catalogue = found
    facets = SearchFacets(matching, catalogue, (), (), is_bound=is_bound)
    listing: SparseRows[int, int] = SparseRows(lambda row: row, first=1_000, size=100)
    listing.put(0, list(range(listed)), None)
    assert counts_text(facets, listing, similar, catalogue, is_all=is_all) == said


def test_what_is_not_counted_yet_is_at_least_what_is_listed() -> None:
    listing: SparseRows[int, int] = SparseRows(lambda row: row, first=50, size=100)
    listing.put(0, list(range(50)), 50)
    assert counts_text(None, listing, 0, 463, is_all=False) == "50+ of 463 packages"


async def test_the_size_of_a_new_catalogue_follows_while_one_searches(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "SHOWN_FOR", 1e9)  # what was counted once is kept
    async with running(settings) as (app, pilot):
        await pilot.press(*"react")
        await shows(pilot, "1 of 2 packages")
        new = [f"new-{place}" for place in range(30)]
        write(app, lambda connection: [rows.add_release(connection, name) for name in new])
        await shows(pilot, "1 of 32 packages")
        await pilot.press("backspace")
        await shows(pilot, "1 of 32 packages")
