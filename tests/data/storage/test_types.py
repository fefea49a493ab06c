"""Keys, timestamps, sort keys and names come back from both databases as they went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Table, select, text
from sqlalchemy.exc import StatementError

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.models.base import METADATA
from tgtui.versions.sorting import sort_text


def table(name: str) -> Table:
    return METADATA.tables[name]


def value(connection: Connection, name: str, column: str, id: UUID) -> Any:
    """The column of the one row, which must exist."""
    return connection.execute(
        select(table(name).c[column]).where(table(name).c.id == id)
    ).scalar_one()


class TestValuesComeBackAsTheyWent:
    @pytest.mark.parametrize(
        "moment",
        [
            datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=UTC),
            datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
        ],
    )
    def test_timestamps_to_the_microsecond(self, connection: Connection, moment: datetime) -> None:
        package = rows.add_package(connection, "a", last_fetch_attempt=moment)
        stored = value(connection, "packages", "last_fetch_attempt", package)
        assert stored == moment
        assert stored.tzinfo is UTC

    def test_timestamps_of_any_zone_are_stored_in_utc(self, connection: Connection) -> None:
        india = timezone(timedelta(hours=5, minutes=30))
        local = datetime(2026, 7, 1, 2, 0, tzinfo=india)
        package = rows.add_package(connection, "a", last_fetch_attempt=local)
        raw = connection.scalar(text("SELECT CAST(last_fetch_attempt AS text) FROM packages"))
        assert raw is not None
        assert raw.startswith("2026-06-30 20:30:00")
        assert value(connection, "packages", "last_fetch_attempt", package) == local

    def test_naive_timestamps_are_refused(self, connection: Connection) -> None:
        with pytest.raises(StatementError, match="timezone-aware"):
            rows.add_package(connection, "a", created_at=datetime(2026, 7, 1))  # noqa: DTZ001

    def test_keys(self, connection: Connection) -> None:
        for key in (uuid7(), uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
            rows.add_package(connection, str(key), id=key)
            assert value(connection, "packages", "id", key) == key

    def test_keys_sort_in_the_order_they_were_made(self, connection: Connection) -> None:
        keys = [uuid7() for _ in range(50)]
        for key in reversed(keys):
            rows.add_package(connection, str(key), id=key)
        column = tables.packages.c.id
        assert connection.scalars(select(column).order_by(column)).all() == keys

    def test_sort_keys_order_as_bytes(self, connection: Connection) -> None:
        keys = [
            b"",
            b"\x00",
            b"\x00\x00",
            b"\x01",
            b"\x01\x00",
            b"\x7f",
            b"\x80",
            b"\xff",
            b"\xff\x00",
        ]
        assert all(a < b for a, b in pairwise(keys))
        package = rows.add_package(connection, "a")
        for number, key in enumerate(reversed(keys)):
            rows.add_version(connection, package, f"{number}.0.0", sort_key=sort_text(key))
        column = tables.package_versions.c.sort_key
        assert connection.scalars(select(column).order_by(column)).all() == [
            sort_text(key) for key in keys
        ]

    def test_package_names_as_the_registry_spells_them(self, connection: Connection) -> None:
        names = ["JSONStream", "@Scope/Näme", "a_b%c", "日本語", "e\u0301"]
        for name in names:
            rows.add_package(connection, name)
        stored = connection.scalars(select(tables.packages.c.name).order_by(tables.packages.c.id))
        assert stored.all() == names
