"""Notices commits of this program and others, and tells its subscribers.

Only hints: the truth is in the database. PostgreSQL has LISTEN/NOTIFY, behind a pooler its snapshot; SQLite has `PRAGMA data_version`, which
changes when another connection commits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from tgtui.basics import clock
from tgtui.basics.events import Subscribers
from tgtui.data.storage.changes import CHANNEL
from tgtui.data.storage.engine import FEED, file_behind, line_of
from tgtui.data.storage.file import LOOK_S
from tgtui.data.storage.server.session import is_pooled

PULSE_S = 0.2
"""Seconds in which subscribers are called at most once: the first of several changes is told at once."""
SQLITE_POLL_S = 0.15
"""Seconds after which a commit of another program is seen; one of this program is seen at once."""
QUIET_POLL_S = 0.5
"""The same when nothing has changed for `QUIET_S`: a laptop at rest is not woken for nothing."""
QUIET_S = 10.0
NOTIFY_TIMEOUT_S = 0.25
"""Seconds that closing may wait for the thread."""
RECONNECT_S = 1.0
SILENCE_S = 10.0
"""Seconds without a notification after which subscribers are called anyway."""
BEAT_S = 4.0
"""Seconds between two questions whether a server is still there."""
BEAT_LIMIT_S = 5.0
"""Seconds without an answer to that after which the server counts as lost."""
POLL_S = 1.0
"""Seconds between two looks at a server that notifies no one."""

_BEAT = text("SELECT 1")
# Differs after every transaction that wrote, also on a standby, which replays them.
_SEEN = text("SELECT pg_current_snapshot()::text AS snapshot, pg_is_in_recovery() AS is_standby")

log = logging.getLogger("tgtui.feed")


class ChangeFeed:
    """Watches in its own thread, and calls back in the event loop it was started in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._subscribers = Subscribers()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_pending = False
        self._told_at = -PULSE_S
        """By the loop's clock."""
        self._answered_at: datetime | None = None
        self._is_lost = False

    @property
    def lost_since(self) -> datetime | None:
        """When the server answered last, if it does not answer now; None if it does, and on SQLite.

        Subscribers are called when it changes.
        """
        return self._answered_at if self._is_lost else None

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after changes, once for several. Returns a function that unsubscribes it."""
        return self._subscribers.add(callback)

    def start(self) -> None:
        """Start to watch. Call it in the event loop that shall be called back."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._watch, name="tgtui-changes", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Stop watching; no callback comes after this."""
        self._stopping.set()
        if (file := file_behind(self._engine)) is not None:
            file.committed.set()
        self._subscribers.clear()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _watch(self) -> None:
        watch = (
            self._sqlite_changes if self._engine.dialect.name == "sqlite" else self._notifications
        )
        while not self._stopping.is_set():
            try:
                for _change in watch():
                    self._is_lost = False
                    self._hint()
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                level = logging.DEBUG if self._is_lost else logging.WARNING
                said = getattr(error, "orig", None) or error
                log.log(level, "the change feed lost the database (%s); connecting again", said)
                self._lose()
                self._stopping.wait(RECONNECT_S)

    def _lose(self) -> None:
        is_news, self._is_lost = not self._is_lost, True
        if is_news and self._engine.dialect.name != "sqlite":
            self._hint()

    def _sqlite_changes(self) -> Iterator[None]:
        file = file_behind(self._engine)
        assert file is not None
        with self._engine.connect() as connection, file.held_open():
            driver = connection.connection.driver_connection
            assert driver is not None
            known = driver.execute("PRAGMA data_version").fetchone()
            looked = changed = time.monotonic()
            yield  # commits before this do not show in the number
            while True:
                is_quiet = time.monotonic() - changed >= QUIET_S
                file.committed.wait(QUIET_POLL_S if is_quiet else SQLITE_POLL_S)
                file.committed.clear()
                if self._stopping.is_set():
                    return
                version = driver.execute("PRAGMA data_version").fetchone()
                if version != known:
                    known, changed = version, time.monotonic()
                    yield
                if time.monotonic() - looked >= LOOK_S:
                    looked = time.monotonic()
                    if file.look():
                        log.warning("%s", file.lost or "the catalogue's file is back")
                        yield
                    if self._is_alone() and file.is_usual_again():
                        break
        self._engine.dispose()  # its connections could only read
        file.be_usual()
        log.info("the catalogue can be written again")

    def _is_alone(self) -> bool:
        """No connection but this thread's is in use."""
        pool = self._engine.pool
        return isinstance(pool, QueuePool) and pool.checkedout() == FEED

    def _notifications(self) -> Iterator[None]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            line = line_of(connection)
            line.limit_s = BEAT_LIMIT_S
            try:
                is_told = not is_pooled(connection) and _listens(connection)
                self._answered_at = clock.now()
                yield from self._told(connection) if is_told else self._looked(connection)
                line.limit_s = None
            except BaseException:
                connection.invalidate()  # broken, or still listening: not to be reused
                raise

    def _told(self, connection: Connection) -> Iterator[None]:
        """Until it is stopped."""
        driver = connection.connection.driver_connection
        assert driver is not None
        yield  # commits before this notified others
        last = beat = time.monotonic()
        while not self._stopping.is_set():
            for _notification in driver.notifies(timeout=NOTIFY_TIMEOUT_S, stop_after=1):
                last = time.monotonic()
                yield
            now = time.monotonic()
            if now - beat >= BEAT_S:
                connection.execute(_BEAT)
                beat, self._answered_at = now, clock.now()
            if now - last > SILENCE_S:
                last = now
                yield  # a program may have stopped between its change and the notification
        connection.execute(text("UNLISTEN *"))

    def _looked(self, connection: Connection) -> Iterator[None]:
        """Until it is stopped, or the standby has become a primary, which notifies."""
        known: str | None = None
        was_standby = False
        while True:
            seen = connection.execute(_SEEN).one()
            self._answered_at = clock.now()
            if seen.snapshot != known:
                known = seen.snapshot
                yield
            if was_standby and not seen.is_standby:
                return
            was_standby = seen.is_standby
            if self._stopping.wait(POLL_S):
                return

    def _hint(self) -> None:
        """From the thread to the loop; many hints within a pulse become one call."""
        assert self._loop is not None
        if self._is_pending or self._stopping.is_set():
            return
        self._is_pending = True
        try:
            self._loop.call_soon_threadsafe(self._schedule)
        except RuntimeError:  # the loop ended without `stop`
            self._stopping.set()

    def _schedule(self) -> None:
        assert self._loop is not None
        self._loop.call_at(self._told_at + PULSE_S, self._tell)

    def _tell(self) -> None:
        assert self._loop is not None
        self._is_pending, self._told_at = False, self._loop.time()
        self._subscribers.tell()


def _listens(connection: Connection) -> bool:
    """Whether the server notifies from now on: a standby does not."""
    try:
        connection.execute(text(f"LISTEN {CHANNEL}"))
    except DBAPIError as error:
        if error.connection_invalidated or not getattr(error.orig, "sqlstate", None):
            raise
        log.info("the server notifies no one (%s); it is looked at instead", error.orig)
        return False
    return True
