"""Promises of deleting a package on its screen, and of the list of what can be restored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.screens.driving import HOSTILE, HOSTILE_SHOWN, screen_text, shows, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.data.models.tables import packages
from tgtui.data.packages.removal import restore_package
from tgtui.screens.package.deleted.screen import DeletedScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen


class Garden:
    """`app` depends on `gone`, which has a request."""

    def __init__(self, connection: Connection) -> None:
        self.gone, self.app = (
            rows.add_release(connection, "gone"),
            rows.add_release(connection, "app"),
        )
        rows.add_edge(connection, self.app, "gone", self.gone)
        rows.add_request(connection, "gone")


@pytest.fixture
def garden(home: Home) -> Garden:
    return home.fill(Garden)


def is_deleted(home: Home, garden: Garden) -> bool:
    statement = select(packages.c.deleted_at).where(packages.c.id == garden.gone[0])
    return home.fill(lambda connection: connection.scalar(statement)) is not None


async def test_a_package_is_deleted_after_a_question_and_restored_where_it_was(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(lambda: PackageScreen(garden.gone[0])), PackageScreen) as pilot:
        await shows(pilot, "used by 1 known here")
        await pilot.press("delete")
        await shows(pilot, "depends on it and will lack it")
        await shows(pilot, "1 request will be cancelled")
        await pilot.press("escape")
        assert not is_deleted(home, garden)
        await pilot.press("delete")
        await shows(pilot, "enter deletes it")
        await pilot.press("enter")
        await shows(pilot, "npm:gone was deleted by")
        assert is_deleted(home, garden)
        assert "Versions" not in screen_text(pilot)
        await shows(pilot, "r restore")
        await pilot.press("r")
        await shows(pilot, "[1] Versions")
        assert not is_deleted(home, garden)
        await until(pilot, lambda: pilot.app.focused and pilot.app.focused.id == "versions-list")


async def test_what_is_restored_while_the_screen_reads_of_its_deletion_is_shown_again(
    home: Home, garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_id = garden.gone[0]

    def restored(connection: Connection) -> None:
        restore_package(connection, package_id, account_id=rows.add_account(connection, "joe"))

    def restored_meanwhile(_connection: Connection, _package_id: UUID) -> None:
        home.fill(restored)

    monkeypatch.setattr("tgtui.screens.package.screen.deleted_package", restored_meanwhile)
    async with running(home.app(lambda: PackageScreen(package_id)), PackageScreen) as pilot:
        await shows(pilot, "[1] Versions")
        home.fill(lambda connection: delete(connection, garden))
        await until(pilot, lambda: not is_deleted(home, garden))
        await shows(pilot, "[1] Versions")


async def test_who_looks_at_a_package_that_is_deleted_sees_it_go(
    home: Home, garden: Garden
) -> None:
    async with running(home.app(lambda: PackageScreen(garden.app[0])), PackageScreen) as pilot:
        await until(pilot, lambda: marks(pilot) == [False])
        home.fill(lambda connection: delete(connection, garden))
        await until(pilot, lambda: marks(pilot) == [True])


async def test_deleted_packages_are_listed_and_restored(home: Home, garden: Garden) -> None:
    home.fill(lambda connection: delete(connection, garden))
    async with running(home.app(DeletedScreen), DeletedScreen) as pilot:
        await shows(pilot, "gone")
        await shows(pilot, "by Eve")
        await pilot.press("r")
        await shows(pilot, "npm:gone is restored, and is queued again.")
        await shows(pilot, "There are no deleted packages.")
        assert not is_deleted(home, garden)


async def test_a_search_for_it_says_that_it_was_deleted(home: Home, garden: Garden) -> None:
    home.fill(lambda connection: delete(connection, garden))
    async with running(home.app(DeletedScreen, SearchScreen), DeletedScreen) as pilot:
        await pilot.press("escape")
        await opened(pilot, SearchScreen)
        await pilot.press(*"gone")
        await shows(pilot, "npm:gone was deleted by Eve")
        await pilot.press("enter")  # says why nothing is asked for
        await until(pilot, lambda: screen_text(pilot).count("npm:gone was deleted by Eve") == 2)


async def test_hostile_packages_are_text(home: Home) -> None:
    def fill(connection: Connection) -> None:
        rows.add_package(connection, HOSTILE, description=HOSTILE, deleted_at=rows.DAY_ONE)

    home.fill(fill)
    async with running(home.app(DeletedScreen), DeletedScreen, (200, 50)) as pilot:
        await shows(pilot, HOSTILE_SHOWN)
        await pilot.press("r")
        await shows(pilot, "There are no deleted packages.")


def delete(connection: Connection, garden: Garden) -> None:
    from tgtui.data.packages.removal import delete_package

    delete_package(connection, garden.gone[0], account_id=rows.add_account(connection, "eve"))


def marks(pilot: Any) -> list[bool]:
    """Of the dependencies that are listed: whether each is missing."""
    listed = pilot.app.screen.query_one("#dependencies-list").rows
    return [row.edge.is_missing for row in listed if row.edge is not None]
