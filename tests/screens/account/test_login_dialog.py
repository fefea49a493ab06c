"""The dialog of a login, at a provider whose answers a test chooses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail
from textual.pilot import Pilot

from tests.screens.driving import catalogue_settings, screen_text, shows, until
from tests.screens.logging_in import Garden, react, session_of
from tests.support.hostile_provider import CODE, HostileProvider, refusal
from tests.support.logins import HandClock
from tgtui.screens.account.login import LoginScreen

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
SnapCompare = Callable[..., bool]

pytestmark = pytest.mark.usefixtures("system_keyring")


@pytest.fixture
def hostile(hand: HandClock) -> Iterator[HostileProvider]:
    with HostileProvider(hand.seconds) as provider:
        provider.device = {
            "verification_uri": "https://login.example/device",
            "verification_uri_complete": f"https://login.example/device?user_code={CODE}",
        }
        yield provider


@pytest.fixture
def garden(
    tmp_path: Path, migrated_sqlite_file: Path, hostile: HostileProvider, hand: HandClock
) -> Garden:
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, react)
    return Garden(settings, hostile.issuer, hand)


async def test_without_a_keyring_one_chooses_where_it_is_kept(
    garden: Garden, hostile: HostileProvider
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
    garden: Garden, hostile: HostileProvider, hand: HandClock
) -> None:
    async with garden.running() as (_app, pilot):
        await pilot.press("L")
        await shows(pilot, CODE)
        hostile.polls.append(refusal("expired_token"))
        hand.move(seconds=5)
        await shows(pilot, "The code expired")
        await pilot.press("n")
        await shows(pilot, CODE)
        assert hostile.asked("/device") == 2


async def test_what_hinders_it_is_said_and_the_code_stays(
    garden: Garden, hostile: HostileProvider, hand: HandClock
) -> None:
    async with garden.running() as (_app, pilot):
        await pilot.press("L")
        await shows(pilot, CODE)
        hostile.polls.append(refusal("server_error", 503))
        hand.move(seconds=5)
        await shows(pilot, "503 for its tokens. Trying again")
        assert CODE in screen_text(pilot)


async def test_escape_ends_the_waiting(
    garden: Garden, hostile: HostileProvider, hand: HandClock
) -> None:
    async with garden.running() as (app, pilot):
        await pilot.press("L")
        await shows(pilot, CODE)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LoginScreen))
        hand.move(seconds=60)
        await asyncio.sleep(0)
        assert hostile.asked("/token") == 0


async def test_the_address_is_copied_with_the_code_in_it(garden: Garden) -> None:
    async with garden.running() as (app, pilot):
        await pilot.press("L")
        await shows(pilot, CODE)
        await pilot.press("y")
        assert app.clipboard == f"https://login.example/device?user_code={CODE}"


@SIZES
def test_picture_of_the_code(
    garden: Garden, snap_compare: SnapCompare, size: tuple[int, int]
) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press("down", "L")
        await shows(pilot, CODE)
        pilot.app.clear_notifications()

    assert snap_compare(garden.app(), terminal_size=size, run_before=steps)


def test_picture_of_the_qr_code_alone(garden: Garden, snap_compare: SnapCompare) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press("down", "L")
        await shows(pilot, CODE)
        pilot.app.clear_notifications()
        await pilot.press("s")
        await shows(pilot, "s text")

    assert snap_compare(garden.app(), terminal_size=(80, 24), run_before=steps)


async def opened(pilot: Pilot[Any]) -> None:
    await shows(pilot, re.compile(r"of [\d,]+ packages?"))
    await shows(pilot, "You can read everything")
