"""One screen of the real app on a catalogue in a file, without a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from textual.pilot import Pilot
from textual.screen import Screen
from textual.scroll_view import ScrollView

from tests.screens.driving import catalogue_settings, until
from tests.support.rows import DAY_ONE
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.screens.app import TgtuiApp
from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.shell import KeyLine

T = TypeVar("T")

NOW = DAY_ONE + timedelta(minutes=3)
"""What the app's clock says."""


class Home:
    """A folder with an empty, migrated catalogue."""

    def __init__(self, folder: Path, migrated: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = catalogue_settings(folder, migrated, None)

    def fill(self, fill: Callable[[Connection], T]) -> T:
        """Write or read rows, before the app opens or meanwhile, as another program would."""
        database = Database(open_engine(parse_url(self.settings.effective_database_url)))
        try:
            return database.write_now(fill)
        finally:
            database.close()

    def app(
        self, screen: Callable[[], BaseScreen], below: Callable[[], Screen[None]] = Screen
    ) -> TgtuiApp:
        """The app, which shows this screen as soon as the catalogue is open.

        `below` it is nothing to be seen: the search screen costs as much as what is tested.
        """
        return _AppOn(self.settings, screen, below)


class _AppOn(TgtuiApp):
    def __init__(
        self,
        settings: Settings,
        screen: Callable[[], BaseScreen],
        below: Callable[[], Screen[None]],
    ) -> None:
        super().__init__(settings, clock=_frozen)
        self._first = screen
        self._below = below

    def get_default_screen(self) -> Any:
        return self._below()

    def go_live(self, catalogue: Any) -> None:
        super().go_live(catalogue)
        self.push_screen(self._first())


def _frozen() -> datetime:
    return NOW


def drawn(widget: ScrollView) -> str:
    """The lines a list or a tree shows now, cell by cell."""
    height = widget.scrollable_content_region.height
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(height))


async def opened(pilot: Pilot[Any], screen: type[BaseScreen]) -> None:
    """Wait until that screen is on top, with its widgets."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, screen) and app.screen.query(KeyLine))


@asynccontextmanager
async def running(
    app: TgtuiApp, screen: type[BaseScreen], size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Pilot[int]]:
    """The app with that screen on top."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await opened(pilot, screen)
        yield pilot
