"""Drives the real app on a real SQLite catalogue: opens it, waits for what is on the screen, reads it."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tests.support.rows import DAY_ONE, count_all
from tgtui.basics.settings import Settings, WorkerSettings
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.screens.app import TgtuiApp

NOW = DAY_ONE + timedelta(days=2)
"""What the app believes the time is."""
PATIENCE_S = 20
"""After so long a state that was waited for is held to never come."""

HOSTILE = "a[/]b[@click=app.quit]c[red]d\x1b[31me\u202ef\u200bg\nh"
"""Markup, an escape sequence, a bidi override, a zero-width space, a line break."""
HOSTILE_SHOWN = "a[/]b[@click=app.quit]c[red]d\ufffd[31me\ufffdf\ufffdg h"
"""The same as a screen may show it."""

Fill = Callable[[Connection], Any]


def catalogue_settings(folder: Path, migrated: Path, fill: Fill | None, **more: Any) -> Settings:
    """Settings of a catalogue in `folder` that holds what `fill` puts in, and no worker."""
    settings = Settings(
        data_dir=str(folder),
        worker=more.pop("worker", WorkerSettings(enabled=False)),
        **more,
    )
    file = folder / "catalogue.sqlite3"
    kept = None if fill is None else _kept(migrated.parent, fill)
    if kept is not None and kept.exists():
        shutil.copyfile(kept, file)
        return settings
    shutil.copyfile(migrated, file)
    if fill is not None:
        database = Database(open_engine(parse_url(settings.effective_database_url)))
        database.write_now(fill)
        database.write_now(count_all)  # else the first list depends on when the app does it
        database.close()
        if kept is not None:
            shutil.copyfile(file, kept)
    return settings


def _kept(folder: Path, fill: Fill) -> Path | None:
    """Where the catalogue that a function of a module fills is kept for the next test; None for one in a test."""
    name = f"{fill.__module__}.{fill.__qualname__}"
    return None if "<" in name else folder / f"{name}.sqlite3"


def new_app(settings: Settings) -> TgtuiApp:
    """An app whose clock and stopwatch stand still."""
    return TgtuiApp(settings, clock=lambda: NOW, stopwatch=lambda: 0.0)


@asynccontextmanager
async def running(
    settings: Settings, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[TgtuiApp, Pilot[Any]]]:
    """The app on its search screen, the catalogue open and shown."""
    app = new_app(settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await shows(pilot, "local · admin")
        await shows(pilot, re.compile(r"of [\d,]+ packages?"))
        yield app, pilot


async def until(pilot: Pilot[Any], holds: Callable[[], Any]) -> None:
    """Wait for a state; AssertionError with the screen if it never comes."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError("never came, the screen says:\n" + screen_text(pilot)) from None
    await pilot.pause()


async def shows(pilot: Pilot[Any], text: str | re.Pattern[str]) -> None:
    """Wait until this is written on the screen."""
    pattern = re.compile(re.escape(text)) if isinstance(text, str) else text
    await until(pilot, lambda: pattern.search(screen_text(pilot)))


async def shows_below_notices(pilot: Pilot[Any], text: str) -> None:
    """The same, without the five seconds in which a notice covers it."""

    def holds() -> bool:
        pilot.app.clear_notifications()
        return text in screen_text(pilot)

    await until(pilot, holds)


def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys as if all came in one read: nothing happens between them."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        pilot.app.post_message(events.Key(name, key if len(key) == 1 else None))


def screen_text(pilot: Pilot[Any]) -> str:
    """What is written on the screen, line by line, cell by cell."""
    app = pilot.app
    # From the screen itself: drawing a picture and reading that takes four times as long.
    update: Any = app.screen._compositor.render_update(
        full=True, screen_stack=app._background_screens
    )
    lines = ("".join(segment.text for strip in line for segment in strip) for line in update.strips)
    return "\n".join(line.replace("\xa0", " ").rstrip() for line in lines)


def write(app: TgtuiApp, fill: Fill) -> Any:
    """Change the catalogue as another program would."""
    assert app.catalogue is not None
    database = Database(open_engine(parse_url(app.settings.effective_database_url)))
    try:
        return database.write_now(fill)
    finally:
        database.close()
