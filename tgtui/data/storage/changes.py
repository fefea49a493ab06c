"""Tells other programs on the database that something changed. Only hints: the truth comes from polling."""

from __future__ import annotations

import logging
import threading
import time
from typing import Literal

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

CHANNEL = "tgtui_changes"
PULSE_S = 0.1
"""Seconds in which a program sends at most one notification of a topic."""

Topic = Literal["requests", "packages", "tags"]

_TOPICS = "tgtui_topics"

log = logging.getLogger("tgtui.changes")


def announce(session: Session, *topics: Topic) -> None:
    """Announce a topic soon after the transaction commits, never if it is rolled back.

    Not inside the transaction, because PostgreSQL commits notifying transactions one after the other, across all
    programs. SQLite needs no notifications: its readers see `PRAGMA data_version`.
    """
    session.info.setdefault(_TOPICS, set()).update(topics)


def announced(session: Session) -> set[Topic]:
    """The topics that the transaction announced."""
    topics: set[Topic] = session.info.get(_TOPICS, set())
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
        self._is_scheduled = False
        self._next = 0.0

    def tell(self, topics: set[Topic]) -> None:
        """Send the topics of a committed transaction. May be called from any thread."""
        if not (self._is_needed and topics):
            return
        with self._lock:
            self._topics |= topics
            if self._is_scheduled:
                return
            wait = self._next - time.monotonic()
            if wait > 0:
                self._is_scheduled = True
                self._timer = threading.Timer(wait, self._send)
                self._timer.daemon = True
                self._timer.start()
                return
        self._send()

    def close(self) -> None:
        """Send the rest."""
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()  # it may be sending right now
        self._send()

    def _send(self) -> None:
        with self._lock:
            topics, self._topics = self._topics, set()
            self._is_scheduled = False
            self._next = time.monotonic() + PULSE_S
        if not topics:
            return
        try:
            with self._engine.connect() as connection, connection.begin():
                for topic in sorted(topics):
                    connection.execute(select(func.pg_notify(CHANNEL, topic)))
        except SQLAlchemyError as error:
            with self._lock:
                self._topics |= topics  # sent with the next change
            log.debug("a hint was lost, the others poll: %s", error)
