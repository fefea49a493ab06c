"""The database's clock. Times in rows are the database's, because programs on machines with other clocks compare them.

It is read once in a transaction that needs it. A difference kept from one transaction to the next would be wrong as
soon as either clock is set (docs/decisions.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, select

from tgtui.basics import clock, ids
from tgtui.data.storage.sql import database_time, dialect_of, notes

_KEY = "tgtui_times"
_NOW = select(database_time())


class _Reading(Struct, frozen=True):
    now: datetime
    ahead: timedelta
    """How far the database's clock is ahead of this machine's."""


def database_now(connection: Connection) -> datetime:
    """The same for all of a transaction. On SQLite the machine's clock is the database's."""
    return _read(connection).now


def by_database(connection: Connection, moment: datetime) -> datetime:
    """A moment of this machine's clock, by the database's."""
    return _moved(moment, _read(connection).ahead)


def by_machine(connection: Connection, moment: datetime) -> datetime:
    """A moment of the database's clock, by this machine's."""
    return _moved(moment, -_read(connection).ahead)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # a row that was edited into nonsense
        return moment


def _read(connection: Connection) -> _Reading:
    known: _Reading | None = notes(connection).get(_KEY)
    if known is not None:
        return known
    if dialect_of(connection) == "sqlite":
        now, ahead = clock.now(), timedelta(0)
        ids.follow(None)
        reading = notes(connection)[_KEY] = _Reading(now, ahead)
        return reading
    return note(connection, connection.execute(_NOW).scalar_one())


def note(connection: Connection, now: datetime) -> _Reading:
    """PostgreSQL's time, which a statement of this transaction brought along: it is not asked for again."""
    ahead = now - clock.now()
    if abs(ahead) < clock.AGREE:
        ahead = timedelta(0)
    ids.follow(now)
    reading = notes(connection)[_KEY] = _Reading(now, ahead)
    return reading
