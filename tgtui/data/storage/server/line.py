"""One connection's wait for an answer: since when nothing has come, and how another thread ends it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")


class Line:
    """Its connection's own thread waits; the watch looks, and may hang up."""

    def __init__(self) -> None:
        self.limit_s: float | None = None
        """Seconds without a byte after which it is given up without a question."""
        self.is_patient = False
        """Its statements may take any time, as a migration's."""
        self.backend = 0
        """The process at the server that works for it; 0 if a pooler hides it."""
        self.server = ""
        """Which server that is, in words that differ after a restart."""
        self.address: dict[str, str] = {}
        """Where exactly it is connected to, as parameters of libpq."""
        self.opened_at = time.monotonic()
        self.ask_at = 0.0
        """The server is not asked about the statement before this time."""
        self.doubted = 0.0
        """The silence about which the server was asked and knew nothing of a statement, by its beginning."""
        self._lock = threading.Lock()
        self._socket: int | None = None
        self._silent_since = 0.0
        self._ended_by = ""

    @property
    def silent_since(self) -> float | None:
        """Since when no byte has come or gone, by the monotonic clock; None if nothing is awaited."""
        return self._silent_since if self._socket is not None else None

    @property
    def ended_by(self) -> str:
        """Why it was given up, a clause; empty if it was not."""
        return self._ended_by

    def begin(self, fileno: int) -> None:
        """Something is awaited from now on."""
        with self._lock:
            if self._ended_by:
                raise psycopg.OperationalError(self._ended_by)
            self._silent_since = time.monotonic()
            self._socket = fileno

    def end(self) -> None:
        """It has come, or never will."""
        with self._lock:
            self._socket = None

    def noting(self, steps: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """The same steps of psycopg; notes whenever the socket was ready."""
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if ready:
                    self._silent_since = time.monotonic()
                wanted = steps.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def hang_up(self, why: str, *, since: float | None = None) -> bool:
        """End the wait with an error, unless something has come after `since`. True if it is ended by this."""
        with self._lock:
            # Under the lock the socket is still the connection's own.
            if self._socket is None or since not in (None, self._silent_since):
                return False
            self._ended_by = why
            _shut(self._socket)
            self._socket = None
            return True


def _shut(fileno: int) -> None:
    """Whoever waits for it is told that it ended. It stays open, because it is its connection's to close."""
    shared = socket.socket(fileno=fileno)
    try:
        with contextlib.suppress(OSError):
            shared.shutdown(socket.SHUT_RDWR)
    finally:
        shared.detach()
