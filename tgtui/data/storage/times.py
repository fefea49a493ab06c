"""The database's clock. Times in rows are the database's, because programs on machines with other clocks compare them.

It is read once in a transaction that needs it. A difference kept from one transaction to the next would be wrong as
soon as either clock is set (docs/decisions.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tgtui.basics import clock, ids
from tgtui.data.storage.sql import database_time, dialect_of

_KEY = "tgtui_times"
_NOW = select(database_time())


@dataclass(frozen=True, slots=True)
class _Reading:
    transaction: object
    now: datetime
    ahead: timedelta
    """How far the database's clock is ahead of this machine's."""


def database_now(session: Session) -> datetime:
    """The same for all of a transaction. On SQLite the machine's clock is the database's."""
    return _read(session).now


def by_database(session: Session, moment: datetime) -> datetime:
    """A moment of this machine's clock, by the database's."""
    return _moved(moment, _read(session).ahead)


def by_machine(session: Session, moment: datetime) -> datetime:
    """A moment of the database's clock, by this machine's."""
    return _moved(moment, -_read(session).ahead)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # a row that was edited into nonsense
        return moment


def _read(session: Session) -> _Reading:
    known: _Reading | None = session.info.get(_KEY)
    if known is not None and known.transaction is session.get_transaction():
        return known
    if dialect_of(session) == "sqlite":
        now, ahead = clock.now(), timedelta(0)
        ids.follow(None)
        reading = session.info[_KEY] = _Reading(session.get_transaction(), now, ahead)
        return reading
    return note(session, session.execute(_NOW).scalar_one())


def note(session: Session, now: datetime) -> _Reading:
    """PostgreSQL's time, which a statement of this transaction brought along: it is not asked for again."""
    ahead = now - clock.now()
    if abs(ahead) < clock.AGREE:
        ahead = timedelta(0)
    ids.follow(now)
    reading = session.info[_KEY] = _Reading(session.get_transaction(), now, ahead)
    return reading
