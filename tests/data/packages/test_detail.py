"""One package: its header, its latest version, its versions, its tags."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, update

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.tags.reading import list_tags, tags_of
from tgtui.data.versions.listing import find_version, version_row, versions_page
from tgtui.data.views.packages import PackageDetail

pytestmark = pytest.mark.full_on("postgresql")


def detail(connection: Connection, package: UUID) -> PackageDetail:
    found = package_detail(connection, package)
    assert found is not None
    return found


def latest(connection: Connection, package: UUID) -> str | None:
    version = detail(connection, package).latest
    return version.version if version else None


def soft_delete(connection: Connection, package: UUID) -> None:
    statement = update(tables.packages).where(tables.packages.c.id == package)
    connection.execute(statement.values(deleted_at=rows.DAY_ONE))


class TestLatest:
    def test_the_dist_tag_decides_though_it_is_not_the_highest(
        self, connection: Connection
    ) -> None:
        package = rows.add_package(connection, "a")
        for version in ("1.0.0", "2.0.0", "3.0.0-beta.1"):
            rows.add_version(connection, package, version)
        rows.add_dist_tag(connection, package, "2.0.0", tag="next")
        rows.add_dist_tag(connection, package, "1.0.0")
        assert latest(connection, package) == "1.0.0"

    def test_without_it_the_highest_neither_yanked_nor_prerelease(
        self, connection: Connection
    ) -> None:
        package = rows.add_package(connection, "a")
        for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
            rows.add_version(connection, package, version)
        rows.add_version(connection, package, "1.11.0", is_yanked=True)
        assert latest(connection, package) == "1.10.0"

    def test_else_the_highest(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        rows.add_version(connection, package, "1.0.0", is_yanked=True)
        rows.add_version(connection, package, "2.0.0-rc.2")
        rows.add_version(connection, package, "2.0.0-rc.10")
        assert latest(connection, package) == "2.0.0-rc.10"

    def test_a_dist_tag_of_a_version_that_is_not_there_decides_nothing(
        self, connection: Connection
    ) -> None:
        package, other = rows.add_package(connection, "a"), rows.add_package(connection, "b")
        rows.add_version(connection, package, "1.0.0")
        rows.add_version(connection, other, "9.0.0")
        rows.add_dist_tag(connection, package, "9.0.0")
        assert latest(connection, package) == "1.0.0"

    def test_a_package_without_versions_has_none(self, connection: Connection) -> None:
        assert latest(connection, rows.add_package(connection, "a")) is None


class TestDetail:
    def test_a_header_says_all_a_screen_shows(self, connection: Connection) -> None:
        package = rows.add_package(
            connection,
            "@a/b",
            description="d",
            homepage="h",
            repository="r",
            last_fetch_attempt=rows.DAY_ONE + timedelta(hours=1),
        )
        rows.add_version(connection, package, "1.0.0")
        rows.add_version(connection, package, "2.0.0")
        tag = rows.add_tag(connection)
        rows.add_package_tag(connection, package, tag, rows.add_account(connection))
        rows.add_request(connection, "@a/b", status="failed")
        newest = rows.add_request(connection, "@a/b", status="completed")
        shown = detail(connection, package)
        assert (shown.id, shown.registry, shown.name) == (package, "npm", "@a/b")
        assert (shown.description, shown.homepage, shown.repository) == ("d", "h", "r")
        assert (shown.state, shown.version_count, shown.dependent_count) == ("ready", 2, 0)
        assert shown.fetched_at == rows.DAY_ONE
        assert shown.last_attempt_at == rows.DAY_ONE + timedelta(hours=1)
        assert [label.slug for label in shown.tags] == ["database"]
        assert shown.request is not None
        assert shown.request.id == newest

    def test_a_package_that_is_deleted_or_gone_has_none(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a", deleted_at=rows.DAY_ONE)
        assert package_detail(connection, package) is None
        assert package_detail(connection, uuid7()) is None

    def test_a_package_known_by_name_shows_its_request(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a", last_fetch_success=None)
        assert detail(connection, package).state == "unknown"
        rows.add_request(connection, "a")
        assert detail(connection, package).state == "queued"

    def test_dependents_are_packages_not_edges_and_none_is_deleted(
        self, connection: Connection
    ) -> None:
        target = rows.add_release(connection, "target")
        many, gone = rows.add_package(connection, "many"), rows.add_release(connection, "gone")
        for version in ("1.0.0", "2.0.0"):
            source = (many, rows.add_version(connection, many, version))
            rows.add_edge(connection, source, "target", target)
            rows.add_edge(connection, source, "target", target, dependency_type="dev")
        rows.add_edge(connection, gone, "target", target)
        assert detail(connection, target[0]).dependent_count == 2
        soft_delete(connection, gone[0])
        assert detail(connection, target[0]).dependent_count == 1


class TestFinding:
    def test_a_package_by_its_exact_name(self, connection: Connection) -> None:
        hono = rows.add_package(connection, "hono")
        upper = rows.add_package(connection, "Hono")
        assert find_package(connection, "npm", "hono") == hono
        assert find_package(connection, "npm", "Hono") == upper
        assert find_package(connection, "jsr", "hono") is None

    def test_a_deleted_package_is_not_found(self, connection: Connection) -> None:
        rows.add_package(connection, "hono", deleted_at=rows.DAY_ONE)
        assert find_package(connection, "npm", "hono") is None

    def test_a_version_by_its_text_or_a_dist_tag(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        first = rows.add_version(connection, package, "1.0.0")
        second = rows.add_version(connection, package, "2.0.0")
        rows.add_dist_tag(connection, package, "1.0.0", tag="legacy")
        for wanted, expected in (("1.0.0", first), ("2.0.0", second), ("legacy", first)):
            found = find_version(connection, package, wanted)
            assert found is not None
            assert found.id == expected
        assert find_version(connection, package, "3.0.0") is None

    def test_a_version_that_is_called_like_a_dist_tag_wins(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        exact = rows.add_version(connection, package, "1.0.0")
        rows.add_version(connection, package, "2.0.0")
        rows.add_dist_tag(connection, package, "2.0.0", tag="1.0.0")
        found = find_version(connection, package, "1.0.0")
        assert found is not None
        assert found.id == exact


class TestVersions:
    def test_newest_first_in_the_ecosystems_order(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        for version in ("1.10.0", "2.0.0-rc.1", "1.9.0", "2.0.0"):
            rows.add_version(connection, package, version)
        page = versions_page(connection, package)
        assert [row.version for row in page.rows] == ["2.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0"]
        assert page.next_cursor is None

    @pytest.mark.parametrize("limit", [1, 2, 5, 6])
    def test_pages_are_complete_while_newer_versions_arrive(
        self, connection: Connection, limit: int
    ) -> None:
        package = rows.add_package(connection, "a")
        for minor in range(5):
            rows.add_version(connection, package, f"1.{minor}.0")
        found: list[str] = []
        cursor = None
        for number in range(10):
            page = versions_page(connection, package, after=cursor, limit=limit)
            found += [row.version for row in page.rows]
            assert len(page.rows) <= limit
            cursor = page.next_cursor
            if cursor is None:
                break
            rows.add_version(connection, package, f"2.{number}.0")
        assert found == ["1.4.0", "1.3.0", "1.2.0", "1.1.0", "1.0.0"]

    def test_a_row_says_all_a_screen_shows(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        id = rows.add_version(
            connection, package, "2.0.0-rc.1", is_yanked=True, yank_message="broken",
            dependencies_fetched_at=None,
        )  # fmt: skip
        rows.add_dist_tag(connection, package, "2.0.0-rc.1", tag="next")
        rows.add_dist_tag(connection, package, "2.0.0-rc.1", tag="beta")
        row = version_row(connection, id)
        assert row is not None
        assert (row.id, row.package_id, row.version) == (id, package, "2.0.0-rc.1")
        assert (row.is_prerelease, row.is_yanked, row.yank_message) == (True, True, "broken")
        assert (row.dist_tags, row.dependencies_loaded) == (("beta", "next"), False)
        assert row.published_at == rows.DAY_ONE
        assert version_row(connection, uuid7()) is None


class TestTags:
    def test_tags_of_several_packages_by_name(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        a, b = rows.add_package(connection, "a"), rows.add_package(connection, "b")
        web, data = rows.add_tag(connection, "web"), rows.add_tag(connection, "data")
        gone = rows.add_tag(connection, "gone", deleted_at=rows.DAY_ONE)
        for tag in (web, data, gone):
            rows.add_package_tag(connection, a, tag, account)
        labels = tags_of(connection, [a, b])
        assert [label.slug for label in labels[a]] == ["data", "web"]
        assert b not in labels

    def test_every_tag_with_its_packages_counted(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        web, empty = rows.add_tag(connection, "web"), rows.add_tag(connection, "empty")
        rows.add_tag(connection, "gone", deleted_at=rows.DAY_ONE)
        for name, deleted in (("a", None), ("b", None), ("c", rows.DAY_ONE)):
            package = rows.add_package(connection, name, deleted_at=deleted)
            rows.add_package_tag(connection, package, web, account)
        assert [(tag.id, tag.packages) for tag in list_tags(connection)] == [(empty, 0), (web, 2)]
