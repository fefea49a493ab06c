"""Promises of the tag picker."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from textual.pilot import Pilot

from tests.screens.driving import shows, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.basics import clock
from tgtui.data.models.tables import package_tags, tags
from tgtui.screens.dialogs.tag_editor import TagEditor
from tgtui.screens.dialogs.tag_picker import TagScreen
from tgtui.screens.package.screen import PackageScreen


class Garden:
    """A package that eve tagged `web`."""

    def __init__(self, connection: Connection) -> None:
        eve = rows.add_account(connection, "eve")
        self.package = rows.add_release(connection, "react")[0]
        self.web, self.cli = rows.add_tag(connection, "web"), rows.add_tag(connection, "cli")
        self.old = rows.add_tag(connection, "old", deleted_at=rows.DAY_ONE)
        rows.add_package_tag(connection, self.package, self.web, eve)


@pytest.fixture
def garden(home: Home) -> Garden:
    return home.fill(Garden)


def given(home: Home) -> list[str]:
    statement = (
        select(tags.c.slug)
        .join(package_tags, package_tags.c.tag_id == tags.c.id)
        .order_by(tags.c.slug)
    )
    return home.fill(lambda connection: list(connection.scalars(statement)))


async def open_picker(pilot: Pilot[Any]) -> None:
    await shows(pilot, "react")
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, TagScreen))


async def test_it_tells_who_gave_a_tag_and_when(home: Home, garden: Garden) -> None:
    app = home.app(lambda: PackageScreen(garden.package))
    async with running(app, PackageScreen) as pilot:
        await open_picker(pilot)
        await shows(pilot, "Eve, 3 min ago")


async def test_a_tag_that_is_missing_is_made_and_given_at_once(home: Home, garden: Garden) -> None:
    app = home.app(lambda: PackageScreen(garden.package))
    async with running(app, PackageScreen) as pilot:
        await open_picker(pilot)
        await pilot.press(*"new")
        await shows(pilot, "create the tag new")
        await pilot.press("space")
        await until(pilot, lambda: isinstance(pilot.app.screen, TagEditor))
        await pilot.press(*" one", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TagScreen))
        await shows(pilot, "+new-one")
        await pilot.press("enter")
        await opened(pilot, PackageScreen)
        await until(pilot, lambda: given(home) == ["new-one", "web"])
        await shows(pilot, "new one")


async def test_a_deleted_tag_is_restored_from_the_picker(home: Home, garden: Garden) -> None:
    app = home.app(lambda: PackageScreen(garden.package))
    async with running(app, PackageScreen) as pilot:
        await open_picker(pilot)
        await pilot.press(*"old", "space", "enter")
        await shows(pilot, "ctrl+r restores it")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, TagScreen))
        await shows(pilot, "+old")
        await pilot.press("enter")
        await until(pilot, lambda: given(home) == ["old", "web"])


async def test_what_is_called_just_so_is_not_offered_again(home: Home, garden: Garden) -> None:
    app = home.app(lambda: PackageScreen(garden.package))
    async with running(app, PackageScreen) as pilot:
        await open_picker(pilot)
        await pilot.press(*"WEB")
        await shows(pilot, "[x]")
        assert len(pilot.app.screen.query_one("#tags-list").rows) == 1  # type: ignore[attr-defined]


async def test_a_tag_that_is_deleted_meanwhile_is_told(home: Home, garden: Garden) -> None:
    def delete(connection: Connection) -> None:
        connection.execute(
            update(tags).where(tags.c.id == garden.cli).values(deleted_at=clock.now())
        )

    app = home.app(lambda: PackageScreen(garden.package))
    async with running(app, PackageScreen) as pilot:
        await open_picker(pilot)
        await pilot.press(*"cli", "space")
        home.fill(delete)
        await pilot.press("enter")
        await shows(pilot, "0 tag assignments changed; 1 tag deleted meanwhile.")
        assert given(home) == ["web"]
