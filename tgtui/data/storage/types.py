"""Column types that read and write the same on SQLite and PostgreSQL.

Their processors convert directly between Python and the driver: an ingest passes tens of thousands of values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, Dialect, LargeBinary, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

Processor = Callable[[Any], Any]


UNREADABLE = datetime.fromtimestamp(0, UTC)
"""In place of text in an SQLite file that is not a timestamp, so that one odd row does not break a list."""


def _read_text(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except (ValueError, TypeError):
        return UNREADABLE


def driver_time(moment: datetime, *, as_text: bool) -> datetime | str:
    """The driver's form of a moment: text on SQLite, a naive UTC datetime on PostgreSQL. ValueError if naive."""
    if moment.tzinfo is None:
        raise ValueError("a stored timestamp must be timezone-aware")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(" ", "microseconds") if as_text else utc


class UtcTimestamp(TypeDecorator[datetime]):
    """`TIMESTAMP` without zone, always UTC in the database, always timezone-aware in Python.

    On SQLite it is text, `2026-01-31 12:00:00.000000`, which sorts as time does.
    """

    impl = TIMESTAMP(timezone=False)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        is_text = dialect.name == "sqlite"
        # Rows that are written together share one moment, which is converted once.
        last: tuple[datetime | None, datetime | str | None] = (None, None)

        def process(value: datetime | None) -> datetime | str | None:
            nonlocal last
            before, converted = last
            if value is before:
                return converted
            converted = None if value is None else driver_time(value, as_text=is_text)
            last = (value, converted)
            return converted

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        if dialect.name == "sqlite":
            return _read_text
        return lambda value: value and value.replace(tzinfo=UTC)


class Key(TypeDecorator[UUID]):
    """`UUID` on PostgreSQL, `BLOB` of 16 bytes on SQLite: half the text form, and in time order."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(Uuid(as_uuid=True) if native else LargeBinary(16))

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        if dialect.name == "postgresql":
            return None
        return lambda value: None if value is None else value.bytes

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        if dialect.name == "postgresql":
            return None
        return lambda value: None if value is None else UUID(bytes=value)
