"""Collects garbage when no one notices, because closed screens leave circles, and a full collection freezes the screen."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from contextvars import Context
from typing import Any
from weakref import WeakSet

THRESHOLDS = (20_000, 1_000_000, 1_000_000)
"""New objects before a young collection; older ones are only collected here."""
YOUNG = 3
"""Young collections before there is a look at what is older."""
PAUSE_S = 0.05
"""Without a key for so long, `FEW` objects may be walked: some ten milliseconds are not felt."""
FEW = 50_000
MANY = 150_000
"""So many objects, some 20 MB, are walked at the next pause however long it takes: who never rests gets no end of them."""
LONG_PAUSE_S = 1.0
"""Without a key for so long, all that is not permanent may be walked if nothing is open that will be closed again."""
AGAIN_S = 0.5
"""Until the next look at a closed screen that something still holds: what it read last, or a timer."""
LOOKS = 10
"""After so many it stays."""
REST_S = 5.0
"""After so long without a key the program may stop for a tenth of a second."""
SETTLED = 5_000
"""Objects that have to survive before they count as permanent."""
STALE = 100_000
"""Objects that became permanent since all were walked before all are walked again."""


def settle() -> None:
    """Call this after everything permanent is loaded.

    A full collection walks every object of every library, which freezes the screen for 60 to 100 ms. What is
    loaded by now stays anyway and is not walked again; little is added later.
    """
    gc.freeze()


class Collector:
    """Collects between keys what closed screens and finished work leave.

    It sets a timer only when there may be garbage: a program at rest is not woken.
    """

    def __init__(self, is_alone: Callable[[], bool], is_over: Callable[[Any], bool]) -> None:
        """`is_alone` says whether nothing is open that will be closed before the program ends, `is_over` whether a
        closed screen has come to its end: until then it would be walked for nothing.
        """
        self._is_alone, self._is_over = is_alone, is_over
        self._loop = asyncio.get_running_loop()
        self._usual = gc.get_threshold()
        self._closed: WeakSet[Any] = WeakSet()
        self._looks = 0
        """How often there was a look since the last was closed."""
        self._pressed = -REST_S
        self._young = 0
        self._old = 0
        """About how many objects survived a young collection and are not permanent. `gc.get_objects` would know it, but what
        it holds for a moment makes a tuple that another thread is building fail."""
        self._timer: asyncio.TimerHandle | None = None
        self._walked = gc.get_freeze_count()
        """How many were permanent when all were walked last."""

    def start(self) -> None:
        """From now on nothing else collects what is old."""
        gc.set_threshold(*THRESHOLDS)
        gc.callbacks.append(self._collected)

    def stop(self) -> None:
        gc.set_threshold(*self._usual)
        gc.callbacks.remove(self._collected)
        if self._timer is not None:
            self._timer.cancel()

    def pressed(self) -> None:
        """A key: nothing may stop the program now."""
        self._pressed = self._loop.time()

    def closed(self, screen: object) -> None:
        """It is garbage soon."""
        self._closed.add(screen)
        self._looks = 0
        self._look_in(PAUSE_S)

    def look(self) -> None:
        """Collect if no key was pressed for long enough, else look again."""
        if not all(self._is_over(screen) for screen in self._closed):
            self._look_in(PAUSE_S)
            return
        quiet = self._loop.time() - self._pressed
        needed = LONG_PAUSE_S if self._is_alone() else REST_S
        count = self._count
        if count > MANY or (count < FEW and (self._closed or self._is_alone())):
            needed = PAUSE_S
        if quiet < needed:
            self._look_in(max(PAUSE_S, needed - quiet))
            return
        self._timer = None
        self.collect(is_resting=quiet >= REST_S)
        self._looks += 1
        if self._looks >= LOOKS:
            self._closed.clear()
        elif self._closed:
            self._look_in(AGAIN_S)

    def collect(self, *, is_resting: bool) -> None:
        """What remains when nothing will be closed again is permanent."""
        self._young = 0
        for timer in getattr(self._loop, "_scheduled", ()):
            if timer.cancelled():  # asyncio keeps it until its time, with the screen it was made in
                timer._context = None
        is_alone = self._is_alone()
        is_walked = is_alone and is_resting and gc.get_freeze_count() - self._walked > STALE
        if is_walked:
            self._old += gc.get_freeze_count()
            gc.unfreeze()
        count = self._count
        self._old = max(0, count - gc.collect())
        if is_alone and not self._closed and self._old > SETTLED:
            gc.freeze()
            self._old = 0
            if is_walked:
                self._walked = gc.get_freeze_count()

    @property
    def _count(self) -> int:
        """About how many objects a collection walks."""
        return self._old + gc.get_count()[0]

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # In a context of its own: that of a screen holds the screen.
        self._timer = self._loop.call_later(seconds, self.look, context=Context())

    def _collected(self, phase: str, facts: dict[str, Any]) -> None:
        """Called by the garbage collector, in any thread."""
        if phase == "stop" and facts["generation"] == 0:
            self._young += 1
            self._old += max(0, THRESHOLDS[0] - facts["collected"])
            if self._young == YOUNG:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self._look_in, PAUSE_S)
