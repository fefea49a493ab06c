"""When a key has had all its effects: told by the app itself, not by how busy the processor is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from textual._context import active_app
from textual.app import App
from textual.worker import Worker

from tgtui.screens.base.ordering import OrderedKeys, _is_idle

MAX_S = 1.0
"""As long as Textual's own tests wait at most for an idle processor."""
SHORT_S = 0.3
"""Work in the background that takes longer goes on while the next key is pressed."""
LOOK_S = 0.001
CALM_LOOKS = 3
"""One turn of the loop can start what the next one does."""

_seen: WeakKeyDictionary[Worker[Any], float] = WeakKeyDictionary()
"""When work was first waited for."""


@pytest.fixture(autouse=True, scope="session")
def exact_waits() -> Iterator[None]:
    """Textual's pilot waits twice for each key until the processor is idle: 50 ms and more, and no proof."""

    async def wait(min_sleep: float = 0.0, max_sleep: float = MAX_S) -> None:
        await settled(active_app.get(), max_sleep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.app.wait_for_idle", wait)
        patch.setattr("textual.pilot.wait_for_idle", wait)
        yield


async def settled(app: App[Any], max_s: float) -> None:
    """Returns when all messages are handled, work is done and the screen is painted, or after `max_s` seconds."""
    until, calm = time.monotonic() + max_s, 0
    while calm < CALM_LOOKS and time.monotonic() < until:
        await asyncio.sleep(0 if calm else LOOK_S)
        if _is_busy(app):
            calm = 0
        else:
            calm += 1
            if app.screen_stack:
                app.screen._on_timer_update()


def _is_busy(app: App[Any]) -> bool:
    if isinstance(app, OrderedKeys) and (app._held or app._released):
        return True
    return not all(_is_idle(each) for each in (app, *app._registry)) or any(
        _is_short(each) for each in app.workers if not each.is_finished
    )


def _is_short(worker: Worker[Any]) -> bool:
    now = time.monotonic()
    return now - _seen.setdefault(worker, now) < SHORT_S
