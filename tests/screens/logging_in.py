"""Apps on one catalogue whose people log in at a provider of the test's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection
from textual.pilot import Pilot

from tests.screens.driving import NOW, screen_text, shows, until
from tests.support.logins import HandClock, config_for
from tests.support.openid_provider import Site, User
from tests.support.rows import add_release
from tgtui.basics.settings import Settings
from tgtui.identity.oidc.session import LoginSession
from tgtui.screens.account.login import LoginScreen
from tgtui.screens.app import TgtuiApp
from tgtui.services.catalogue import Catalogue


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
        await self.begin_login(app, pilot, site, user)
        await until(pilot, lambda: not isinstance(app.screen, LoginScreen))
        await shows(pilot, f"{user.claims['name']} · ")

    async def begin_login(self, app: TgtuiApp, pilot: Pilot[Any], site: Site, user: User) -> None:
        """Until the code has been entered."""
        await pilot.press("L")
        await shows(pilot, "enter the code")
        code = list(site.credentials.values())[-1]["user_code"]
        assert code in screen_text(pilot)
        site.enter(code, user)
        self._hand.move(seconds=5)


def session_of(app: TgtuiApp) -> LoginSession:
    assert app.catalogue is not None
    assert app.catalogue.session is not None
    return app.catalogue.session


def react(connection: Connection) -> None:
    add_release(connection, "react", "19.0.0")
