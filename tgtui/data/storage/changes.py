"""Tells other programs on the database that something changed. Only hints: the truth comes from polling."""

from __future__ import annotations

import logging
import threading
import time
from typing import Literal

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from tgtui.data.storage.sql import notes

CHANNEL = "tgtui_changes"
PULSE_S = 0.1
"""Seconds in which a program sends at most one notification of a topic."""

Topic = Literal["requests", "packages", "tags"]

_TOPICS = "tgtui_topics"

log = logging.getLogger("tgtui.changes")


def announce(connection: Connection, *topics: Topic) -> None:
    """Announce a topic soon after the transaction commits, never if it is rolled back.

    Not inside the transaction, because PostgreSQL commits notifying transactions one after the other, across all
    programs. SQLite needs no notifications: its readers see `PRAGMA data_version`.
    """
    notes(connection).setdefault(_TOPICS, set()).update(topics)


def announced(connection: Connection) -> set[Topic]:
    """The topics that the transaction, which goes on, announced so far."""
    topics: set[Topic] = notes(connection).get(_TOPICS, set())
    return topics


class Announcer:
    """Sends announcements: at once, then at most once per pulse; the last one is always sent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_needed = engine.dialect.name == "postgresql"
        self._lock = threading.Lock()
        self._topics: set[Topic] = set()
        self._timer: threading.Timer | None = None
        """The latest timer, which may have fired already."""
        self._is_taken_care_of = False
        """A timer waits, or a thread sends: whoever it is looks at the topics again."""
        self._is_closed = False
        self._next = 0.0

    def tell(self, topics: set[Topic]) -> None:
        """Send the topics of a committed transaction. May be called from any thread."""
        if not (self._is_needed and topics):
            return
        with self._lock:
            self._topics |= topics
            if self._is_taken_care_of:
                return
            self._is_taken_care_of = True
            if time.monotonic() < self._next:
                self._send_later()
                return
        self._send()

    def close(self) -> None:
        """Send the rest, and wait for whoever is sending: its connection is back when this returns."""
        with self._lock:
            self._is_closed = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()  # it may be sending right now
        self._send()

    def _send_later(self) -> None:
        self._timer = threading.Timer(self._next - time.monotonic(), self._send)
        self._timer.daemon = True
        self._timer.start()

    def _send(self) -> None:
        with self._lock:
            topics, self._topics = self._topics, set()
            self._next = time.monotonic() + PULSE_S
        lost = topics if topics and not self._is_sent(topics) else set()
        with self._lock:
            if self._topics and not self._is_closed:
                self._send_later()
            else:
                self._is_taken_care_of = False
            self._topics |= lost  # sent with the next change

    def _is_sent(self, topics: set[Topic]) -> bool:
        try:
            with self._engine.connect() as connection, connection.begin():
                for topic in sorted(topics):
                    connection.execute(select(func.pg_notify(CHANNEL, topic)))
        except SQLAlchemyError as error:
            log.debug("a hint was lost, the others poll: %s", error)
            return False
        return True
