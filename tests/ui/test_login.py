"""Logging in and out while the app runs: the dialog, the keys that come and go, and what stays as it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail
from sqlalchemy.orm import Session
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.hostile_provider import CODE, HostileProvider, refusal
from tests.support.logins import HandClock, MemoryKeyring, config_for
from tests.support.openid_provider import Site, User
from tests.support.rows import add_release
from tests.ui.driving import NOW, catalogue_settings, screen_text, shows, until
from tgtui.app import TgtuiApp
from tgtui.catalogue import Catalogue
from tgtui.identity.oidc_session import LoginSession
from tgtui.screens.asking import AskScreen
from tgtui.screens.login import LoginScreen
from tgtui.settings import Settings, WorkerSettings

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
SnapCompare = Callable[..., bool]


@pytest.fixture
def hand() -> HandClock:
    return HandClock()


@pytest.fixture
def site(hand: HandClock) -> Iterator[Site]:
    with Site(hand.seconds) as site:
        yield site


@pytest.fixture
def ada() -> User:
    return User("ada", {"name": "Ada", "roles": ["admins"]})


@pytest.fixture(autouse=True)
def system_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    ours = MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


class Garden:
    """Makes apps on one catalogue that log in at one provider."""

    def __init__(self, settings: Settings, issuer: str, hand: HandClock) -> None:
        self.settings = settings
        self._issuer = issuer
        self._hand = hand

    def app(self) -> TgtuiApp:
        async def opener(settings: Settings) -> Catalogue:
            config = config_for(self._issuer)
            folder = settings.data_folder
            session = LoginSession(config, folder, now=self._hand.now, wait=self._hand.wait)
            return await Catalogue.open(settings, session=session)

        return TgtuiApp(self.settings, opener, clock=lambda: NOW, stopwatch=lambda: 0.0)

    @asynccontextmanager
    async def running(
        self, size: tuple[int, int] = (120, 36)
    ) -> AsyncIterator[tuple[TgtuiApp, Pilot[Any]]]:
        """On the list of the search screen, where letters are keys."""
        app = self.app()
        async with app.run_test(size=size, notifications=True) as pilot:
            await shows(pilot, re.compile(r"of [\d,]+ packages?"))
            await until(pilot, lambda: session_of(app).is_restored)
            await pilot.press("down")
            yield app, pilot

    async def log_in(self, app: TgtuiApp, pilot: Pilot[Any], site: Site, user: User) -> None:
        await pilot.press("L")
        await shows(pilot, "enter the code")
        code = list(site.credentials.values())[-1]["user_code"]
        assert code in screen_text(pilot)
        site.enter(code, user)
        self._hand.move(seconds=5)
        await until(pilot, lambda: not isinstance(app.screen, LoginScreen))
        await shows(pilot, f"{user.claims['name']} · ")


def session_of(app: TgtuiApp) -> LoginSession:
    assert app.catalogue is not None
    assert app.catalogue.session is not None
    return app.catalogue.session


def works(app: TgtuiApp) -> bool:
    return app.catalogue is not None and app.catalogue.working is not None


@pytest.fixture
def garden(tmp_path: Path, migrated_sqlite_file: Path, site: Site, hand: HandClock) -> Garden:
    return Garden(catalogue_settings(tmp_path, migrated_sqlite_file, react), site.issuer, hand)


def react(session: Session) -> None:
    add_release(session, "react", "19.0.0")


async def test_whoever_is_not_logged_in_reads_and_is_told_once_how_to_get_more(
    garden: Garden,
) -> None:
    async with garden.running() as (app, pilot):
        text = screen_text(pilot)
        assert "not logged in · read only" in text
        assert "Everything can be read without a login" in text
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


async def test_the_next_start_finds_the_login(garden: Garden, site: Site, ada: User) -> None:
    async with garden.running() as (app, pilot):
        await garden.log_in(app, pilot, site, ada)
    async with garden.running() as (app, pilot):
        await shows(pilot, "Ada · admin")
        assert "Everything can be read without" not in screen_text(pilot)


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
        for _ in range(20):
            hand.move(seconds=20)
            await pilot.pause(0.01)
        await shows(pilot, "ended the login")
        assert isinstance(app.screen, AskScreen)
        assert app.screen.query_one(Input).value == "left-pad"
        await pilot.press("enter")
        await shows(pilot, "Without a login everything can be read")
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
        await shows(pilot, "Log in, to ask for packages")
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


class TestDialog:
    """The dialog at a provider whose answers a test chooses."""

    @pytest.fixture
    def hostile(self, hand: HandClock) -> Iterator[HostileProvider]:
        with HostileProvider(hand.seconds) as provider:
            provider.device = {
                "verification_uri": "https://login.example/device",
                "verification_uri_complete": f"https://login.example/device?user_code={CODE}",
            }
            yield provider

    @pytest.fixture
    def garden(
        self, tmp_path: Path, migrated_sqlite_file: Path, hostile: HostileProvider, hand: HandClock
    ) -> Garden:
        settings = catalogue_settings(tmp_path, migrated_sqlite_file, react)
        return Garden(settings, hostile.issuer, hand)

    async def test_without_a_keyring_one_chooses_where_it_is_kept(
        self, garden: Garden, hostile: HostileProvider
    ) -> None:
        keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
        async with garden.running() as (app, pilot):
            await pilot.press("L")
            await shows(pilot, "Where should the login be kept?")
            assert hostile.requests == []
            await pilot.press("f")
            await shows(pilot, CODE)
            assert session_of(app).place == "file"

    async def test_an_expired_code_makes_place_for_a_new_one(
        self, garden: Garden, hostile: HostileProvider, hand: HandClock
    ) -> None:
        async with garden.running() as (_app, pilot):
            await pilot.press("L")
            await shows(pilot, CODE)
            hostile.polls.append(refusal("expired_token"))
            hand.move(seconds=5)
            await shows(pilot, "has expired")
            await pilot.press("n")
            await shows(pilot, CODE)
            assert hostile.asked("/device") == 2

    async def test_what_hinders_it_is_said_and_the_code_stays(
        self, garden: Garden, hostile: HostileProvider, hand: HandClock
    ) -> None:
        async with garden.running() as (_app, pilot):
            await pilot.press("L")
            await shows(pilot, CODE)
            hostile.polls.append(refusal("server_error", 503))
            hand.move(seconds=5)
            await shows(pilot, "503 for its tokens. Trying again")
            assert CODE in screen_text(pilot)

    async def test_escape_ends_the_waiting(
        self, garden: Garden, hostile: HostileProvider, hand: HandClock
    ) -> None:
        async with garden.running() as (app, pilot):
            await pilot.press("L")
            await shows(pilot, CODE)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, LoginScreen))
            hand.move(seconds=60)
            await asyncio.sleep(0)
            assert hostile.asked("/token") == 0

    async def test_the_address_is_copied_with_the_code_in_it(self, garden: Garden) -> None:
        async with garden.running() as (app, pilot):
            await pilot.press("L")
            await shows(pilot, CODE)
            await pilot.press("y")
            assert app.clipboard == f"https://login.example/device?user_code={CODE}"

    @SIZES
    def test_picture_of_the_code(
        self, garden: Garden, snap_compare: SnapCompare, size: tuple[int, int]
    ) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await opened(pilot)
            await pilot.press("down", "L")
            await shows(pilot, CODE)
            pilot.app.clear_notifications()

        assert snap_compare(garden.app(), terminal_size=size, run_before=steps)

    def test_picture_of_the_qr_code_alone(self, garden: Garden, snap_compare: SnapCompare) -> None:
        async def steps(pilot: Pilot[Any]) -> None:
            await opened(pilot)
            await pilot.press("down", "L")
            await shows(pilot, CODE)
            pilot.app.clear_notifications()
            await pilot.press("s")

        assert snap_compare(garden.app(), terminal_size=(80, 24), run_before=steps)


async def opened(pilot: Pilot[Any]) -> None:
    await shows(pilot, re.compile(r"of [\d,]+ packages?"))
    await shows(pilot, "Everything can be read")
