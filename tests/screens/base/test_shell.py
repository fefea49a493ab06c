"""Promises of the program around its screens: start, keys, help, palette, themes, errors."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.screens.driving import (
    NOW,
    Fill,
    burst,
    catalogue_settings,
    new_app,
    running,
    screen_text,
    shows,
    until,
)
from tests.support.rows import add_release, add_request
from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import NpmSettings, Settings, WorkerSettings
from tgtui.cli.app import run_app
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import downgrade
from tgtui.data.views.requests import QueueCounts, RegistryOutage, Step
from tgtui.output.requests import progress_text
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.status import lasts, outage_text
from tgtui.screens.dialogs.help import HelpScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen
from tgtui.widgets.shell import KeyHint, QueueState, hints_that_fit, queue_line

HEAVY = ("sqlalchemy", "alembic", "psycopg", "httpx", "packageurl", "tgtui.services.catalogue")
"""What must not be imported before the first paint."""

Make = Callable[..., Settings]


@pytest.fixture
def catalogue(tmp_path: Path, migrated_sqlite_file: Path) -> Make:
    """Settings of a catalogue that holds what the test puts in."""

    def make(fill: Fill = one, **more: Any) -> Settings:
        return catalogue_settings(tmp_path, migrated_sqlite_file, fill, **more)

    return make


def one(connection: Connection) -> None:
    add_release(connection, "react", "19.0.0")


def test_the_first_paint_needs_no_database_and_no_http_library() -> None:
    code = (
        f"import sys, tgtui.screens.app; print([name for name in {HEAVY} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_start_that_migrates_says_once_where_the_backup_is(
    catalogue: Make, size: tuple[int, int]
) -> None:
    settings = catalogue()
    database = Database(open_engine(parse_url(settings.effective_database_url)))
    downgrade(database.engine, "0008")
    database.close()
    async with running(settings, size=size) as (app, pilot):
        (notice,) = [each for each in app._notifications if "migrated" in each.message]
        *_, path = notice.message.split()
        assert path.startswith("/")
        assert path.endswith("Z.backup.")
        await until(pilot, lambda: path in screen_text(pilot))
    async with running(settings, size=size) as (app, pilot):
        assert not any("migrated" in each.message for each in app._notifications)


async def test_the_search_screen_is_there_before_the_catalogue(catalogue: Make) -> None:
    settings = catalogue()

    async def never(_settings: Settings) -> Any:
        await asyncio.Event().wait()

    app = TgtuiApp(settings, never)
    async with app.run_test(size=(120, 36)) as pilot:
        assert isinstance(app.screen, SearchScreen)
        await shows(pilot, "Opening the catalogue…")
        burst(pilot, *"react", "enter", "escape", "down", "a", "d", "q", "y")
        await pilot.pause()
        assert app.is_running


async def test_what_was_typed_before_the_catalogue_opened_is_searched_then(
    catalogue: Make,
) -> None:
    app = new_app(catalogue())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press(*"vue")
        await shows(pilot, "Press enter to ask for npm:vue")


def test_a_catalogue_that_cannot_be_opened_ends_with_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    monkeypatch.setattr(TgtuiApp, "run_async", _run_headless)
    code = run_app(Settings(data_dir=str(file / "sub")))
    assert code != 0
    error = capfd.readouterr().err
    assert "TGTUI_DATA_DIR" in error
    assert "Traceback" not in error


async def _run_headless(app: TgtuiApp) -> None:
    await super(TgtuiApp, app).run_async(headless=True, size=(120, 36))


async def test_a_database_that_breaks_later_is_said_in_the_strip(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):

        async def broken(*_: Any, **__: Any) -> Any:
            raise DatabaseError("The server is gone; start it.")

        assert app.catalogue is not None
        app.catalogue.database.read = broken  # type: ignore[method-assign]
        await pilot.press("r")
        await shows(pilot, "The server is gone; start it.")
        del app.catalogue.database.read
        await pilot.press("e")
        assert isinstance(app.screen, SearchScreen)
        app.screen.hint()
        await shows(pilot, "The queue is empty")


async def test_offline_is_said_in_one_line_and_what_is_here_works(catalogue: Make) -> None:
    nowhere = NpmSettings(registry="http://127.0.0.1:9/")

    def fill(connection: Connection) -> None:
        one(connection)
        add_request(connection, "vue")

    async with running(catalogue(fill, npm=nowhere, worker=WorkerSettings())) as (app, pilot):
        await shows(pilot, "npm: the registry can't be reached, retry")
        await pilot.press(*"rea", "enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))


def test_the_strip_says_whose_requests_it_counts_and_who_reads_them() -> None:
    member: dict[str, Any] = {"whose": "own", "may_work": False, "is_working": False}
    empty = QueueCounts(pending=0, fetching=0, failed=0, waiting=0)
    busy = QueueCounts(pending=14, fetching=2, failed=0, waiting=0)
    assert queue_line(QueueState(empty, **member)).plain == (
        "You have nothing queued · the team's worker fetches requests"
    )
    assert queue_line(QueueState(busy, **member)).plain == (
        "Yours: 2 fetching · 14 queued · the team's worker fetches requests"
    )
    guest = QueueState(empty, whose="nobody", may_work=False, is_working=False)
    assert queue_line(guest).plain == "You can look around; members can ask for packages"


def test_the_strip_says_what_the_worker_does() -> None:
    counts = QueueCounts(pending=14, fetching=2, failed=1, waiting=0)
    line = queue_line(QueueState(counts, current="npm:webpack resolving 12/30"))
    assert line.plain == "2 fetching · 14 queued · 1 failed · npm:webpack resolving 12/30"


def test_on_a_narrow_screen_the_strip_cuts_the_name_and_keeps_how_far_it_is() -> None:
    counts = QueueCounts(pending=14, fetching=2, failed=1, waiting=0)
    state = QueueState(counts, current="npm:@typescript-eslint/eslint-plugin resolving 12/30")
    assert queue_line(state, 70).plain.endswith("resolving 12/30")
    assert queue_line(state, 70).cell_length == 70


def test_an_outage_comes_first_in_the_strip_and_fits_a_narrow_screen() -> None:
    counts = QueueCounts(pending=18, fetching=0, failed=0, waiting=16)
    outage = RegistryOutage(
        "npm",
        "https://registry.example:443",
        "npm:react: the registry can't be reached",
        NOW + timedelta(minutes=59),
    )
    line = queue_line(QueueState(counts, outage=outage_text(outage, NOW))).plain
    said = "npm: the registry can't be reached, retry in 59 min; the catalogue still works"
    assert line == f"{said} · 18 queued (16 to be retried)"
    assert len(said) < 80


async def test_the_strip_counts_down_to_the_next_try(
    catalogue: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [timedelta()]
    async with running(catalogue()) as (app, pilot):
        monkeypatch.setattr(app, "_clock", lambda: NOW + passed[0])
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        assert app.catalogue is not None
        activity = app.catalogue.activity
        until_then = NOW + timedelta(minutes=2, seconds=10)
        activity.outages["npm"] = RegistryOutage("npm", "npm", "It is out", until_then)
        activity.changed()
        await shows(pilot, "retry in 2 min")
        assert lasts(app.catalogue, None, app.now()) == 10
        for seconds, words in ((10.5, "in 1 min"), (90, "in 40 s"), (96, "in 35 s")):
            passed[0] = timedelta(seconds=seconds)
            screen._move_strip_on()
            await shows(pilot, f"retry {words}")
        assert lasts(app.catalogue, None, app.now()) == 4
        activity.outages.clear()
        assert lasts(app.catalogue, None, app.now()) == math.inf


def test_progress_is_told_in_bytes_and_in_packages() -> None:
    fetching = progress_text("npm", "webpack", Step("fetching", 3_100_000, 8_400_000))
    assert fetching == "npm:webpack fetching 3.1/8.4 MB"
    resolving = progress_text("npm", "webpack", Step("resolving", 12, 30))
    assert resolving == "npm:webpack resolving 12/30"


async def test_a_terminal_that_is_too_small_gets_one_sentence(catalogue: Make) -> None:
    app = new_app(catalogue())
    async with app.run_test(size=(40, 10)) as pilot:
        await shows(pilot, "too small for")
        assert "Search" not in screen_text(pilot)
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "Search")


async def test_help_lists_the_keys_of_what_has_the_focus(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):
        await pilot.press("down", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        for words in ("Row below", "Show the dependency tree"):
            await shows(pilot, words)
        await pilot.press("end")
        await shows(pilot, "Everywhere")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))


async def test_the_key_line_shows_no_letter_while_one_types(catalogue: Make) -> None:
    async with running(catalogue()) as (_app, pilot):
        await shows(pilot, "f1 help")
        assert "a ask" not in screen_text(pilot)
        await pilot.press("down")
        await shows(pilot, "a ask")
        await shows(pilot, "? help")


async def test_a_click_on_the_key_line_presses_the_key(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):
        await pilot.press("down")
        await shows(pilot, "? help")
        line = screen_text(pilot).splitlines()[-1]
        await pilot.click("KeyLine", offset=(line.index("? help"), 0))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


def test_help_stays_in_the_key_line_when_there_is_no_room() -> None:
    hints = [KeyHint(letter, letter, "something long") for letter in "abcde"]
    assert [hint.key for hint in hints_that_fit(hints, 40)] == ["a", "e"]
    assert hints_that_fit(hints, 500) == hints


async def test_keys_can_be_rebound_in_the_settings(catalogue: Make) -> None:
    async with running(catalogue(keys={"app.help": "f5"})) as (app, pilot):
        await shows(pilot, "f5 help")
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_the_palette_names_every_action_with_its_key_and_hides_what_cannot_run(
    catalogue: Make,
) -> None:
    async with running(catalogue()) as (_app, pilot):
        await pilot.press(*"nothing-has-this-name")
        await shows(pilot, "is not in the catalogue")
        await pilot.press("ctrl+p")
        await shows(pilot, "Ask for a package that is not in the catalogue")
        assert "Show the dependency tree" not in screen_text(pilot)
        await pilot.press(*"Change theme")
        await shows(pilot, "Change theme")


async def test_the_palette_goes_to_packages(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):
        await pilot.press("ctrl+p", *"npm:rea")
        await until(pilot, lambda: "Go back" not in screen_text(pilot))
        await shows(pilot, "Go to npm:react")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))


async def test_a_theme_is_tried_under_the_cursor_and_taken_back_by_escape(
    catalogue: Make,
) -> None:
    async with running(catalogue()) as (app, pilot):
        await pilot.press("ctrl+p", *"change theme")
        await until(pilot, lambda: "Go back" not in screen_text(pilot))
        await shows(pilot, "Change theme")
        await pilot.press("enter")
        await shows(pilot, "enter applies")
        await pilot.press("down")
        await until(pilot, lambda: app.theme == "techgarden-light")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "techgarden")


@pytest.mark.full
async def test_every_theme_can_be_drawn(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):
        for theme in app.available_themes:
            app.theme = theme
            await pilot.pause()
            assert "react" in screen_text(pilot)


async def test_an_unknown_theme_is_said_and_replaced(catalogue: Make) -> None:
    async with running(catalogue(theme="[red]nope")) as (app, pilot):
        assert app.theme == "techgarden"
        await shows(pilot, "There is no theme '[red]nope'")


async def test_it_can_be_read_without_colours(
    catalogue: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(catalogue()) as (app, pilot):
        await pilot.press("down")
        assert app.no_color
        assert any("▌  npm" in line for line in screen_text(pilot).splitlines())


async def test_slash_comes_back_to_the_search_from_anywhere(catalogue: Make) -> None:
    async with running(catalogue()) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PackageScreen))
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, SearchScreen))
        assert app.focused is app.screen.query_one("#box")
