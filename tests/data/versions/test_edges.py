"""The edges of a version with what is known of their targets, and the other way round: dependents."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, update

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.versions.edges import edges_of
from tgtui.data.views.edges import UNRESOLVED, Dependent, DependentPage, Edge


def soft_delete(connection: Connection, package: UUID) -> None:
    statement = update(tables.packages).where(tables.packages.c.id == package)
    connection.execute(statement.values(deleted_at=rows.DAY_ONE))


class TestEdges:
    def edge(self, connection: Connection, source: tuple[UUID, UUID]) -> Edge:
        (edge,) = edges_of(connection, source[1])
        return edge

    def test_by_type_then_name(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        for type, name in (
            ("dev", "a"),
            ("optional", "a"),
            ("peer", "a"),
            ("runtime", "z"),
            ("runtime", "b"),
        ):
            rows.add_edge(connection, source, name, dependency_type=type)
        found = [(edge.type, edge.name) for edge in edges_of(connection, source[1])]
        assert found == [
            ("runtime", "b"), ("runtime", "z"), ("peer", "a"), ("optional", "a"), ("dev", "a"),
        ]  # fmt: skip

    def test_an_install_follows_neither_dev_nor_optional_peers(
        self, connection: Connection
    ) -> None:
        source = rows.add_release(connection, "a")
        rows.add_edge(connection, source, "runtime")
        rows.add_edge(connection, source, "optional", dependency_type="optional", is_optional=True)
        rows.add_edge(connection, source, "peer", dependency_type="peer")
        rows.add_edge(connection, source, "optional-peer", dependency_type="peer", is_optional=True)
        rows.add_edge(connection, source, "dev", dependency_type="dev")
        found = [edge.name for edge in edges_of(connection, source[1], only_installed=True)]
        assert found == ["runtime", "peer", "optional"]

    def test_a_resolved_edge_knows_its_target(self, connection: Connection) -> None:
        source, target = rows.add_release(connection, "a"), rows.add_release(connection, "b")
        leaf = rows.add_release(connection, "c")
        rows.add_edge(connection, target, "c", leaf)
        rows.add_edge(connection, target, "d", dependency_type="dev")
        rows.add_edge(connection, source, "b", target, declared_name="alias")
        edge = self.edge(connection, source)
        assert (edge.registry, edge.name, edge.declared_name) == ("npm", "b", "alias")
        assert (edge.range, edge.resolved_version) == ("^1.0.0", "1.0.0")
        assert (edge.package_id, edge.resolved_version_id) == target
        assert (edge.is_loaded, edge.child_count) == (True, 1)
        flags = (edge.is_yanked, edge.is_outdated, edge.is_missing, edge.is_unresolved)
        assert flags == (False, False, False, False)

    def test_yanked_and_not_loaded(self, connection: Connection) -> None:
        source, package = rows.add_release(connection, "a"), rows.add_package(connection, "b")
        version = rows.add_version(
            connection, package, is_yanked=True, dependencies_fetched_at=None
        )
        rows.add_edge(connection, source, "b", (package, version))
        edge = self.edge(connection, source)
        assert (edge.is_yanked, edge.is_loaded, edge.child_count) == (True, False, 0)

    @pytest.mark.parametrize(
        ("resolved", "outdated"), [("1.0.0", True), ("2.0.0", False), ("3.0.0-rc.1", False)]
    )
    def test_outdated_is_below_the_latest(
        self, connection: Connection, resolved: str, outdated: bool
    ) -> None:
        source, package = rows.add_release(connection, "a"), rows.add_package(connection, "b")
        ids = {
            version: rows.add_version(connection, package, version)
            for version in ("1.0.0", "2.0.0", "3.0.0-rc.1")
        }
        rows.add_edge(connection, source, "b", (package, ids[resolved]), resolved_version=resolved)
        assert self.edge(connection, source).is_outdated is outdated

    def test_unresolved_says_why(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        rows.add_edge(connection, source, "b", resolved_version=UNRESOLVED, resolution_error="none")
        edge = self.edge(connection, source)
        assert (edge.is_unresolved, edge.is_missing, edge.is_external) == (True, False, False)
        assert edge.resolution_error == "none"

    @pytest.mark.parametrize("specifier", ["git+https://host/a.git", "github:a/b", "file:../b"])
    def test_a_specifier_that_is_its_own_resolution_is_not_missing(
        self, connection: Connection, specifier: str
    ) -> None:
        source = rows.add_release(connection, "a")
        rows.add_edge(connection, source, "b", resolved_version=specifier)
        edge = self.edge(connection, source)
        assert (edge.is_external, edge.is_missing, edge.is_unresolved) == (True, False, False)

    def test_a_chosen_version_that_is_not_here_is_missing(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        rows.add_edge(connection, source, "b")
        rows.add_edge(
            connection, source, "debian", resolved_version="1:2.3-4", dependency_registry="apt"
        )
        assert [edge.is_missing for edge in edges_of(connection, source[1])] == [True, True]

    def test_a_deleted_target_is_missing_and_nothing_of_it_shows(
        self, connection: Connection
    ) -> None:
        source, package = rows.add_release(connection, "a"), rows.add_package(connection, "b")
        target = (package, rows.add_version(connection, package, is_yanked=True))
        rows.add_version(connection, package, "2.0.0")
        rows.add_edge(connection, target, "c")
        rows.add_edge(connection, source, "b", target)
        soft_delete(connection, package)
        edge = self.edge(connection, source)
        assert (edge.package_id, edge.resolved_version_id, edge.is_missing) == (None, None, True)
        assert (edge.is_yanked, edge.is_loaded, edge.is_outdated, edge.child_count) == (
            False, False, False, 0,
        )  # fmt: skip


class TestDependents:
    NAMES = ("zlib wrapper", "@Scope/odd name", "%_\\", "日本 語", "a", "A", "B", "😀 x y")

    def fill(self, connection: Connection) -> UUID:
        target = rows.add_release(connection, "target")
        for name in self.NAMES:
            package = rows.add_package(connection, name)
            for version in ("1.0.0", "1.10.0", "1.9.0"):
                source = (package, rows.add_version(connection, package, version))
                rows.add_edge(connection, source, "target", target)
                rows.add_edge(connection, source, "target", target, dependency_type="dev")
        developing = rows.add_release(connection, "A develops")
        rows.add_edge(connection, developing, "target", target, dependency_type="dev")
        return target[0]

    @pytest.mark.parametrize("limit", [1, 5, 8, 9])
    def test_pages_are_complete_and_repeat_nothing(
        self, connection: Connection, limit: int
    ) -> None:
        target = self.fill(connection)
        whole = dependents_page(connection, target, limit=1_000)
        found: list[Dependent] = []
        cursor = None
        while True:
            page = dependents_page(connection, target, after=cursor, limit=limit)
            found += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
            assert page.rows
            assert len(found) <= len(whole.rows)
        assert found == list(whole.rows)
        assert len(found) == len(self.NAMES) + 1

    def test_each_once_by_folded_name_development_last(self, connection: Connection) -> None:
        page = dependents_page(connection, self.fill(connection))
        order = [row.name for row in page.rows]
        assert [name for name in order if name in {"a", "A", "B"}][-1] == "B"
        assert (order[-1], page.rows[-1].use) == ("A develops", "dev")
        (one,) = (row for row in page.rows if row.name == "B")
        assert (one.version, one.use, one.other_versions) == ("1.10.0", "runtime", 2)

    def test_a_row_says_all_a_screen_shows(self, connection: Connection) -> None:
        target, source = rows.add_release(connection, "b"), rows.add_release(connection, "a")
        rows.add_edge(connection, source, "b", target)
        (row,) = dependents_page(connection, target[0]).rows
        assert (row.package_id, row.version_id) == source
        assert (row.registry, row.name, row.version) == ("npm", "a", "1.0.0")
        assert (row.range, row.resolved_version, row.type) == ("^1.0.0", "1.0.0", "runtime")
        assert (row.use, row.other_versions) == ("runtime", 0)

    def test_deleted_dependents_are_nowhere(self, connection: Connection) -> None:
        target, source = rows.add_release(connection, "b"), rows.add_release(connection, "a")
        rows.add_edge(connection, source, "b", target)
        soft_delete(connection, source[0])
        assert dependents_page(connection, target[0]) == DependentPage((), None)

    @pytest.mark.parametrize(
        "cursor", ["", "a", "a b c", "7 name", "dep", "dep 7", "dep ² x", "x 7 y"]
    )
    def test_a_cursor_from_elsewhere_is_refused(self, connection: Connection, cursor: str) -> None:
        with pytest.raises(UsageError, match="not from this list"):
            dependents_page(connection, uuid7(), after=cursor)
