"""The specification's own test list: duplicates refused, cascades as written, checks enforced, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.basics.ids import uuid7
from tgtui.data.models.base import Base
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import READERS

Build = Callable[[Session], Any]


@contextmanager
def refused(session: Session, because: str) -> Iterator[None]:
    """The database itself refuses, for the reason meant; the transaction goes on."""
    with pytest.raises(IntegrityError, match=because), session.begin_nested():
        yield


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def remove(session: Session, name: str, id: UUID) -> None:
    session.execute(delete(table(name)).where(table(name).c.id == id))


def value(session: Session, name: str, column: str, id: UUID) -> Any:
    """The column of the one row, which must exist."""
    return session.execute(select(table(name).c[column]).where(table(name).c.id == id)).scalar_one()


def exists(session: Session, name: str, id: UUID) -> bool:
    return session.scalar(select(table(name).c.id).where(table(name).c.id == id)) is not None


class TestDuplicatesAreRefused:
    """Each unique constraint, by inserting the same row twice under another key."""

    def twice(self, session: Session, build: Build) -> None:
        build(session)
        with refused(session, "(?i)unique"):
            build(session)

    def test_package_of_a_registry(self, session: Session) -> None:
        self.twice(session, lambda s: rows.add_package(s, "hono"))
        rows.add_package(session, "hono", registry="jsr")
        rows.add_package(session, "Hono")

    def test_version_of_a_package(self, session: Session) -> None:
        package, other = rows.add_package(session, "a"), rows.add_package(session, "b")
        self.twice(session, lambda s: rows.add_version(s, package))
        rows.add_version(session, other)

    def test_dist_tag_of_a_package(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        self.twice(session, lambda s: rows.add_dist_tag(s, package, "1.0.0"))

    def test_name_of_a_tag(self, session: Session) -> None:
        rows.add_tag(session, "web", name="Web")
        with refused(session, "(?i)unique.*name"):
            rows.add_tag(session, "other", name="Web")

    def test_slug_of_a_tag(self, session: Session) -> None:
        rows.add_tag(session, "web", name="Web")
        with refused(session, "(?i)unique.*slug"):
            rows.add_tag(session, "web", name="Other")

    def test_name_of_a_deleted_tag(self, session: Session) -> None:
        self.twice(session, lambda s: rows.add_tag(s, deleted_at=rows.DAY_ONE))

    def test_tag_on_a_package(self, session: Session) -> None:
        package, tag = rows.add_package(session, "a"), rows.add_tag(session)
        account = rows.add_account(session)
        self.twice(session, lambda s: rows.add_package_tag(s, package, tag, account))

    def test_account_of_a_provider(self, session: Session) -> None:
        self.twice(session, lambda s: rows.add_account(s, "ada"))
        rows.add_account(session, "ada", issuer="https://login.example")

    def test_member_of_a_chain(self, session: Session) -> None:
        chain, request = rows.add_chain(session), rows.add_request(session)
        self.twice(session, lambda s: rows.add_member(s, chain, request))

    def test_interaction_of_an_account_on_one_day(self, session: Session) -> None:
        package, account = rows.add_package(session, "a"), rows.add_account(session)
        self.twice(session, lambda s: rows.add_interaction(s, package, account_id=account))

    @pytest.mark.parametrize("first", ["pending", "fetching"])
    @pytest.mark.parametrize("second", ["pending", "fetching"])
    def test_active_request(self, session: Session, first: str, second: str) -> None:
        rows.add_request(session, status=first)
        with refused(session, "(?i)unique"):
            rows.add_request(session, status=second)

    def test_ended_request_that_becomes_active_again(self, session: Session) -> None:
        ended = rows.add_request(session, status="failed")
        rows.add_request(session)
        requests = table("package_requests")
        with refused(session, "(?i)unique"):
            session.execute(update(requests).where(requests.c.id == ended).values(status="pending"))

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_but_ended_requests_pile_up(self, session: Session, status: str) -> None:
        for state in (status, status, "pending"):
            rows.add_request(session, status=state)

    def test_but_anonymous_interactions_pile_up(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        rows.add_interaction(session, package)
        rows.add_interaction(session, package)


class TestDeletingCascades:
    """Every foreign key that says CASCADE."""

    def gone_with(
        self, session: Session, parent: tuple[str, UUID], child: tuple[str, UUID]
    ) -> None:
        assert exists(session, *child)
        remove(session, *parent)
        assert not exists(session, *child)

    def test_package_takes_its_versions_and_dist_tags(self, session: Session) -> None:
        package, version = rows.add_release(session, "a")
        tag = rows.add_dist_tag(session, package, "1.0.0")
        self.gone_with(session, ("packages", package), ("package_versions", version))
        assert not exists(session, "package_dist_tags", tag)

    def test_package_takes_its_edges(self, session: Session) -> None:
        source = rows.add_release(session, "a")
        edge = rows.add_edge(session, source)
        self.gone_with(session, ("packages", source[0]), ("package_dependencies", edge))

    def test_version_takes_its_edges(self, session: Session) -> None:
        source = rows.add_release(session, "a")
        edge = rows.add_edge(session, source)
        self.gone_with(session, ("package_versions", source[1]), ("package_dependencies", edge))

    @pytest.mark.parametrize("parent", ["packages", "tags", "account"])
    def test_package_tag_goes_with_any_of_its_ends(self, session: Session, parent: str) -> None:
        ends = {
            "packages": rows.add_package(session, "a"),
            "tags": rows.add_tag(session),
            "account": rows.add_account(session),
        }
        assigned = rows.add_package_tag(session, *ends.values())
        self.gone_with(session, (parent, ends[parent]), ("package_tags", assigned))

    def test_package_takes_its_interactions(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        seen = rows.add_interaction(session, package)
        self.gone_with(session, ("packages", package), ("package_interactions", seen))

    @pytest.mark.parametrize("parent", ["package_requests", "package_request_chains"])
    def test_member_goes_with_the_request_or_the_chain(self, session: Session, parent: str) -> None:
        ends = {
            "package_request_chains": rows.add_chain(session),
            "package_requests": rows.add_request(session),
        }
        member = rows.add_member(session, *ends.values())
        self.gone_with(session, (parent, ends[parent]), ("package_request_members", member))


class TestDeletingKeepsHistory:
    """Every foreign key that says SET NULL, and the two that refuse."""

    def test_edge_outlives_the_package_it_points_to(self, session: Session) -> None:
        source, target = rows.add_release(session, "a"), rows.add_release(session, "b")
        edge = rows.add_edge(session, source, "b", target)
        remove(session, "packages", target[0])
        assert value(session, "package_dependencies", "dependency_package_id", edge) is None
        assert value(session, "package_dependencies", "resolved_version_id", edge) is None
        assert value(session, "package_dependencies", "dependency_name", edge) == "b"

    def test_edge_outlives_the_version_it_resolved_to(self, session: Session) -> None:
        source, target = rows.add_release(session, "a"), rows.add_release(session, "b")
        edge = rows.add_edge(session, source, "b", target)
        remove(session, "package_versions", target[1])
        assert value(session, "package_dependencies", "dependency_package_id", edge) == target[0]
        assert value(session, "package_dependencies", "resolved_version_id", edge) is None
        assert value(session, "package_dependencies", "resolved_version", edge) == "1.0.0"

    @pytest.mark.parametrize(
        ("column", "parent", "build"),
        [
            ("requested_by", "account", rows.add_account),
            ("package_id", "packages", lambda s: rows.add_package(s, "express")),
            ("source_request_id", "package_requests", lambda s: rows.add_request(s, "a")),
        ],
    )
    def test_request_outlives(
        self, session: Session, column: str, parent: str, build: Build
    ) -> None:
        end = build(session)
        request = rows.add_request(session, "express", **{column: end})
        assert value(session, "package_requests", column, request) == end
        remove(session, parent, end)
        assert value(session, "package_requests", column, request) is None

    def test_chain_outlives_its_account(self, session: Session) -> None:
        account = rows.add_account(session)
        chain = rows.add_chain(session, requested_by=account)
        remove(session, "account", account)
        assert value(session, "package_request_chains", "requested_by", chain) is None

    def test_interaction_outlives_its_account(self, session: Session) -> None:
        package, account = rows.add_package(session, "a"), rows.add_account(session)
        seen = rows.add_interaction(session, package, account_id=account)
        remove(session, "account", account)
        assert value(session, "package_interactions", "account_id", seen) is None

    def test_account_that_deleted_something_stays(self, session: Session) -> None:
        for name, build in (("ada", "package"), ("bob", "tag")):
            account = rows.add_account(session, name)
            deleted: dict[str, Any] = {"deleted_by": account, "deleted_at": rows.DAY_ONE}
            if build == "package":
                rows.add_package(session, "a", **deleted)
            else:
                rows.add_tag(session, **deleted)
            with refused(session, "(?i)foreign key"):
                remove(session, "account", account)


class TestReferencesMustExist:
    """Foreign keys are off in SQLite unless each connection turns them on."""

    def test_on_every_connection_of_the_pool(self, database: Database) -> None:
        with ExitStack() as stack:
            everyone = [stack.enter_context(Session(database.engine)) for _ in range(READERS + 1)]
            for each in everyone:
                each.connection()  # all of them hold one at once
            for each in everyone:
                with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
                    rows.add_version(each, uuid7())
                each.rollback()

    def test_sqlite_says_they_are_on(self, database: Database, session: Session) -> None:
        if database.is_sqlite:
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
        else:
            assert session.scalar(text("SHOW session_replication_role")) == "origin"


class TestChecksAreEnforced:
    """Each check refuses a value that is not in its list, and the empty one."""

    @pytest.mark.parametrize("wrong", ["pypi", "NPM", ""])
    def test_registry_of_a_package(self, session: Session, wrong: str) -> None:
        with refused(session, "(?i)check"):
            rows.add_package(session, "a", wrong)

    @pytest.mark.parametrize("wrong", ["pypi", "NPM", ""])
    def test_registry_of_a_request(self, session: Session, wrong: str) -> None:
        with refused(session, "(?i)check"):
            rows.add_request(session, registry=wrong)

    @pytest.mark.parametrize("wrong", ["done", "Pending", ""])
    def test_status_of_a_request(self, session: Session, wrong: str) -> None:
        with refused(session, "(?i)check"):
            rows.add_request(session, status=wrong)

    @pytest.mark.parametrize("wrong", ["build", ""])
    def test_type_of_an_edge(self, session: Session, wrong: str) -> None:
        source = rows.add_release(session, "a")
        with refused(session, "(?i)check"):
            rows.add_edge(session, source, dependency_type=wrong)

    def test_registry_of_an_edge(self, session: Session) -> None:
        source = rows.add_release(session, "a")
        with refused(session, "(?i)check"):
            rows.add_edge(session, source, dependency_registry="pypi")

    def test_kind_of_an_interaction(self, session: Session) -> None:
        package = rows.add_package(session, "a")
        with refused(session, "(?i)check"):
            rows.add_interaction(session, package, kind="download")

    @pytest.mark.parametrize("registry", ["npm", "jsr", "brew", "apt"])
    def test_every_registry_is_admitted(self, session: Session, registry: str) -> None:
        package, version = rows.add_release(session, "a", registry=registry)
        rows.add_edge(session, (package, version), dependency_registry=registry)
        rows.add_request(session, registry=registry)


DERIVED = {"package_search", "package_search_stale"}
"""Triggers write these."""


@pytest.mark.parametrize("name", sorted(Base.metadata.tables.keys() - DERIVED))
def test_required_columns_may_not_be_null(session: Session, name: str) -> None:
    package, version = rows.add_release(session, "a")
    account, tag = rows.add_account(session), rows.add_tag(session)
    request = rows.add_request(session)
    build: dict[str, Callable[..., UUID]] = {
        "account": lambda: rows.add_account(session, "bob"),
        "packages": lambda: rows.add_package(session, "b"),
        "package_versions": lambda: rows.add_version(session, package, "2.0.0"),
        "package_dist_tags": lambda: rows.add_dist_tag(session, package, "1.0.0"),
        "package_dependencies": lambda: rows.add_edge(session, (package, version)),
        "package_requests": lambda: rows.add_request(session, "b"),
        "package_request_chains": lambda: rows.add_chain(session),
        "package_request_members": lambda: rows.add_member(
            session, rows.add_chain(session), request
        ),
        "tags": lambda: rows.add_tag(session, "web"),
        "package_tags": lambda: rows.add_package_tag(session, package, tag, account),
        "package_interactions": lambda: rows.add_interaction(session, package),
        "registry_outages": lambda: rows.add_outage(session),
        "saved_searches": lambda: rows.add_saved_search(session, account),
        "cross_registry_links": lambda: rows.add_software(session, package),
        "registry_imports": lambda: rows.add_import(session),
        "worker_signs": lambda: rows.add_sign(session),
    }
    id = build[name]()
    row = session.execute(select(table(name)).where(table(name).c.id == id)).one()._asdict()
    remove(session, name, id)
    required = [column.name for column in table(name).columns if not column.nullable]
    for column in required:
        with refused(session, "(?i)not.null"):
            session.execute(insert(table(name)), {**row, column: None})
    session.execute(insert(table(name)), row)
