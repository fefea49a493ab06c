"""Who holds the locks that this login's own statements wait for, on PostgreSQL."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, text

from tgtui.data.storage.sql import dialect_of

# Of other logins' sessions PostgreSQL tells no more than their name and process.
_WAITS = text(
    """
    SELECT holder.usename AS login, blocking.pid, min(waiting.wait_event) AS lock,
           extract(epoch FROM clock_timestamp() - min(waiting.query_start))::integer AS seconds
    FROM pg_stat_activity AS waiting
    CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocking (pid)
    LEFT JOIN pg_stat_activity AS holder ON holder.pid = blocking.pid
    WHERE waiting.datname = current_database() AND waiting.usename = session_user
      AND waiting.wait_event_type = 'Lock'
      AND waiting.query_start < clock_timestamp() - make_interval(secs => :seconds)
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)


class LockWait(Struct, frozen=True):
    """A session that others wait for."""

    login: str | None
    """None if it is no session any more, as a prepared transaction."""
    process: int
    """Its process at the server, for `pg_terminate_backend`."""
    lock: str
    """PostgreSQL's name of the kind: `advisory`, `transactionid`, `relation`."""
    seconds: int
    """For how long the first of ours has waited."""


def lock_waits(connection: Connection, *, seconds: float) -> list[LockWait]:
    """What has been waited for longer than `seconds`; nothing on SQLite, which has one writer."""
    if dialect_of(connection) != "postgresql":
        return []
    rows = connection.execute(_WAITS, {"seconds": seconds}).all()
    return [LockWait(row.login, row.pid, row.lock, row.seconds) for row in rows]
