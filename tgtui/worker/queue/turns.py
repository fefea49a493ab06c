"""When a program works on requests that must run alone, and when on all others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from enum import Enum, auto

TURN_S = 20.0
"""Seconds for which requests may run alone one after another; then all others have as long."""
PATIENCE_S = 10.0
"""Seconds until jobs that are in the way of one that must run alone are handed back; at random up to half as long
again, so that of several programs one is the first."""


class Suspects(Enum):
    """What a look at the queue does about leases that ran out."""

    FIRST = auto()
    """Nothing is at work here: take one over, before anything else."""
    LAST = auto()
    """The same, if nothing else is due: others have their turn."""
    AWAITED = auto()
    """Something is at work: claim nothing if there is one, so that it gets its place."""
    TAKEN = auto()
    """Something has been at work for too long: take one over; what is at work is handed back."""
    LEFT = auto()
    """Something is at work, and others have their turn."""


class Turns:
    """Turns begin when a suspect is found, so a queue without one is never held up."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._began: float | None = None
        self._awaited_until: float | None = None

    def about_suspects(self, *, is_busy: bool) -> Suspects:
        """What the next look does."""
        is_their_turn = self._began is None or self._seconds() - self._began < TURN_S
        if is_busy and self._is_patience_over:
            return Suspects.TAKEN
        if is_busy:
            return Suspects.AWAITED if is_their_turn else Suspects.LEFT
        return Suspects.FIRST if is_their_turn else Suspects.LAST

    def looked(self, *, found: bool, is_busy: bool) -> None:
        """A look found one, or none."""
        now = self._seconds()
        if self._began is not None and now - self._began >= 2 * TURN_S:
            self._began = None
        if found and self._began is None:
            self._began = now
        if not (found and is_busy):
            self._awaited_until = None
        elif self._awaited_until is None:
            patience = PATIENCE_S * random.uniform(1, 1.5)  # noqa: S311 - no secret
            self._awaited_until = now + patience

    @property
    def _is_patience_over(self) -> bool:
        """Whether one has waited too long for the jobs at work."""
        return self._awaited_until is not None and self._seconds() >= self._awaited_until
