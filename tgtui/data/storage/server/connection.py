"""A connection of psycopg whose waits can be watched and ended, and what it asks of its session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import sqlalchemy
from psycopg.abc import RV, PQGen
from sqlalchemy import text

from tgtui.data.storage.server.line import Line

WAIT_INTERVAL_S = 0.1
"""As psycopg's own: how often a wait looks whether Ctrl-C was pressed."""

OURS = {
    # Of a client that died without a word the server learns nothing by itself, and keeps its locks.
    "client_connection_check_interval": "5000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # The session that waits for changes says nothing for as long as there are none.
    "idle_session_timeout": "0",
}
"""Settings of the session at the server, by which it notices within seconds that the client is gone."""

# Not on Windows servers, which refuse the interval; what the address or the administrator says of the login stands,
# but for sessions that must wait.
_SETTLE = """
    SELECT set_config(name, value, false)
    FROM pg_settings JOIN unnest(%s::text[], %s::text[]) AS ours (name, value) USING (name)
    WHERE (source IN ('default', 'configuration file', 'command line')
           OR (name = 'idle_session_timeout' AND source <> 'client'))
      AND (name <> 'client_connection_check_interval' OR version() LIKE '%%linux%%')
"""
_WHO = "SELECT pg_backend_pid(), pg_postmaster_start_time()::text, inet_server_port()::text"

_ANY_TIME = (
    text("SET LOCAL lock_timeout = 0"),
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL idle_in_transaction_session_timeout = 60000"),
)


class WatchedConnection(psycopg.Connection[Any]):
    """Waits for an answer as psycopg does, but so that its `line` knows, and can hang up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = Line()

    def wait(
        self, gen: PQGen[RV], interval: float = WAIT_INTERVAL_S, timeout: float | None = None
    ) -> RV:
        if timeout is not None:  # it ends by itself
            return super().wait(gen, interval, timeout)
        self.line.begin(self.pgconn.socket)
        try:
            return super().wait(self.line.noting(gen), interval)
        except psycopg.OperationalError as error:
            if self.line.ended_by:
                raise psycopg.OperationalError(self.line.ended_by) from error
            raise
        except SystemExit:
            self.line.hang_up("the program leaves")
            raise
        finally:
            self.line.end()

    def cancel_safe(self, *, timeout: float = 30.0) -> None:
        """Called at Ctrl-C, after which psycopg would wait for the answer once more."""
        self.line.hang_up("the program leaves")

    def settle(self) -> None:
        """Learn who is at the other end, and set the session up. Errors of psycopg."""
        self.autocommit = True
        with self.cursor() as cursor:
            cursor.execute(_WHO)
            backend, started, port = cursor.fetchone() or (0, "", "")
            info = self.info
            self.line.server = f"{started} {port}"
            where = {"host": info.host, "hostaddr": info.hostaddr, "port": str(info.port)}
            self.line.address = {name: value for name, value in where.items() if value}
            # A pooler gives its own number, and its sessions are not ours to change.
            if backend == info.backend_pid:
                self.line.backend = backend
                cursor.execute(_SETTLE, [list(OURS), list(OURS.values())])
        self.autocommit = False


@contextlib.contextmanager
def taking_any_time(connection: sqlalchemy.Connection) -> Iterator[None]:
    """The bounds of statements don't hold for this transaction of a server, which is open already."""
    for statement in _ANY_TIME:
        connection.execute(statement)
    driver = connection.connection.driver_connection
    assert isinstance(driver, WatchedConnection)
    driver.line.is_patient = True
    try:
        yield
    finally:
        driver.line.is_patient = False
