"""The specification's own test list: duplicates refused, cascades as written, checks enforced, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models.base import METADATA
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import READERS

Build = Callable[[Connection], Any]


@contextmanager
def refused(connection: Connection, because: str) -> Iterator[None]:
    """The database itself refuses, for the reason meant; the transaction goes on."""
    with pytest.raises(IntegrityError, match=because), connection.begin_nested():
        yield


def table(name: str) -> Table:
    return METADATA.tables[name]


def remove(connection: Connection, name: str, id: UUID) -> None:
    connection.execute(delete(table(name)).where(table(name).c.id == id))


def value(connection: Connection, name: str, column: str, id: UUID) -> Any:
    """The column of the one row, which must exist."""
    return connection.execute(
        select(table(name).c[column]).where(table(name).c.id == id)
    ).scalar_one()


def exists(connection: Connection, name: str, id: UUID) -> bool:
    return connection.scalar(select(table(name).c.id).where(table(name).c.id == id)) is not None


class TestDuplicatesAreRefused:
    """Each unique constraint, by inserting the same row twice under another key."""

    def twice(self, connection: Connection, build: Build) -> None:
        build(connection)
        with refused(connection, "(?i)unique"):
            build(connection)

    def test_package_of_a_registry(self, connection: Connection) -> None:
        self.twice(connection, lambda s: rows.add_package(s, "hono"))
        rows.add_package(connection, "hono", registry="jsr")
        rows.add_package(connection, "Hono")

    def test_version_of_a_package(self, connection: Connection) -> None:
        package, other = rows.add_package(connection, "a"), rows.add_package(connection, "b")
        self.twice(connection, lambda s: rows.add_version(s, package))
        rows.add_version(connection, other)

    def test_dist_tag_of_a_package(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        self.twice(connection, lambda s: rows.add_dist_tag(s, package, "1.0.0"))

    def test_name_of_a_tag(self, connection: Connection) -> None:
        rows.add_tag(connection, "web", name="Web")
        with refused(connection, "(?i)unique.*name"):
            rows.add_tag(connection, "other", name="Web")

    def test_slug_of_a_tag(self, connection: Connection) -> None:
        rows.add_tag(connection, "web", name="Web")
        with refused(connection, "(?i)unique.*slug"):
            rows.add_tag(connection, "web", name="Other")

    def test_name_of_a_deleted_tag(self, connection: Connection) -> None:
        self.twice(connection, lambda s: rows.add_tag(s, deleted_at=rows.DAY_ONE))

    def test_tag_on_a_package(self, connection: Connection) -> None:
        package, tag = rows.add_package(connection, "a"), rows.add_tag(connection)
        account = rows.add_account(connection)
        self.twice(connection, lambda s: rows.add_package_tag(s, package, tag, account))

    def test_account_of_a_provider(self, connection: Connection) -> None:
        self.twice(connection, lambda s: rows.add_account(s, "ada"))
        rows.add_account(connection, "ada", issuer="https://login.example")

    def test_member_of_a_chain(self, connection: Connection) -> None:
        chain, request = rows.add_chain(connection), rows.add_request(connection)
        self.twice(connection, lambda s: rows.add_member(s, chain, request))

    def test_interaction_of_an_account_on_one_day(self, connection: Connection) -> None:
        package, account = rows.add_package(connection, "a"), rows.add_account(connection)
        self.twice(connection, lambda s: rows.add_interaction(s, package, account_id=account))

    @pytest.mark.parametrize("first", ["pending", "fetching"])
    @pytest.mark.parametrize("second", ["pending", "fetching"])
    def test_active_request(self, connection: Connection, first: str, second: str) -> None:
        rows.add_request(connection, status=first)
        with refused(connection, "(?i)unique"):
            rows.add_request(connection, status=second)

    def test_ended_request_that_becomes_active_again(self, connection: Connection) -> None:
        ended = rows.add_request(connection, status="failed")
        rows.add_request(connection)
        requests = table("package_requests")
        with refused(connection, "(?i)unique"):
            connection.execute(
                update(requests).where(requests.c.id == ended).values(status="pending")
            )

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_but_ended_requests_pile_up(self, connection: Connection, status: str) -> None:
        for state in (status, status, "pending"):
            rows.add_request(connection, status=state)

    def test_but_anonymous_interactions_pile_up(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        rows.add_interaction(connection, package)
        rows.add_interaction(connection, package)


class TestDeletingCascades:
    """Every foreign key that says CASCADE."""

    def gone_with(
        self, connection: Connection, parent: tuple[str, UUID], child: tuple[str, UUID]
    ) -> None:
        assert exists(connection, *child)
        remove(connection, *parent)
        assert not exists(connection, *child)

    def test_package_takes_its_versions_and_dist_tags(self, connection: Connection) -> None:
        package, version = rows.add_release(connection, "a")
        tag = rows.add_dist_tag(connection, package, "1.0.0")
        self.gone_with(connection, ("packages", package), ("package_versions", version))
        assert not exists(connection, "package_dist_tags", tag)

    def test_package_takes_its_edges(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        edge = rows.add_edge(connection, source)
        self.gone_with(connection, ("packages", source[0]), ("package_dependencies", edge))

    def test_version_takes_its_edges(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        edge = rows.add_edge(connection, source)
        self.gone_with(connection, ("package_versions", source[1]), ("package_dependencies", edge))

    @pytest.mark.parametrize("parent", ["packages", "tags", "account"])
    def test_package_tag_goes_with_any_of_its_ends(
        self, connection: Connection, parent: str
    ) -> None:
        ends = {
            "packages": rows.add_package(connection, "a"),
            "tags": rows.add_tag(connection),
            "account": rows.add_account(connection),
        }
        assigned = rows.add_package_tag(connection, *ends.values())
        self.gone_with(connection, (parent, ends[parent]), ("package_tags", assigned))

    def test_package_takes_its_interactions(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        seen = rows.add_interaction(connection, package)
        self.gone_with(connection, ("packages", package), ("package_interactions", seen))

    @pytest.mark.parametrize("parent", ["package_requests", "package_request_chains"])
    def test_member_goes_with_the_request_or_the_chain(
        self, connection: Connection, parent: str
    ) -> None:
        ends = {
            "package_request_chains": rows.add_chain(connection),
            "package_requests": rows.add_request(connection),
        }
        member = rows.add_member(connection, *ends.values())
        self.gone_with(connection, (parent, ends[parent]), ("package_request_members", member))


class TestDeletingKeepsHistory:
    """Every foreign key that says SET NULL, and the two that refuse."""

    def test_edge_outlives_the_package_it_points_to(self, connection: Connection) -> None:
        source, target = rows.add_release(connection, "a"), rows.add_release(connection, "b")
        edge = rows.add_edge(connection, source, "b", target)
        remove(connection, "packages", target[0])
        assert value(connection, "package_dependencies", "dependency_package_id", edge) is None
        assert value(connection, "package_dependencies", "resolved_version_id", edge) is None
        assert value(connection, "package_dependencies", "dependency_name", edge) == "b"

    def test_edge_outlives_the_version_it_resolved_to(self, connection: Connection) -> None:
        source, target = rows.add_release(connection, "a"), rows.add_release(connection, "b")
        edge = rows.add_edge(connection, source, "b", target)
        remove(connection, "package_versions", target[1])
        assert value(connection, "package_dependencies", "dependency_package_id", edge) == target[0]
        assert value(connection, "package_dependencies", "resolved_version_id", edge) is None
        assert value(connection, "package_dependencies", "resolved_version", edge) == "1.0.0"

    @pytest.mark.parametrize(
        ("column", "parent", "build"),
        [
            ("requested_by", "account", rows.add_account),
            ("package_id", "packages", lambda s: rows.add_package(s, "express")),
            ("source_request_id", "package_requests", lambda s: rows.add_request(s, "a")),
        ],
    )
    def test_request_outlives(
        self, connection: Connection, column: str, parent: str, build: Build
    ) -> None:
        end = build(connection)
        request = rows.add_request(connection, "express", **{column: end})
        assert value(connection, "package_requests", column, request) == end
        remove(connection, parent, end)
        assert value(connection, "package_requests", column, request) is None

    def test_chain_outlives_its_account(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        chain = rows.add_chain(connection, requested_by=account)
        remove(connection, "account", account)
        assert value(connection, "package_request_chains", "requested_by", chain) is None

    def test_interaction_outlives_its_account(self, connection: Connection) -> None:
        package, account = rows.add_package(connection, "a"), rows.add_account(connection)
        seen = rows.add_interaction(connection, package, account_id=account)
        remove(connection, "account", account)
        assert value(connection, "package_interactions", "account_id", seen) is None

    def test_account_that_deleted_something_stays(self, connection: Connection) -> None:
        for name, build in (("ada", "package"), ("bob", "tag")):
            account = rows.add_account(connection, name)
            deleted: dict[str, Any] = {"deleted_by": account, "deleted_at": rows.DAY_ONE}
            if build == "package":
                rows.add_package(connection, "a", **deleted)
            else:
                rows.add_tag(connection, **deleted)
            with refused(connection, "(?i)foreign key"):
                remove(connection, "account", account)


class TestReferencesMustExist:
    """Foreign keys are off in SQLite unless each connection turns them on."""

    def test_on_every_connection_of_the_pool(self, database: Database) -> None:
        with ExitStack() as stack:
            everyone = [stack.enter_context(database.engine.connect()) for _ in range(READERS + 1)]
            for each in everyone:
                with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
                    rows.add_version(each, uuid7())
                each.rollback()

    def test_sqlite_says_they_are_on(self, database: Database, connection: Connection) -> None:
        if database.is_sqlite:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        else:
            assert connection.scalar(text("SHOW session_replication_role")) == "origin"


class TestChecksAreEnforced:
    """Each check refuses a value that is not in its list, and the empty one."""

    @pytest.mark.parametrize("wrong", ["cran", "NPM", ""])
    def test_registry_of_a_package(self, connection: Connection, wrong: str) -> None:
        with refused(connection, "(?i)check"):
            rows.add_package(connection, "a", wrong)

    @pytest.mark.parametrize("wrong", ["cran", "NPM", ""])
    def test_registry_of_a_request(self, connection: Connection, wrong: str) -> None:
        with refused(connection, "(?i)check"):
            rows.add_request(connection, registry=wrong)

    @pytest.mark.parametrize("wrong", ["done", "Pending", ""])
    def test_status_of_a_request(self, connection: Connection, wrong: str) -> None:
        with refused(connection, "(?i)check"):
            rows.add_request(connection, status=wrong)

    @pytest.mark.parametrize("wrong", ["build", ""])
    def test_type_of_an_edge(self, connection: Connection, wrong: str) -> None:
        source = rows.add_release(connection, "a")
        with refused(connection, "(?i)check"):
            rows.add_edge(connection, source, dependency_type=wrong)

    def test_registry_of_an_edge(self, connection: Connection) -> None:
        source = rows.add_release(connection, "a")
        with refused(connection, "(?i)check"):
            rows.add_edge(connection, source, dependency_registry="cran")

    def test_kind_of_an_interaction(self, connection: Connection) -> None:
        package = rows.add_package(connection, "a")
        with refused(connection, "(?i)check"):
            rows.add_interaction(connection, package, kind="download")

    @pytest.mark.parametrize("registry", ["npm", "jsr", "brew", "apt", "pypi"])
    def test_every_registry_is_admitted(self, connection: Connection, registry: str) -> None:
        package, version = rows.add_release(connection, "a", registry=registry)
        rows.add_edge(connection, (package, version), dependency_registry=registry)
        rows.add_request(connection, registry=registry)


ADVISORY_TABLES = sorted(name for name in METADATA.tables if name.startswith("advisor"))
DERIVED = {"package_search", "package_search_stale"}
"""Triggers write these."""


@pytest.mark.parametrize("name", sorted(METADATA.tables.keys() - DERIVED))
def test_required_columns_may_not_be_null(connection: Connection, name: str) -> None:
    package, version = rows.add_release(connection, "a")
    account, tag = rows.add_account(connection), rows.add_tag(connection)
    request = rows.add_request(connection)
    build: dict[str, Callable[..., UUID]] = {
        "account": lambda: rows.add_account(connection, "bob"),
        "packages": lambda: rows.add_package(connection, "b"),
        "package_versions": lambda: rows.add_version(connection, package, "2.0.0"),
        "package_dist_tags": lambda: rows.add_dist_tag(connection, package, "1.0.0"),
        "package_dependencies": lambda: rows.add_edge(connection, (package, version)),
        "package_requests": lambda: rows.add_request(connection, "b"),
        "package_request_chains": lambda: rows.add_chain(connection),
        "package_request_members": lambda: rows.add_member(
            connection, rows.add_chain(connection), request
        ),
        "tags": lambda: rows.add_tag(connection, "web"),
        "package_tags": lambda: rows.add_package_tag(connection, package, tag, account),
        "package_interactions": lambda: rows.add_interaction(connection, package),
        "registry_outages": lambda: rows.add_outage(connection),
        "saved_searches": lambda: rows.add_saved_search(connection, account),
        "cross_registry_links": lambda: rows.add_software(connection, package),
        "registry_imports": lambda: rows.add_import(connection),
        "worker_signs": lambda: rows.add_sign(connection),
        "package_watches": lambda: rows.add_watch(connection, account, package),
        "package_comparisons": lambda: rows.add_comparison(connection, account),
        "projects": lambda: rows.add_project(connection, account),
        "project_packages": lambda: rows.add_project_package(connection, account),
        "project_dependencies": lambda: rows.add_project_dependency(connection, account),
        "project_edges": lambda: rows.add_project_edge(connection, account),
        "package_facts": lambda: rows.add_facts(connection, version),
        "package_environments": lambda: rows.add_environment(connection, version),
        "catalogue_settings": lambda: rows.add_setting(connection),
        "package_environment_members": lambda: rows.add_environment_member(
            connection, rows.add_environment(connection, version), "a"
        ),
        "search_licences": lambda: rows.add_search_licence(connection),
        "insight_results": lambda: rows.add_result(connection),
        "insight_refreshes": lambda: rows.add_refresh(connection),
        "package_measures": lambda: rows.add_measure(connection, package),
        "package_use_weeks": lambda: rows.add_use_week(connection, package),
    }
    for part in ADVISORY_TABLES:
        build[part] = partial(rows.add_advisory_part, connection, part, package, version)
    id = build[name]()
    row = connection.execute(select(table(name)).where(table(name).c.id == id)).one()._asdict()
    remove(connection, name, id)
    required = [column.name for column in table(name).columns if not column.nullable]
    for column in required:
        with refused(connection, "(?i)not.null"):
            connection.execute(insert(table(name)), {**row, column: None})
    connection.execute(insert(table(name)), row)
