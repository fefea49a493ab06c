"""The app as each role: who it says is here, whose requests it counts and shows, and that no worker runs in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.data.access.garden import Garden
from tests.screens.driving import new_app, screen_text, shows, until
from tests.support.fake_registry import FakeRegistry
from tgtui.basics.settings import NpmSettings, Settings
from tgtui.output.requests import TEAMS_WORKER
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.opening import OpenRequests
from tgtui.widgets.shell import IDLE


@pytest.fixture(autouse=True)
def no_complaints(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.getMessage() for record in caplog.records] == []


@asynccontextmanager
async def app_of(
    garden: Garden, login: str, folder: Path, **more: Any
) -> AsyncIterator[tuple[TgtuiApp, Pilot[Any]]]:
    app = new_app(Settings(database_url=garden.team.url(login), data_dir=str(folder), **more))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, garden.team.name(login))
        yield app, pilot


async def test_a_member_sees_its_own_requests_and_whose_they_are(
    garden: Garden, tmp_path: Path
) -> None:
    async with app_of(garden, "ada", tmp_path) as (app, pilot):
        await shows(pilot, "· member")
        await shows(pilot, f"Yours: 2 queued · {TEAMS_WORKER}")
        app.open(OpenRequests())
        await shows(pilot, "of-ada")
        assert "My requests" in screen_text(pilot)
        assert "of-bob" not in screen_text(pilot)
        assert "mine/all" not in screen_text(pilot)
        assert app.catalogue is not None
        assert app.catalogue.working is None


async def test_an_admin_sees_everybodys(garden: Garden, tmp_path: Path) -> None:
    async with app_of(garden, "cleo", tmp_path) as (app, pilot):
        await shows(pilot, "· admin")
        await shows(pilot, f"4 queued · {TEAMS_WORKER}")
        app.open(OpenRequests())
        await shows(pilot, "of-bob")
        assert "of-ada" in screen_text(pilot)
        assert garden.team.name("dora") in screen_text(pilot)


async def test_a_guest_is_told_what_it_may(garden: Garden, tmp_path: Path) -> None:
    async with app_of(garden, "guest", tmp_path) as (app, pilot):
        await shows(pilot, "· read only")
        await shows(pilot, IDLE["nobody"])
        app.open(OpenRequests())
        await shows(pilot, "To request packages you need your own login")
        assert "of-ada" not in screen_text(pilot)


async def test_a_worker_at_a_screen_works(
    garden: Garden, tmp_path: Path, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("of-ada", {"1.0.0": {}})
    npm = NpmSettings(registry=fake_registry.url)
    async with app_of(garden, "wren", tmp_path, npm=npm) as (_app, pilot):
        await shows(pilot, "· worker")
        await until(pilot, lambda: garden.status(garden.adas) == "completed")
