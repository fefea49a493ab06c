"""Watching on the screens: marking, the line that says what is new, the list, what is seen."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from tests.screens.driving import HOSTILE, screen_text, shows, shows_below_notices, until
from tests.screens.running import Home, opened, running
from tests.support import rows
from tgtui.data.models.personal import package_watches
from tgtui.data.packages.watching.news import NewVersion, tell_watchers
from tgtui.screens.account.watched.screen import WatchedScreen
from tgtui.screens.package.screen import PackageScreen
from tgtui.screens.search.screen import SearchScreen


def names_with_news(home: Home) -> list[bool]:
    """Of all that is watched, whether it has news."""
    statement = select(package_watches.c.news_at).order_by(package_watches.c.id)
    return [at is not None for at in home.fill(lambda c: c.scalars(statement).all())]


async def test_what_is_marked_is_watched_and_its_news_are_said_listed_and_seen(home: Home) -> None:
    def garden(connection: Connection) -> dict[str, UUID]:
        return {name: rows.add_release(connection, name)[0] for name in ("alpha", "beta", "gamma")}

    ids = home.fill(garden)

    def news(connection: Connection) -> None:
        tell_watchers(
            connection,
            new=[NewVersion(ids["alpha"], "2.0.0", "2")],
            withdrawn=[NewVersion(ids["beta"], "1.0.0", "1", reason=HOSTILE)],
        )

    async with running(home.app(SearchScreen), SearchScreen) as pilot:
        await shows(pilot, "gamma")
        await pilot.press("down", "space", "space", "W")
        await until(pilot, lambda: names_with_news(home) == [False, False])
        home.fill(news)
        await shows_below_notices(pilot, "New (N)")
        text = screen_text(pilot)
        assert "alpha 2.0.0" in text
        assert "beta deprecated" in text
        await pilot.press("slash", *"is:watched")
        await until(pilot, lambda: "gamma" not in screen_text(pilot))
        assert "✓ watched" in screen_text(pilot)
        await pilot.press("down", "N")
        await opened(pilot, WatchedScreen)
        await shows_below_notices(pilot, "2 · 2 with news")
        await pilot.press("home", "enter")
        await opened(pilot, PackageScreen)
        await until(pilot, lambda: names_with_news(home).count(True) == 1)
        await shows_below_notices(pilot, "· watched")
        await pilot.press("W")
        await until(pilot, lambda: len(names_with_news(home)) == 1)
        await pilot.press("escape")
        await shows_below_notices(pilot, "1 · 1 with news")
        await pilot.press("s")
        await until(pilot, lambda: names_with_news(home) == [False])
        await pilot.press("W")
        await shows(pilot, "You watch no packages yet.")
        await pilot.press("escape")
        await until(pilot, lambda: "New (N)" not in screen_text(pilot))
