"""Closed screens leave nothing in memory."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from textual._styles_cache import StylesCache
from textual.pilot import Pilot
from textual.screen import Screen

from tests.screens.driving import catalogue_settings, running, until
from tests.screens.test_snapshots import garden

SCREENS = {
    "package": ["down", "enter"],
    "tree": ["down", "d"],
    "requests": ["down", "q"],
    "tags": ["down", "T"],
    "help": ["down", "question_mark"],
    "copy": ["down", "y"],
    "palette": ["ctrl+p"],
}
"""The keys that open each from the search screen."""


async def test_closed_screens_and_their_lines_are_gone_after_a_collection(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    async with running(settings) as (_, pilot):
        for name, keys in SCREENS.items():
            gc.collect()
            lines = {id(each) for each in alive(StylesCache)}
            opened = await open_and_close(pilot, keys)
            await until(pilot, partial(is_collected, opened))
            assert not [each for each in alive(StylesCache) if id(each) not in lines], name


async def open_and_close(pilot: Pilot[Any], keys: list[str]) -> WeakSet[Screen[Any]]:
    """What was opened."""
    base = pilot.app.screen
    await pilot.press("slash", *keys)
    await until(pilot, lambda: pilot.app.screen is not base)
    opened = WeakSet([pilot.app.screen])
    await pilot.press("escape")
    await until(pilot, lambda: pilot.app.screen is base)
    return opened


def is_collected(opened: WeakSet[Screen[Any]]) -> bool:
    """A screen's own timers hold it for up to a second."""
    gc.collect()
    return not opened


def alive(kind: type[Any]) -> list[Any]:
    return [each for each in gc.get_objects() if isinstance(each, kind)]
