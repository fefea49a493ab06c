"""Callbacks for changes, isolated from each other and from the caller."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Subscribers:
    """Callbacks, called in the order they subscribed; an exception in one is logged and does not propagate."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[], None]] = {}

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Returns a function that unsubscribes, which may be called twice, and after `clear`."""
        key = object()
        self._callbacks[key] = callback

        def end() -> None:
            self._callbacks.pop(key, None)

        return end

    def tell(self) -> None:
        """Call all subscribers."""
        for key, callback in tuple(self._callbacks.items()):
            if key not in self._callbacks:
                continue  # unsubscribed by a callback before it
            try:
                callback()
            except Exception:
                log.exception("a subscriber failed")

    def clear(self) -> None:
        """Unsubscribe all."""
        self._callbacks.clear()
