"""Rows looked up by pairs: exactly those, and through an index however many are asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from tests.data.test_plans import plans
from tests.support.rows import add_package, add_version
from tgtui.basics.ids import uuid7
from tgtui.data.storage.pairs import SIZES, rows_of
from tgtui.data.storage.sql import dialect_of
from tgtui.worker.ingest.statements import versions_among

PACKAGES = 40


@pytest.mark.parametrize("count", [1, 2, *SIZES[1:4], 65, 1_200])
def test_exactly_the_pairs_that_are_there_are_found(connection: Connection, count: int) -> None:
    """Neither a version of another package nor one that is not there."""
    there = set()
    for number in range(PACKAGES):
        package = add_package(connection, f"p{number}")
        for version in (f"1.{number}.0", "2.0.0"):
            add_version(connection, package, version)
            there.add((package, version))
    packages = sorted({package for package, _ in there})
    wanted = {
        (packages[place % PACKAGES], f"1.{place % 7 if place < PACKAGES else place}.0")
        for place in range(count)
    }
    found = {(row.package_id, row.version) for row in rows_of(connection, versions_among, wanted)}
    assert found == wanted & there


def test_none_asks_nothing(connection: Connection) -> None:
    assert list(rows_of(connection, versions_among, ())) == []


@pytest.mark.parametrize("count", [1, 16])
def test_an_index_finds_them(connection: Connection, count: int) -> None:
    for number in range(200):
        add_version(connection, add_package(connection, f"p{number}"), "1.0.0")
    if dialect_of(connection) == "postgresql":  # for so few rows it would rather read them all
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    wanted = [(uuid7(), "1.0.0") for _ in range(count)]
    shown = plans(connection, lambda s: list(rows_of(s, versions_among, wanted)))
    assert "SCAN package_versions" not in shown
    assert "Seq Scan on package_versions" not in shown
