"""Hosts that are left alone for a while, shared by all clients."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from tgtui.registries.base import HostResting


class _Rest(Struct, frozen=True):
    until: float
    """By the stopwatch."""
    reason: str


class HostGate:
    """Shared by every client of a program. The stopwatch does not jump when a clock is set."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._rests: dict[str, _Rest] = {}

    def rest(self, host: str, seconds: float, reason: str) -> None:
        """Send nothing to `host` for this many seconds; a longer rest already set stands."""
        until = self._stopwatch() + seconds
        known = self._rests.get(host)
        if known is None or known.until < until:
            self._rests[host] = _Rest(until, reason)

    def is_resting(self, host: str) -> bool:
        """Whether nothing may be sent to it now."""
        rest = self._rests.get(host)
        return rest is not None and rest.until > self._stopwatch()

    def check(self, host: str, label: str) -> None:
        """Raise HostResting if `host` is left alone; `label` is the document's name in sentences."""
        rest = self._rests.get(host)
        if rest is None:
            return
        seconds = rest.until - self._stopwatch()
        if seconds <= 0:
            del self._rests[host]
            return
        raise HostResting(
            f"{label}: its registry is left alone for now ({rest.reason})",
            retry_after=seconds,
            host=host,
        )
