"""Turns bursts of hints into a calm series of refreshes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen

REFRESH_PAUSE_S = 0.1
"""Between two refreshes of one screen: at most ten a second, however many hints come."""
REST = 3
"""A refresh that took long is followed by a rest so many times as long: looking must not slow the work."""
LONGEST_PAUSE_S = 0.4
"""What is shown is never older than a second."""


class Coalescer:
    """Runs `refresh` once for any number of hints, never twice at once, while its screen is seen.

    A hint for a screen that is covered is kept until `resume`.
    """

    def __init__(self, screen: Screen[Any], refresh: Callable[[], Awaitable[None]]) -> None:
        self._screen = screen
        self._refresh = refresh
        self._is_stale = False
        self._is_running = False

    def hint(self) -> None:
        """Something may have changed."""
        self._is_stale = True
        self.resume()

    def resume(self) -> None:
        """The screen is seen again."""
        if self._is_stale and not self._is_running and self._screen.is_current:
            self._is_running = True
            run: Any = self._run
            self._screen.run_worker(run, group=f"live-{id(self)}")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._is_stale and self._screen.is_current:
                self._is_stale = False
                started = loop.time()
                with outliving(self._screen):
                    await self._refresh()
                rest = REST * (loop.time() - started)
                await asyncio.sleep(min(max(REFRESH_PAUSE_S, rest), LONGEST_PAUSE_S))
        finally:
            self._is_running = False


@contextmanager
def outliving(screen: Screen[Any]) -> Iterator[None]:
    """For what goes on beside a screen: once that is being closed, its widgets may be gone already."""
    try:
        yield
    except NoMatches:
        if screen.display:
            raise
