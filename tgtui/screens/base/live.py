"""When a screen refreshes: bursts of hints become a calm series, and what only time changes waits for its moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, Protocol

REFRESH_PAUSE_S = 0.1
"""Between two refreshes of one screen: at most ten a second, however many hints come."""
REST = 3
"""After a refresh, rest this many times as long as it took: watching must not slow the work down."""
LONGEST_PAUSE_S = 0.4
"""What is shown is never older than a second."""


class Start(Protocol):
    """Runs work in the background: `run_worker` of a widget or screen."""

    def __call__(self, work: Any, *, group: str) -> object: ...


class Coalescer:
    """Runs `refresh` once for any number of hints, never twice at once, and only while its screen is seen.

    A hint for a screen that is covered is kept until `resume`.
    """

    def __init__(
        self,
        refresh: Callable[[], Awaitable[None]],
        *,
        is_seen: Callable[[], bool],
        start: Start,
    ) -> None:
        self._refresh = refresh
        self._is_seen = is_seen
        self._start = start
        self._is_stale = False
        self._is_resting = False
        """From the start of a refresh until its rest is over."""

    def hint(self) -> None:
        """Something may have changed."""
        self._is_stale = True
        self.resume()

    def resume(self) -> None:
        """The screen is seen again."""
        if self._is_stale and not self._is_resting and self._is_seen():
            self._is_resting = True
            self._start(self._run, group=f"live-{id(self)}")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        self._is_stale = False
        started = loop.time()
        try:
            await self._refresh()
        finally:
            rest = REST * (loop.time() - started)
            loop.call_later(min(max(REFRESH_PAUSE_S, rest), LONGEST_PAUSE_S), self._rested)

    def _rested(self) -> None:
        self._is_resting = False
        self.resume()


class Alarm:
    """Calls once, after the time set last.

    A timer of Textual's keeps its screen in memory until its time, also after it was stopped.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._waiting: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """To the second, so that several ring together, for one paint, and not before one. Infinite: never."""
        self.stop()
        if seconds < inf:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_at(round(loop.time() + max(seconds, 1.0)), self._ring)

    def stop(self) -> None:
        """Not any more."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
