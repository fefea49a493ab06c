"""Callbacks that are told of a change, none of which can harm who tells them or each other."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Subscribers:
    """Called in the order they came; what one of them raises is logged and goes no further."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[], None]] = {}

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Returns what ends it, which may be called twice, and after `clear`."""
        key = object()
        self._callbacks[key] = callback

        def end() -> None:
            self._callbacks.pop(key, None)

        return end

    def tell(self) -> None:
        """Something changed."""
        for key, callback in tuple(self._callbacks.items()):
            if key not in self._callbacks:
                continue  # ended by one that was told before it
            try:
                callback()
            except Exception:
                log.exception("a subscriber failed")

    def clear(self) -> None:
        """Nobody is told any more."""
        self._callbacks.clear()
