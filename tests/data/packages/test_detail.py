"""One package: its header, its latest version, its versions, its tags."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models import tables
from tgtui.data.packages.detail import find_package, package_detail
from tgtui.data.tags.reading import list_tags, tags_of
from tgtui.data.versions.listing import find_version, version_row, versions_page
from tgtui.data.views.packages import PackageDetail

pytestmark = pytest.mark.full_on("postgresql")


def detail(session: Session, package: UUID) -> PackageDetail:
    found = package_detail(session, package)
    assert found is not None
    return found


def latest(session: Session, package: UUID) -> str | None:
    version = detail(session, package).latest
    return version.version if version else None


def soft_delete(session: Session, package: UUID) -> None:
    statement = update(tables.Package).where(tables.Package.id == package)
    session.execute(statement.values(deleted_at=rows.DAY_ONE))


class TestLatest:
    def test_the_dist_tag_decides_though_it_is_not_the_highest(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        for version in ("1.0.0", "2.0.0", "3.0.0-beta.1"):
            rows.add_version(session, package, version)
        rows.add_dist_tag(session, package, "2.0.0", tag="next")
        rows.add_dist_tag(session, package, "1.0.0")
        assert latest(session, package) == "1.0.0"

    def test_without_it_the_highest_neither_yanked_nor_prerelease(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
            rows.add_version(session, package, version)
        rows.add_version(session, package, "1.11.0", is_yanked=True)
        assert latest(session, package) == "1.10.0"

    def test_else_the_highest(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        rows.add_version(session, package, "1.0.0", is_yanked=True)
        rows.add_version(session, package, "2.0.0-rc.2")
        rows.add_version(session, package, "2.0.0-rc.10")
        assert latest(session, package) == "2.0.0-rc.10"

    def test_a_dist_tag_of_a_version_that_is_not_there_decides_nothing(
        self, session: Session
    ) -> None:
        package, other = rows.add_package(session, "a"), rows.add_package(session, "b")
        rows.add_version(session, package, "1.0.0")
        rows.add_version(session, other, "9.0.0")
        rows.add_dist_tag(session, package, "9.0.0")
        assert latest(session, package) == "1.0.0"

    def test_a_package_without_versions_has_none(self, session: Session) -> None:
        assert latest(session, rows.add_package(session, "a")) is None


class TestDetail:
    def test_a_header_says_all_a_screen_shows(self, session: Session) -> None:
        package = rows.add_package(
            session,
            "@a/b",
            description="d",
            homepage="h",
            repository="r",
            last_fetch_attempt=rows.DAY_ONE + timedelta(hours=1),
        )
        rows.add_version(session, package, "1.0.0")
        rows.add_version(session, package, "2.0.0")
        tag = rows.add_tag(session)
        rows.add_package_tag(session, package, tag, rows.add_account(session))
        rows.add_request(session, "@a/b", status="failed")
        newest = rows.add_request(session, "@a/b", status="completed")
        shown = detail(session, package)
        assert (shown.id, shown.registry, shown.name) == (package, "npm", "@a/b")
        assert (shown.description, shown.homepage, shown.repository) == ("d", "h", "r")
        assert (shown.state, shown.version_count, shown.dependent_count) == ("ready", 2, 0)
        assert shown.fetched_at == rows.DAY_ONE
        assert shown.last_attempt_at == rows.DAY_ONE + timedelta(hours=1)
        assert [label.slug for label in shown.tags] == ["database"]
        assert shown.request is not None
        assert shown.request.id == newest

    def test_a_package_that_is_deleted_or_gone_has_none(self, session: Session) -> None:
        package = rows.add_package(session, "a", deleted_at=rows.DAY_ONE)
        assert package_detail(session, package) is None
        assert package_detail(session, uuid7()) is None

    def test_a_package_known_by_name_shows_its_request(self, session: Session) -> None:
        package = rows.add_package(session, "a", last_fetch_success=None)
        assert detail(session, package).state == "unknown"
        rows.add_request(session, "a")
        assert detail(session, package).state == "queued"

    def test_dependents_are_packages_not_edges_and_none_is_deleted(self, session: Session) -> None:
        target = rows.add_release(session, "target")
        many, gone = rows.add_package(session, "many"), rows.add_release(session, "gone")
        for version in ("1.0.0", "2.0.0"):
            source = (many, rows.add_version(session, many, version))
            rows.add_edge(session, source, "target", target)
            rows.add_edge(session, source, "target", target, dependency_type="dev")
        rows.add_edge(session, gone, "target", target)
        assert detail(session, target[0]).dependent_count == 2
        soft_delete(session, gone[0])
        assert detail(session, target[0]).dependent_count == 1


class TestFinding:
    def test_a_package_by_its_exact_name(self, session: Session) -> None:
        hono = rows.add_package(session, "hono")
        upper = rows.add_package(session, "Hono")
        assert find_package(session, "npm", "hono") == hono
        assert find_package(session, "npm", "Hono") == upper
        assert find_package(session, "jsr", "hono") is None

    def test_a_deleted_package_is_not_found(self, session: Session) -> None:
        rows.add_package(session, "hono", deleted_at=rows.DAY_ONE)
        assert find_package(session, "npm", "hono") is None

    def test_a_version_by_its_text_or_a_dist_tag(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        first = rows.add_version(session, package, "1.0.0")
        second = rows.add_version(session, package, "2.0.0")
        rows.add_dist_tag(session, package, "1.0.0", tag="legacy")
        for wanted, expected in (("1.0.0", first), ("2.0.0", second), ("legacy", first)):
            found = find_version(session, package, wanted)
            assert found is not None
            assert found.id == expected
        assert find_version(session, package, "3.0.0") is None

    def test_a_version_that_is_called_like_a_dist_tag_wins(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        exact = rows.add_version(session, package, "1.0.0")
        rows.add_version(session, package, "2.0.0")
        rows.add_dist_tag(session, package, "2.0.0", tag="1.0.0")
        found = find_version(session, package, "1.0.0")
        assert found is not None
        assert found.id == exact


class TestVersions:
    def test_newest_first_in_the_ecosystems_order(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        for version in ("1.10.0", "2.0.0-rc.1", "1.9.0", "2.0.0"):
            rows.add_version(session, package, version)
        page = versions_page(session, package)
        assert [row.version for row in page.rows] == ["2.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0"]
        assert page.next_cursor is None

    @pytest.mark.parametrize("limit", [1, 2, 5, 6])
    def test_pages_are_complete_while_newer_versions_arrive(
        self, session: Session, limit: int
    ) -> None:
        package = rows.add_package(session, "a")
        for minor in range(5):
            rows.add_version(session, package, f"1.{minor}.0")
        found: list[str] = []
        cursor = None
        for number in range(10):
            page = versions_page(session, package, after=cursor, limit=limit)
            found += [row.version for row in page.rows]
            assert len(page.rows) <= limit
            cursor = page.next_cursor
            if cursor is None:
                break
            rows.add_version(session, package, f"2.{number}.0")
        assert found == ["1.4.0", "1.3.0", "1.2.0", "1.1.0", "1.0.0"]

    def test_a_row_says_all_a_screen_shows(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        id = rows.add_version(
            session, package, "2.0.0-rc.1", is_yanked=True, yank_message="broken",
            dependencies_fetched_at=None,
        )  # fmt: skip
        rows.add_dist_tag(session, package, "2.0.0-rc.1", tag="next")
        rows.add_dist_tag(session, package, "2.0.0-rc.1", tag="beta")
        row = version_row(session, id)
        assert row is not None
        assert (row.id, row.package_id, row.version) == (id, package, "2.0.0-rc.1")
        assert (row.is_prerelease, row.is_yanked, row.yank_message) == (True, True, "broken")
        assert (row.dist_tags, row.dependencies_loaded) == (("beta", "next"), False)
        assert row.published_at == rows.DAY_ONE
        assert version_row(session, uuid7()) is None


class TestTags:
    def test_tags_of_several_packages_by_name(self, session: Session) -> None:
        account = rows.add_account(session)
        a, b = rows.add_package(session, "a"), rows.add_package(session, "b")
        web, data = rows.add_tag(session, "web"), rows.add_tag(session, "data")
        gone = rows.add_tag(session, "gone", deleted_at=rows.DAY_ONE)
        for tag in (web, data, gone):
            rows.add_package_tag(session, a, tag, account)
        labels = tags_of(session, [a, b])
        assert [label.slug for label in labels[a]] == ["data", "web"]
        assert b not in labels

    def test_every_tag_with_its_packages_counted(self, session: Session) -> None:
        account = rows.add_account(session)
        web, empty = rows.add_tag(session, "web"), rows.add_tag(session, "empty")
        rows.add_tag(session, "gone", deleted_at=rows.DAY_ONE)
        for name, deleted in (("a", None), ("b", None), ("c", rows.DAY_ONE)):
            package = rows.add_package(session, name, deleted_at=deleted)
            rows.add_package_tag(session, package, web, account)
        assert [(tag.id, tag.packages) for tag in list_tags(session)] == [(empty, 0), (web, 2)]
