"""The search's table follows the catalogue: rows by triggers, counts by `refresh` and `drain`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select, text, update

from tests.support import rows
from tgtui.data.models.search import NEVER, package_search
from tgtui.data.models.tables import package_versions, packages
from tgtui.data.search import index
from tgtui.data.search.index import drain, is_stale, packages_stored, refresh, touch
from tgtui.data.search.results import search_packages
from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED
from tgtui.syntax.query import parse_search


def entry(connection: Connection, package: UUID) -> Any:
    search = package_search
    return connection.execute(select(search).where(search.c.package_id == package)).one_or_none()


def found(connection: Connection, words: str) -> list[str]:
    return [row.name for row in search_packages(connection, parse_search(words)).rows]


def drained(connection: Connection) -> int:
    """Everything that is due; how many packages."""
    total = 0
    while count := drain(connection):
        total += count
    return total


class TestRows:
    def test_a_package_can_be_found_as_soon_as_it_is_there(self, connection: Connection) -> None:
        package = rows.add_package(connection, "@Scope/Big-Name_x.js")
        row = entry(connection, package)
        assert (row.name, row.key) == ("@scope/big-name_x.js", "@scope/bignamexjs")
        assert row.words.split() == ["scope", "big", "name", "x", "js", "@scope/bignamexjs"]
        assert is_stale(connection)

    @pytest.mark.parametrize("name", ["-", "_", "..."])
    def test_a_name_of_separators_keeps_them(self, connection: Connection, name: str) -> None:
        assert entry(connection, rows.add_package(connection, name)).key == name
        assert found(connection, name) == [name]

    def test_a_deleted_package_leaves_and_a_restored_one_comes_back(
        self, connection: Connection
    ) -> None:
        package = rows.add_package(connection, "left-pad", description="pads")
        refresh(connection, [package])
        for deleted_at, names in ((rows.DAY_ONE, []), (None, ["left-pad"])):
            connection.execute(
                update(packages).where(packages.c.id == package).values(deleted_at=deleted_at)
            )
            assert found(connection, "left-pad") == names
        drained(connection)
        assert found(connection, "pads") == ["left-pad"]

    def test_a_package_that_comes_deleted_is_not_there(self, connection: Connection) -> None:
        assert entry(connection, rows.add_package(connection, "x", deleted_at=rows.DAY_ONE)) is None

    def test_a_package_that_is_removed_for_good_leaves(self, connection: Connection) -> None:
        package = rows.add_package(connection, "left-pad")
        connection.execute(delete(packages).where(packages.c.id == package))
        assert entry(connection, package) is None
        assert drained(connection) == 1, "its note is taken away"

    def test_a_description_that_changes_is_found_by_its_new_words_only(
        self, connection: Connection
    ) -> None:
        package = rows.add_package(connection, "x", description="Pads Strings")
        refresh(connection, [package])
        assert found(connection, "STRINGS") == ["x"]
        connection.execute(
            update(packages).where(packages.c.id == package).values(description="trims text")
        )
        refresh(connection, [package])
        assert (found(connection, "strings"), found(connection, "trims")) == ([], ["x"])

    def test_sqlites_full_text_is_sound_after_all_of_that(self, connection: Connection) -> None:
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL keeps its indexes itself")
        self.test_a_description_that_changes_is_found_by_its_new_words_only(connection)
        for column in ("words", "about"):
            table = f"package_search_text_{column}"
            connection.execute(text(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')"))


class TestCounts:
    def test_what_nothing_is_known_of(self, connection: Connection) -> None:
        package = rows.add_package(connection, "x")
        refresh(connection, [package])
        row = entry(connection, package)
        assert (row.rank, row.dependents, row.uses) == (0, 0, 0)
        assert row.released_at == NEVER
        assert [row.is_deprecated, row.is_incomplete, row.is_failed] == [False] * 3

    def test_dependents_are_packages_not_edges_and_not_deleted_ones(
        self, connection: Connection
    ) -> None:
        target = rows.add_release(connection, "target")
        for name, deleted_at in (("a", None), ("b", None), ("gone", rows.DAY_ONE)):
            package = rows.add_package(connection, name, deleted_at=deleted_at)
            for version in ("1.0.0", "2.0.0"):
                source = (package, rows.add_version(connection, package, version))
                rows.add_edge(connection, source, "target", target)
        refresh(connection, [target[0]])
        assert entry(connection, target[0]).dependents == 2

    def test_the_latest_version_decides(self, connection: Connection) -> None:
        package = rows.add_package(connection, "x")
        rows.add_version(connection, package, "1.0.0", is_yanked=True)
        later = rows.DAY_ONE + timedelta(days=1)
        rows.add_version(connection, package, "2.0.0", published_at=later)
        refresh(connection, [package])
        assert (
            entry(connection, package).is_deprecated,
            entry(connection, package).released_at,
        ) == (
            False,
            later,
        )
        connection.execute(update(package_versions).values(is_yanked=True))
        refresh(connection, [package])
        assert entry(connection, package).is_deprecated

    @pytest.mark.parametrize(
        ("edge", "incomplete"),
        [
            ({}, True),
            ({"resolved_version": UNRESOLVED, "resolution_error": "Nothing satisfies it."}, True),
            ({"resolved_version": "git+https://example.com/x.git"}, False),
            ({"is_optional": True}, False),
            ({"dependency_type": "dev", "resolution_error": NOT_LOOKED_UP}, False),
        ],
    )
    def test_incomplete_is_what_an_install_would_miss(
        self, connection: Connection, edge: dict[str, Any], incomplete: bool
    ) -> None:
        source = rows.add_release(connection, "x")
        rows.add_edge(connection, source, "missing", **edge)
        refresh(connection, [source[0]])
        assert entry(connection, source[0]).is_incomplete is incomplete

    def test_failed_is_what_the_newest_request_says(self, connection: Connection) -> None:
        package = rows.add_package(connection, "x", last_fetch_success=None)
        rows.add_request(connection, "x", status="completed")
        rows.add_request(connection, "x", status="failed")
        refresh(connection, [package])
        assert found(connection, "is:failed") == ["x"]
        rows.add_request(connection, "x", status="pending")
        refresh(connection, [package])
        assert found(connection, "is:failed") == []


class TestDrain:
    def test_an_ingest_brings_its_package_up_to_date_and_notes_the_others(
        self, connection: Connection
    ) -> None:
        target, source = (
            rows.add_release(connection, "target"),
            rows.add_release(connection, "source"),
        )
        drained(connection)
        rows.add_edge(connection, source, "target", target)
        packages_stored(connection, [source[0]], linked=[target[0]])
        assert entry(connection, source[0]).released_at == rows.DAY_ONE
        assert entry(connection, target[0]).dependents == 0
        assert drained(connection) == 1
        assert entry(connection, target[0]).dependents == 1
        assert not is_stale(connection)

    def test_notes_of_one_package_are_worked_off_together(self, connection: Connection) -> None:
        package = rows.add_package(connection, "x")
        touch(connection, [package] * 10)
        assert drained(connection) == 1
        assert not is_stale(connection)

    def test_more_than_one_part_is_left_for_the_next(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(index, "COUNTED_AT_ONCE", 2)
        for name in "abc":
            rows.add_package(connection, name)
        assert (drain(connection), drain(connection), drain(connection)) == (2, 1, 0)

    def test_a_package_of_many_dependents_is_counted_after_a_part_of_them_changed_or_a_while(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = rows.add_package(connection, "lodash")
        drained(connection)
        connection.execute(update(package_search).values(dependents=200))
        touch(connection, [package] * 3)
        assert drain(connection) == 0
        assert is_stale(connection)
        touch(connection, [package])
        assert drain(connection) == 1
        connection.execute(update(package_search).values(dependents=10, dev_dependents=190))
        touch(connection, [package])
        assert drain(connection) == 0
        monkeypatch.setattr(index, "PATIENCE_TIME", -timedelta(minutes=1))
        assert drain(connection) == 1
