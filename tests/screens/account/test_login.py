"""Logging in and out while the app runs: the keys that come and go, and what stays as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.screens.driving import PATIENCE_S, catalogue_settings, screen_text, shows, until
from tests.screens.logging_in import Garden, react, session_of
from tests.support.logins import HandClock, MemoryKeyring
from tests.support.openid_provider import Site, User
from tgtui.basics.settings import WorkerSettings
from tgtui.identity.people import Principal
from tgtui.screens.account.login import LoginScreen
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.status import who_is_here
from tgtui.screens.dialogs.ask import AskScreen
from tgtui.services.opening import who_is_there

pytestmark = pytest.mark.usefixtures("system_keyring")


@pytest.fixture
def site(hand: HandClock) -> Iterator[Site]:
    with Site(hand.seconds) as site:
        yield site


@pytest.fixture
def ada() -> User:
    return User("ada", {"name": "Ada", "roles": ["admins"]})


def works(app: TgtuiApp) -> bool:
    return app.catalogue is not None and app.catalogue.working is not None


@pytest.fixture
def garden(tmp_path: Path, migrated_sqlite_file: Path, site: Site, hand: HandClock) -> Garden:
    return Garden(catalogue_settings(tmp_path, migrated_sqlite_file, react), site.issuer, hand)


async def test_whoever_is_not_logged_in_reads_and_is_told_once_how_to_get_more(
    garden: Garden,
) -> None:
    async with garden.running() as (app, pilot):
        text = screen_text(pilot)
        assert "not logged in · read only" in text
        assert "You can read everything without logging in" in text
        assert "log in" in text.splitlines()[-1]
        assert "ask" not in text.splitlines()[-1]
        await pilot.press("a")
        assert not isinstance(app.screen, AskScreen)


async def test_the_login_brings_the_keys_and_leaves_everything_where_it_was(
    garden: Garden, site: Site, ada: User
) -> None:
    async with garden.running() as (app, pilot):
        app.screen.query_one(Input).value = "reac"
        await shows(pilot, "1 of 1 package")
        await garden.log_in(app, pilot, site, ada)
        assert app.screen.query_one(Input).value == "reac"
        text = screen_text(pilot)
        assert "Ada · admin" in text
        assert "Logged in. Ada: member, admin." in text
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))


async def test_the_header_names_nobody_before_their_roles_are_known(
    garden: Garden, site: Site, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_found_out = threading.Event()

    def found_out_late(*args: Any) -> Principal:
        is_found_out.wait(PATIENCE_S)
        return who_is_there(*args)

    async with garden.running() as (app, pilot):
        monkeypatch.setattr("tgtui.services.catalogue.who_is_there", found_out_late)
        await garden.begin_login(app, pilot, site, ada)
        await until(pilot, lambda: session_of(app).person.identity is not None)
        assert str(who_is_here(app.catalogue)) == "not logged in · read only"
        is_found_out.set()
        await shows(pilot, "Ada · admin")


async def test_the_next_start_finds_the_login(garden: Garden, site: Site, ada: User) -> None:
    async with garden.running() as (app, pilot):
        await garden.log_in(app, pilot, site, ada)
    async with garden.running() as (app, pilot):
        await shows(pilot, "Ada · admin")
        assert "You can read everything" not in screen_text(pilot)


async def test_a_login_that_ends_takes_the_keys_and_nothing_that_was_typed(
    garden: Garden, site: Site, ada: User, hand: HandClock
) -> None:
    async with garden.running() as (app, pilot):
        await garden.log_in(app, pilot, site, ada)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press(*"left-pad")
        for token in site.tokens:
            token.is_revoked = True
        await until(pilot, lambda: hand.is_waited_for)

        def is_told_as_time_passes() -> bool:
            hand.move(seconds=20)
            return "ended the login" in screen_text(pilot)

        await until(pilot, is_told_as_time_passes)
        assert isinstance(app.screen, AskScreen)
        assert app.screen.query_one(Input).value == "left-pad"
        app.clear_notifications()
        await pilot.press("enter")
        await shows(pilot, "ended the login")  # which is why nothing is asked for
        await shows(pilot, "not logged in · read only")


async def test_other_roles_at_the_provider_change_the_keys(
    garden: Garden, site: Site, ada: User, hand: HandClock
) -> None:
    async with garden.running() as (app, pilot):
        await garden.log_in(app, pilot, site, ada)
        ada.claims["roles"] = []
        await session_of(app).renew()
        await until(pilot, lambda: hand.is_waited_for)
        hand.move(seconds=1)
        await shows(pilot, "Ada · member")
        await shows(pilot, "Your roles have changed. Ada: member.")


async def test_logging_out_in_the_app(
    garden: Garden, site: Site, ada: User, system_keyring: MemoryKeyring
) -> None:
    async with garden.running() as (app, pilot):
        await garden.log_in(app, pilot, site, ada)
        await pilot.press("L")
        await shows(pilot, "admins in roles gives admin")
        await pilot.press("x")
        await shows(pilot, "not logged in · read only")
        await shows(pilot, "You are logged out")
        assert not system_keyring.entries


async def test_the_palette_offers_it_too(garden: Garden) -> None:
    async with garden.running() as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.press(*"log in")
        await shows(pilot, "Log in to ask for packages")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, LoginScreen))


async def test_the_worker_of_the_app_comes_and_goes_with_its_role(
    tmp_path: Path, migrated_sqlite_file: Path, site: Site, hand: HandClock
) -> None:
    settings = catalogue_settings(
        tmp_path, migrated_sqlite_file, react, worker=WorkerSettings(enabled=True)
    )
    garden = Garden(settings, site.issuer, hand)
    worker = User("wim", {"name": "Wim", "roles": ["workers"]})
    async with garden.running() as (app, pilot):
        assert not works(app)
        await garden.log_in(app, pilot, site, worker)
        assert works(app)
        worker.claims["roles"] = []
        await session_of(app).renew()
        await until(pilot, lambda: hand.is_waited_for)
        hand.move(seconds=1)
        await until(pilot, lambda: not works(app))
