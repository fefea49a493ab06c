"""What marked packages bring together, in the app."""

from __future__ import annotations

from sqlalchemy import Connection

from tests.screens.driving import screen_text, shows
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.screens.insights.shared import SharedScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen


def fill(connection: Connection) -> None:
    """Two that need debug, in two versions, and one that needs nothing."""
    old = rows.add_release(connection, "debug", "2.6.9")
    new = (old[0], rows.add_version(connection, old[0], "4.0.0"))
    for name, target in (("express", old), ("koa", new)):
        rows.add_edge(connection, rows.add_release(connection, name), "debug", target)
    rows.add_release(connection, "alone")


async def test_marked_packages_are_told_what_they_share(home: Home) -> None:
    home.fill(fill)
    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "express")
        await pilot.press("down", "space", "S")
        await shows(pilot, "Mark 2 to 20 packages first: space marks one.")
        await pilot.press("space", "space", "space", "S")
        await opened(pilot, SharedScreen)
        await shows(pilot, "3 of 4")
        text = screen_text(pilot)
        assert "2.6.9, 4.0.0" in text
        assert "npm:express" in text
        await pilot.press("enter")
        await opened(pilot, PackageScreen)
