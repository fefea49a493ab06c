"""Pictures of how a package changed, on a screen of their own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select

from tests.screens.driving import screen_text, shows, shows_below_notices, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.data.models.tables import package_requests
from tgtui.registries.base import Facts
from tgtui.screens.package.over_time.screen import OverTimeScreen
from tgtui.screens.package.screen import PackageScreen


async def test_each_picture_is_drawn_and_what_is_not_loaded_is_asked_for(home: Home) -> None:
    def garden(connection: Connection) -> UUID:
        package, first = rows.add_release(connection, "alpha")
        rows.add_version(connection, package, "2.0.0", dependencies_fetched_at=None)
        rows.add_facts(connection, first, Facts(unpacked_size=3_000_000))
        return package

    package = home.fill(garden)
    async with running(home.app(lambda: PackageScreen(package)), PackageScreen) as pilot:
        await shows(pilot, "[1] Versions")
        await pilot.press("p")
        await opened(pilot, OverTimeScreen)
        await shows(pilot, "2 in 1 month")
        await until(pilot, lambda: "┤" in screen_text(pilot))
        await pilot.press("down")
        await shows(pilot, "3.0 MB (1.0.0)")
        await pilot.press("down")
        await shows(pilot, "a loads those of 1 more version")
        await pilot.press("a")
        queued = select(func.count()).where(package_requests.c.package_name == "alpha")
        await until(pilot, lambda: home.fill(lambda c: c.scalar(queued)) == 1)
        await pilot.press("down")
        await shows_below_notices(pilot, "No refresh of the insights has seen it yet")
