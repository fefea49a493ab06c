"""One consistent read of everything, while others write."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support import rows
from tgtui.data.exporting import sources
from tgtui.data.exporting.reading import Snapshot, snapshot
from tgtui.data.exporting.sources import Source
from tgtui.data.storage.database import Database


def count(read: Snapshot, source: Source) -> int:
    """By either way of reading."""
    if read.is_sqlite:
        return sum(len(some) for some in read.rows(source))
    return b"".join(read.csv(source)).count(b"\n")


def test_what_is_written_meanwhile_is_not_seen_and_no_writer_waits(database: Database) -> None:
    database.write_now(rows.add_release, "before")
    with snapshot(database) as read:
        assert count(read, sources.packages_source()) == 1
        database.write_now(rows.add_release, "meanwhile")
        assert count(read, sources.packages_source()) == 1
        assert count(read, sources.versions_source()) == 1
    with snapshot(database) as read:
        assert count(read, sources.versions_source()) == 2


def test_the_moment_is_before_what_is_written_meanwhile(database: Database) -> None:
    """Nothing is missed between the time that is told and what is read."""
    with snapshot(database) as read:
        database.write_now(rows.add_release, "meanwhile")
        assert count(read, sources.packages_source()) == 0


def test_nothing_can_be_written_through_it(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip(
            "SQLite's transaction is one of many that read; only its own statements are in it"
        )
    with snapshot(database) as read, pytest.raises(DBAPIError):
        rows.add_package(read.connection, "a")


@pytest.mark.parametrize(
    "source",
    [
        sources.packages_source,
        sources.versions_source,
        sources.dependencies_source,
        sources.interactions_source,
    ],
)
def test_each_column_has_a_kind(source: Any) -> None:
    found: Source = source()
    assert list(found.columns) == [each.key for each in found.statement.selected_columns]


def test_deleted_packages_are_left_out_with_all_that_is_theirs(database: Database) -> None:
    def fill(connection: Any) -> None:
        gone = rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)
        version = rows.add_version(connection, gone)
        rows.add_edge(connection, (gone, version))
        rows.add_interaction(connection, gone)

    database.write_now(fill)
    with snapshot(database) as read:
        for source in (
            sources.packages_source(),
            sources.versions_source(),
            sources.dependencies_source(),
            sources.interactions_source(),
        ):
            assert count(read, source) == 0
