"""Closed screens leave nothing in memory."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any
from weakref import WeakSet

from textual.pilot import Pilot
from textual.widget import Widget

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
LOOK_S = 0.2
"""Seconds between two looks: each walks through all that lives."""


async def test_closed_screens_and_their_lines_are_gone_after_a_collection(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    gc.collect()
    gc.freeze()  # what other tests left need not be walked each time
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden)
    async with running(settings) as (_, pilot):
        for keys in SCREENS.values():
            left = await open_and_close(pilot, keys)
            await until(pilot, Collected(left))


async def open_and_close(pilot: Pilot[Any], keys: list[str]) -> WeakSet[Any]:
    """The screen that was opened, and the lines that its widgets have drawn."""
    base = pilot.app.screen
    await pilot.press("slash", *keys)
    await until(pilot, lambda: pilot.app.screen is not base)
    opened = pilot.app.screen
    drawn = [node for node in opened.walk_children() if isinstance(node, Widget)]
    left: WeakSet[Any] = WeakSet([opened, *(widget._styles_cache for widget in drawn)])
    assert len(left) > 2
    await pilot.press("escape")
    await until(pilot, lambda: pilot.app.screen is base)
    return left


class Collected:
    """Whether all are gone. A screen's own timers hold it for up to a second."""

    def __init__(self, left: WeakSet[Any]) -> None:
        self._left, self._looked_at = left, 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self._looked_at > LOOK_S:
            gc.collect()
            self._looked_at = time.monotonic()
        return not self._left
