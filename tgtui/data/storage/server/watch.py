"""Notices a connection that died without a word, or a server that went, and frees those who wait for an answer.

A router that forgets a connection, a proxy, a machine that lost its power close nothing. The kernel notices some of it
(`engine.py` sets its bounds), but not behind a proxy, which acknowledges all that is sent. So when nothing has come for
a while the server is asked over a new connection what it does for the old one: a statement may take long, a server
that does nothing for it has lost it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import struct
import threading
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from datetime import datetime
from typing import Any, Literal

import psycopg

from tgtui.basics import clock, leaving
from tgtui.data.storage.server.connection import WatchedConnection
from tgtui.data.storage.server.line import Line
from tgtui.data.storage.server.links import Links

LOOK_S = 0.5
"""Seconds between two looks."""
QUIET_S = 3.0
"""Seconds without a byte after which the server is asked."""
ASK_S = 3.0
"""Seconds in which it must be connected to, and then answer."""
AGAIN_S = 1.0
"""Seconds until it is asked again when it knows nothing of a statement: the answer may have been on its way."""
WORKS_S = 5.0
"""The same when it works on the statement."""
GONE_S = 6.0
"""Seconds without a byte after which a server that answers nobody is given up."""
ELSEWHERE_S = 15.0
"""The same when another server answers at its address."""
UNKNOWN_S = 70.0
"""The same when a pooler hides what the server does; longer than the server lets a statement take."""
PATIENT_S = 120.0
"""A statement that may take any time waits so long for a server that answers nobody."""
SETTLE_S = 10.0
"""Seconds without a byte on a connection that was just made."""
OPEN_S = 30.0
"""Seconds in which a connection must be made, with all addresses of its host."""

LEAVE_S = 2.5
"""Seconds after a request to leave until a server that seems dead is not waited for any more."""
STUCK_S = 1.5
"""Then it seems dead when nothing has come for so long."""
LEAVE_MORE_S = 1.5
"""Seconds that one that answers has on top."""
LEAVING = "the program leaves"

Known = Literal["working", "waiting", "unknown", "elsewhere", "unreachable"]
"""What the server does for a connection: works on a statement, waits for one; or who answered instead of it."""

_ASK = """
    SELECT pid, state IN ('active', 'fastpath function call') AND wait_event_type IS DISTINCT FROM 'Client',
           state IS NULL OR state = 'disabled'
    FROM pg_stat_activity WHERE pid = ANY (%s)
"""
# A number may be another's by now: ours began before.
_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = %s AND usename = session_user AND backend_start < clock_timestamp() - make_interval(secs => %s)
"""
_HELLO = struct.pack("!II", 8, 80_877_103)
"""Asks whether TLS is spoken, which every server and pooler answers before anything else."""

log = logging.getLogger("tgtui.database")


