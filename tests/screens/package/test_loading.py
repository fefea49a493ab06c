"""What the package screen says of what is not here: that it comes, what it waits for, or what to press."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select, update
from textual.pilot import Pilot
from textual.widgets import Static

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import NOW, Home, running
from tests.support import rows
from tgtui.basics.errors import DatabaseUnavailable
from tgtui.data.models.tables import package_requests, package_versions
from tgtui.data.requests.outages import record_outage
from tgtui.data.storage.engine import READERS
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.tree.compare import CompareScreen

NO_WORKER = "No worker is running here"


class Garden:
    """react 3.0.0, whose dependencies are not loaded, 2.0.0 (latest) and 1.0.0."""

    def __init__(self, connection: Connection) -> None:
        self.package = rows.add_package(connection, "react")
        rows.add_version(connection, self.package, "1.0.0")
        latest = rows.add_version(connection, self.package, "2.0.0")
        self.unloaded = rows.add_version(
            connection, self.package, "3.0.0", dependencies_fetched_at=None
        )
        rows.add_dist_tag(connection, self.package, "2.0.0")
        rows.add_edge(connection, (self.package, latest), "scheduler")


@pytest.fixture
def garden(home: Home) -> Garden:
    return home.fill(Garden)


def asked(home: Home) -> tuple[int, int]:
    """Requests there are, and versions whose dependencies somebody wants."""
    wanted = package_versions.c.dependencies_wanted_at.is_not(None)
    return home.fill(
        lambda connection: (
            connection.scalar(select(func.count()).select_from(package_requests)) or 0,
            connection.scalar(select(func.count()).where(wanted)) or 0,
        )
    )


def store(home: Home, garden: Garden) -> None:
    """What a worker does in the end."""

    def loaded(connection: Connection) -> None:
        rows.add_edge(connection, (garden.package, garden.unloaded), "brand-new")
        version = update(package_versions).where(package_versions.c.id == garden.unloaded)
        connection.execute(
            version.values(dependencies_fetched_at=rows.DAY_ONE, dependencies_wanted_at=None)
        )
        connection.execute(update(package_requests).values(status="completed"))

    home.fill(loaded)


def end_request(home: Home, **values: Any) -> None:
    home.fill(
        lambda connection: connection.execute(update(package_requests).values(values)) and None
    )


@contextmanager
def busy(pilot: Pilot[Any]) -> Iterator[None]:
    """Nothing is read from the database until the block ends."""
    app: Any = pilot.app
    end, readers = threading.Event(), app.catalogue.database
    held = [readers._readers.submit(end.wait) for _ in range(READERS)]
    try:
        yield
    finally:
        end.set()
        for each in held:
            each.result()


def on(home: Home, package: UUID) -> Any:
    return home.app(lambda: PackageScreen(package))


async def test_who_only_looks_at_a_version_asks_for_nothing(home: Home, garden: Garden) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("up")
        await shows(pilot, "enter loads them")
        await pilot.press("down", "down")
        await shows(pilot, "It has no dependencies.")
        await pilot.press("up", "up")
        await shows(pilot, "Not loaded yet: nothing here needs this version.")
    assert asked(home) == (0, 0)


@pytest.mark.parametrize("keys", [("up", "enter"), ("up", "2", "enter")])
async def test_enter_has_a_version_loaded_and_says_what_that_waits_for(
    home: Home, garden: Garden, keys: tuple[str, ...]
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press(keys[0])
        await shows(pilot, "enter loads them")
        await pilot.press(*keys[1:])
        await shows(pilot, "of 3.0.0 are being loaded.")
        await shows(pilot, NO_WORKER)
        assert asked(home) == (1, 1)
        await pilot.press("1", "down")
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("up")
        await shows(pilot, "are being loaded.")
        store(home, garden)
        await shows(pilot, "brand-new")
    assert asked(home) == (1, 0)


async def test_what_could_not_be_loaded_says_why_and_is_asked_for_again(
    home: Home, garden: Garden
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("up", "enter")
        await shows(pilot, "are being loaded.")
        end_request(home, status="failed", error_message="The registry hung up.")
        await said(pilot, "dependencies", "could not be loaded: The registry hung up.")
        await pilot.press("enter")
        await shows(pilot, "are being loaded.")
        end_request(home, status="completed")
        await said(pilot, "dependencies", "were requested but could not be loaded.")
        await pilot.press("enter")
        await shows(pilot, "are being loaded.")
    assert asked(home) == (3, 1)


async def test_somebody_at_work_elsewhere_is_a_worker(home: Home, garden: Garden) -> None:
    lease: dict[str, Any] = {
        "lease_expires_at": NOW + timedelta(days=36_500),
        "locked_by": "elsewhere",
    }
    home.fill(lambda connection: rows.add_request(connection, "vue", status="fetching", **lease))
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("up", "enter")
        await shows(pilot, "are being loaded.")
        await shows(pilot, "1 fetching")
        assert NO_WORKER not in screen_text(pilot)


@pytest.mark.parametrize(
    ("status", "sentences"),
    [
        (None, ["Only its name is known.", "a asks for it"]),
        ("pending", ["It has been queued for 3 min.", NO_WORKER]),
        ("failed", ["Fetching it failed 3 min ago: It hung up.", "a asks again"]),
    ],
)
async def test_a_package_without_versions_says_what_it_waits_for(
    home: Home, status: str | None, sentences: list[str]
) -> None:
    def fill(connection: Connection) -> UUID:
        if status is not None:
            rows.add_request(connection, "left-pad", status=status, error_message="It hung up.")
        return rows.add_package(connection, "left-pad", last_fetch_success=None)

    async with running(on(home, home.fill(fill)), PackageScreen, (80, 24)) as pilot:
        for sentence in sentences:
            await said(pilot, "versions", sentence)


async def test_an_outage_is_what_it_waits_for(home: Home) -> None:
    def fill(connection: Connection) -> UUID:
        rows.add_request(connection, "left-pad")
        reason = "The registry can't be reached."
        record_outage(
            connection, "npm", "r:443", machine="", reason=reason, wait_s=3_600, backs_off=False
        )
        return rows.add_package(connection, "left-pad", last_fetch_success=None)

    async with running(on(home, home.fill(fill)), PackageScreen) as pilot:
        await said(pilot, "versions", "can't be reached")
        assert NO_WORKER not in screen_text(pilot)


async def test_what_takes_longer_than_a_moment_is_said_to_be_loading(
    home: Home, garden: Garden
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        with busy(pilot):
            pilot.app.open(OpenPackage(garden.package))  # type: ignore[attr-defined]
            for name in ("versions", "dependencies", "dependents"):
                await said(pilot, name, "loading…")
        await shows(pilot, "of 2.0.0 · 1")
        await shows(pilot, "None known here yet")
        assert "loading…" not in screen_text(pilot)


async def test_a_database_that_does_not_answer_is_said_in_the_place_of_loading(
    home: Home, garden: Garden
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        with busy(pilot):
            pilot.app.open(OpenPackage(garden.package))  # type: ignore[attr-defined]
            await said(pilot, "versions", "loading…")
            pilot.app.screen.report(DatabaseUnavailable("The disk is full."))  # type: ignore[attr-defined]
            await said(pilot, "dependents", "The disk is full.")
        await shows(pilot, "of 2.0.0 · 1")


async def test_what_is_read_again_stays_while_that_takes_long(home: Home, garden: Garden) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        with busy(pilot):
            pilot.app.screen.hint()  # type: ignore[attr-defined]
            assert not any(pane.is_waiting for pane in pilot.app.screen.query("ListPane"))  # type: ignore[attr-defined]
        assert "scheduler" in screen_text(pilot)


async def test_the_panes_show_the_version_under_the_cursor_however_fast_it_went(
    home: Home, garden: Garden
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("down", "up")
        workers = pilot.app.workers
        await workers.wait_for_complete([each for each in workers if each.group == "version"])
        await pilot.pause()
        assert "of 2.0.0 · 1" in screen_text(pilot)


async def test_a_comparison_that_can_not_be_loaded_says_so_and_asks_again(
    home: Home, garden: Garden
) -> None:
    async with running(on(home, garden.package), PackageScreen) as pilot:
        await shows(pilot, "of 2.0.0 · 1")
        await pilot.press("space", "up", "space")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await shows(pilot, "of 3.0.0 are being loaded.")
        await shows(pilot, NO_WORKER)
        end_request(home, status="failed", error_message="The registry hung up.")
        await shows(pilot, "could not be loaded: The registry hung up.")
        await pilot.press("a")
        await shows(pilot, "are being loaded.")
    assert asked(home) == (2, 1)


async def said(pilot: Pilot[Any], pane: str, sentence: str) -> None:
    """Wait until this stands in a pane in the place of its list."""

    def is_there() -> bool:
        found = pilot.app.screen.query(f"#{pane}.-empty > .nothing")
        return bool(found) and sentence in str(found.first(Static).content)

    await until(pilot, is_there)
