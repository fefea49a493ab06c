"""The search's table follows the catalogue: rows by triggers, counts by `refresh` and `drain`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.data.models.search import NEVER, PackageSearch
from tgtui.data.models.tables import Package, PackageVersion
from tgtui.data.search import index
from tgtui.data.search.index import drain, is_stale, packages_stored, refresh, touch
from tgtui.data.search.results import search_packages
from tgtui.data.storage.sql import table_of
from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED
from tgtui.syntax.query import parse_search


def entry(session: Session, package: UUID) -> Any:
    search = table_of(PackageSearch)
    return session.execute(select(search).where(search.c.package_id == package)).one_or_none()


def found(session: Session, words: str) -> list[str]:
    return [row.name for row in search_packages(session, parse_search(words)).rows]


def drained(session: Session) -> int:
    """Everything that is due; how many packages."""
    total = 0
    while count := drain(session):
        total += count
    return total


class TestRows:
    def test_a_package_can_be_found_as_soon_as_it_is_there(self, session: Session) -> None:
        package = rows.add_package(session, "@Scope/Big-Name_x.js")
        row = entry(session, package)
        assert (row.name, row.key) == ("@scope/big-name_x.js", "@scope/bignamexjs")
        assert row.words.split() == ["scope", "big", "name", "x", "js", "@scope/bignamexjs"]
        assert is_stale(session)

    @pytest.mark.parametrize("name", ["-", "_", "..."])
    def test_a_name_of_separators_keeps_them(self, session: Session, name: str) -> None:
        assert entry(session, rows.add_package(session, name)).key == name
        assert found(session, name) == [name]

    def test_a_deleted_package_leaves_and_a_restored_one_comes_back(self, session: Session) -> None:
        package = rows.add_package(session, "left-pad", description="pads")
        refresh(session, [package])
        for deleted_at, names in ((rows.DAY_ONE, []), (None, ["left-pad"])):
            session.execute(
                update(Package).where(Package.id == package).values(deleted_at=deleted_at)
            )
            assert found(session, "left-pad") == names
        drained(session)
        assert found(session, "pads") == ["left-pad"]

    def test_a_package_that_comes_deleted_is_not_there(self, session: Session) -> None:
        assert entry(session, rows.add_package(session, "x", deleted_at=rows.DAY_ONE)) is None

    def test_a_package_that_is_removed_for_good_leaves(self, session: Session) -> None:
        package = rows.add_package(session, "left-pad")
        session.execute(delete(Package).where(Package.id == package))
        assert entry(session, package) is None
        assert drained(session) == 1, "its note is taken away"

    def test_a_description_that_changes_is_found_by_its_new_words_only(
        self, session: Session
    ) -> None:
        package = rows.add_package(session, "x", description="Pads Strings")
        refresh(session, [package])
        assert found(session, "STRINGS") == ["x"]
        session.execute(
            update(Package).where(Package.id == package).values(description="trims text")
        )
        refresh(session, [package])
        assert (found(session, "strings"), found(session, "trims")) == ([], ["x"])

    def test_sqlites_full_text_is_sound_after_all_of_that(self, session: Session) -> None:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("PostgreSQL keeps its indexes itself")
        self.test_a_description_that_changes_is_found_by_its_new_words_only(session)
        for column in ("words", "about"):
            table = f"package_search_text_{column}"
            session.execute(text(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')"))


class TestCounts:
    def test_what_nothing_is_known_of(self, session: Session) -> None:
        package = rows.add_package(session, "x")
        refresh(session, [package])
        row = entry(session, package)
        assert (row.rank, row.dependents, row.uses) == (0, 0, 0)
        assert row.released_at == NEVER
        assert [row.is_deprecated, row.is_incomplete, row.is_failed] == [False] * 3

    def test_dependents_are_packages_not_edges_and_not_deleted_ones(self, session: Session) -> None:
        target = rows.add_release(session, "target")
        for name, deleted_at in (("a", None), ("b", None), ("gone", rows.DAY_ONE)):
            package = rows.add_package(session, name, deleted_at=deleted_at)
            for version in ("1.0.0", "2.0.0"):
                source = (package, rows.add_version(session, package, version))
                rows.add_edge(session, source, "target", target)
        refresh(session, [target[0]])
        assert entry(session, target[0]).dependents == 2

    def test_the_latest_version_decides(self, session: Session) -> None:
        package = rows.add_package(session, "x")
        rows.add_version(session, package, "1.0.0", is_yanked=True)
        later = rows.DAY_ONE + timedelta(days=1)
        rows.add_version(session, package, "2.0.0", published_at=later)
        refresh(session, [package])
        assert (entry(session, package).is_deprecated, entry(session, package).released_at) == (
            False,
            later,
        )
        session.execute(update(PackageVersion).values(is_yanked=True))
        refresh(session, [package])
        assert entry(session, package).is_deprecated

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
        self, session: Session, edge: dict[str, Any], incomplete: bool
    ) -> None:
        source = rows.add_release(session, "x")
        rows.add_edge(session, source, "missing", **edge)
        refresh(session, [source[0]])
        assert entry(session, source[0]).is_incomplete is incomplete

    def test_failed_is_what_the_newest_request_says(self, session: Session) -> None:
        package = rows.add_package(session, "x", last_fetch_success=None)
        rows.add_request(session, "x", status="completed")
        rows.add_request(session, "x", status="failed")
        refresh(session, [package])
        assert found(session, "is:failed") == ["x"]
        rows.add_request(session, "x", status="pending")
        refresh(session, [package])
        assert found(session, "is:failed") == []


class TestDrain:
    def test_an_ingest_brings_its_package_up_to_date_and_notes_the_others(
        self, session: Session
    ) -> None:
        target, source = rows.add_release(session, "target"), rows.add_release(session, "source")
        drained(session)
        rows.add_edge(session, source, "target", target)
        packages_stored(session, [source[0]], linked=[target[0]])
        assert entry(session, source[0]).released_at == rows.DAY_ONE
        assert entry(session, target[0]).dependents == 0
        assert drained(session) == 1
        assert entry(session, target[0]).dependents == 1
        assert not is_stale(session)

    def test_notes_of_one_package_are_worked_off_together(self, session: Session) -> None:
        package = rows.add_package(session, "x")
        touch(session, [package] * 10)
        assert drained(session) == 1
        assert not is_stale(session)

    def test_more_than_one_part_is_left_for_the_next(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(index, "COUNTED_AT_ONCE", 2)
        for name in "abc":
            rows.add_package(session, name)
        assert (drain(session), drain(session), drain(session)) == (2, 1, 0)

    def test_a_package_of_many_dependents_is_counted_after_a_part_of_them_changed_or_a_while(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = rows.add_package(session, "lodash")
        drained(session)
        session.execute(update(PackageSearch).values(dependents=200))
        touch(session, [package] * 3)
        assert drain(session) == 0
        assert is_stale(session)
        touch(session, [package])
        assert drain(session) == 1
        session.execute(update(PackageSearch).values(dependents=10, dev_dependents=190))
        touch(session, [package])
        assert drain(session) == 0
        monkeypatch.setattr(index, "PATIENCE_TIME", -timedelta(minutes=1))
        assert drain(session) == 1
