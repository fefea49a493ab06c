"""Collects garbage when no one notices, because closed screens leave circles, and a full collection freezes the screen."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any
from weakref import WeakSet

THRESHOLDS = (20_000, 1_000_000, 1_000_000)
"""New objects before a young collection, which takes some eight milliseconds; older ones are only collected here."""
SOME = 2_000
"""So many new objects are collected at the next pause: else the collection comes between a later key and its rows."""
YOUNG = 60_000
"""Objects that young collections walked before there is a look at what is older."""
PAUSE_S = 0.1
"""Without a key for so long, `FEW` objects may be walked: some ten milliseconds are not felt. What a key brings, the
preview too, is there by then."""
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


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """For work that makes very many objects and no circles: each collection would walk them all."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
        self._resting: asyncio.TimerHandle | None = None
        """Set by a key: looks for the pause after it."""
        self._started_with = 0
        """New objects when the young collection began that is under way."""
        self._young = 0
        """Objects that young collections walked."""
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
        for timer in (self._timer, self._resting):
            if timer is not None:
                timer.cancel()

    def pressed(self) -> None:
        """A key: nothing may stop the program now."""
        self._pressed = self._loop.time()
        if self._resting is None:
            self._rest_in(PAUSE_S)

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

    def rest(self) -> None:
        """Collect what is new if no key was pressed for a moment, else look again."""
        quiet = self._loop.time() - self._pressed
        if quiet < PAUSE_S:
            self._rest_in(PAUSE_S - quiet)
            return
        self._resting = None
        if gc.get_count()[0] >= SOME:
            gc.collect(0)

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
        self._timer = self._call(seconds, self.look)

    def _rest_in(self, seconds: float) -> None:
        self._resting = self._call(seconds, self.rest)

    def _call(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """In a context of its own: that of a screen holds the screen."""
        return self._loop.call_later(seconds, call, context=Context())

    def _collected(self, phase: str, facts: dict[str, Any]) -> None:
        """Called by the garbage collector, in any thread."""
        if facts["generation"] != 0:
            return
        if phase == "start":
            self._started_with = gc.get_count()[0]
            return
        before, self._young = self._young, self._young + self._started_with
        self._old += max(0, self._started_with - facts["collected"])
        if before < YOUNG <= self._young:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._look_in, PAUSE_S)