class Watch:
    """Of one engine's connections. Its thread runs while there are any."""

    def __init__(self) -> None:
        self._lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self._openings: dict[Future[WatchedConnection], float] = {}
        """Connections that are being made, and since when."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._leave_at = math.inf
        self._left: Future[None] = Future()
        """Done when nothing is waited for any more."""
        self._ended = threading.Event()
        self._is_asking = False
        self._how: tuple[Sequence[Any], Mapping[str, Any]] = ((), {})
        self._given_up = 0
        self._last: datetime | None = None

    def connect(self, *args: Any, **params: Any) -> WatchedConnection:
        """As `psycopg.connect`, but bounded even where a name is looked up, and ended by `leave`."""
        self._how = args, params
        opening: Future[WatchedConnection] = Future()
        with self._lock:
            self._openings[opening] = time.monotonic()
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._run, name="tgtui-watch", daemon=True)
                self._thread.start()
        try:
            threading.Thread(
                target=self._open, args=(opening, args, params), name="tgtui-connect", daemon=True
            ).start()
            either: tuple[Future[Any], ...] = (opening, self._left)
            wait(either, OPEN_S, FIRST_COMPLETED)
        finally:
            is_given_up = opening.cancel()
            with self._lock:
                del self._openings[opening]
        if is_given_up:
            raise psycopg.OperationalError(
                LEAVING if self._left.done() else f"no connection after {OPEN_S:.0f} s"
            )
        return opening.result()

    def leave(self, within_s: float = LEAVE_S) -> None:
        """From about then on nothing is waited for: statements fail, and no connection is made."""
        self._leave_at = min(self._leave_at, time.monotonic() + within_s)

    def end(self) -> None:
        """Stop to look."""
        self._ended.set()

    def links(self) -> Links:
        """How the connections are now."""
        now = time.monotonic()
        silences = [now - since for line in self._of() if (since := line.silent_since) is not None]
        long = [silence for silence in silences if silence > QUIET_S]
        return Links(len(long), max(long, default=0.0), self._given_up, self._last)

    def _open(
        self,
        opening: Future[WatchedConnection],
        args: Sequence[Any],
        params: Mapping[str, Any],
    ) -> None:
        try:
            connection = self._connected(args, params)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            with contextlib.suppress(InvalidStateError):
                opening.set_exception(error)
            return
        try:
            opening.set_result(connection)
        except InvalidStateError:  # no one waits for it any more
            connection.close()

    def _connected(
        self, args: Sequence[Any], params: Mapping[str, Any], *, limit_s: float | None = None
    ) -> WatchedConnection:
        connection = WatchedConnection.connect(*args, **params)
        connection.line.limit_s = SETTLE_S if limit_s is None else limit_s
        with self._lock:
            self._lines.add(connection.line)
        try:
            connection.settle()
        except BaseException:
            connection.close()
            raise
        connection.line.limit_s = limit_s
        return connection

    def _of(self) -> list[Line]:
        with self._lock:
            return list(self._lines)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            with self._lock:
                if not self._lines and not self._openings:
                    self._thread = None
                    return
            try:
                self._look(time.monotonic())
            except Exception:
                log.exception("the connections could not be looked at")

    def _look(self, now: float) -> None:
        if self._is_left(now):
            if not self._left.done():
                self._left.set_result(None)
            for line in self._of():
                line.hang_up(LEAVING)
            return
        due: list[tuple[Line, float]] = []
        for line in self._of():
            since = line.silent_since
            if since is None:
                continue
            silent_s = now - since
            if line.limit_s is not None:
                if silent_s > line.limit_s:
                    self._give_up(line, since, silent_s)
            elif silent_s >= QUIET_S and now >= line.ask_at:
                due.append((line, since))
        if due and not self._is_asking:
            self._is_asking = True
            address = due[0][0].address
            there = [each for each in due if each[0].address == address]
            threading.Thread(
                target=self._ask, args=(address, there), name="tgtui-ask", daemon=True
            ).start()

    def _is_left(self, now: float) -> bool:
        """Whether nothing is waited for any more."""
        asked_at = leaving.asked_at()
        leave_at = min(self._leave_at, math.inf if asked_at is None else asked_at + LEAVE_S)
        if self._left.done() or now < leave_at:
            return self._left.done()
        with self._lock:
            waits = list(self._openings.values())
        waits += [since for line in self._of() if (since := line.silent_since) is not None]
        return now - min(waits, default=now) >= STUCK_S or now >= leave_at + LEAVE_MORE_S

    def _ask(self, address: Mapping[str, str], due: Sequence[tuple[Line, float]]) -> None:
        """What the server says decides which of them are given up."""
        try:
            with contextlib.ExitStack() as closing:
                asker = None
                try:
                    asker = self._asker(address)
                    closing.callback(asker.close)
                    found = _found(asker, [line for line, _since in due])
                except psycopg.Error as error:
                    answer: Known = "unknown" if _answers(address) else "unreachable"
                    log.debug("the server can't be asked, it is %s: %s", answer, error)
                    found = dict.fromkeys((line for line, _since in due), answer)
                for line, since in due:
                    if self._judge(line, since, found[line]) and asker is not None:
                        _end_at_server(asker, line)
        except Exception:
            log.exception("the server could not be asked")
        finally:
            self._is_asking = False

    def _judge(self, line: Line, since: float, known: Known) -> bool:
        """Give the connection up if it is dead; True if it is."""
        now = time.monotonic()
        silent_s = now - since
        patience = {
            "working": math.inf,
            "waiting": 0.0 if line.doubted == since else math.inf,
            "unreachable": PATIENT_S if line.is_patient else GONE_S,
            "elsewhere": math.inf if line.is_patient else ELSEWHERE_S,
            "unknown": math.inf if line.is_patient else UNKNOWN_S,
        }
        line.ask_at = now + (WORKS_S if known in {"working", "unknown"} else AGAIN_S)
        line.doubted = since if known == "waiting" else 0.0
        return silent_s >= patience[known] and self._give_up(line, since, silent_s)

    def _give_up(self, line: Line, since: float, silent_s: float) -> bool:
        why = f"no answer for {silent_s:.0f} s, so the connection was given up"
        if not line.hang_up(why, since=since):
            return False
        self._given_up += 1
        self._last = clock.now()
        log.warning("the database: %s", why)
        return True

    def _asker(self, address: Mapping[str, str]) -> WatchedConnection:
        """A connection to exactly that server."""
        args, params = self._how
        several = ("target_session_attrs", "load_balance_hosts")
        there = {name: value for name, value in params.items() if name not in several}
        there |= {**address, "connect_timeout": str(math.ceil(ASK_S))}
        return self._connected(args, there, limit_s=ASK_S)


def _found(asker: WatchedConnection, lines: Iterable[Line]) -> dict[Line, Known]:
    with asker.cursor() as cursor:
        cursor.execute(_ASK, [[line.backend for line in lines]])
        told = {pid: (works, is_hidden) for pid, works, is_hidden in cursor.fetchall()}
    asker.commit()
    found: dict[Line, Known] = {}
    for line in lines:
        works, is_hidden = told.get(line.backend, (False, False))
        if asker.line.server != line.server:
            found[line] = "elsewhere"
        elif not line.backend or is_hidden:
            found[line] = "unknown"
        else:
            found[line] = "working" if works else "waiting"
    return found


def _end_at_server(asker: WatchedConnection, line: Line) -> None:
    """It would keep its locks until the server notices by itself."""
    if not line.backend or asker.line.server != line.server:
        return
    try:
        with asker.cursor() as cursor:
            cursor.execute(_END, [line.backend, time.monotonic() - line.opened_at])
        asker.commit()
    except psycopg.Error as error:
        log.debug("the session of a connection that was given up stays for now: %s", error)


def _answers(address: Mapping[str, str]) -> bool:
    """Whether anything that speaks PostgreSQL is there, even if it takes no connections."""
    host, port = address.get("host", ""), int(address.get("port") or 0)
    try:
        if host.startswith(("/", "@")):
            there = socket.socket(socket.AF_UNIX)
            there.settimeout(ASK_S)
            there.connect(f"{host}/.s.PGSQL.{port}".replace("@", "\0", 1))
        else:
            there = socket.create_connection((address.get("hostaddr") or host, port), ASK_S)
        with there:
            there.sendall(_HELLO)
            return bool(there.recv(1))
    except OSError:
        return False
