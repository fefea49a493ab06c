"""The partial and the claim indexes are used: what the databases plan for the queries of `tgtui.data`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, select, text

from tests.support import rows
from tests.support.databases import migrate
from tests.support.postgres import Databases
from tgtui.basics.files.paths import sqlite_url
from tgtui.basics.ids import uuid7
from tgtui.data.graph.dependents import dependents_of_each
from tgtui.data.graph.reach import closure_of, dependents_closure
from tgtui.data.models import tables
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.requests.asking import Limits, ask, ask_all, bring_to_front
from tgtui.data.requests.lists import chain_members, chains_page, newest_request, queue_counts
from tgtui.data.search import walk
from tgtui.data.search.results import package_rows, search_packages
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import WRITES, open_engine, parse_url
from tgtui.data.versions.edges import edges_of
from tgtui.data.versions.listing import versions_page
from tgtui.syntax.query import parse_search

PACKAGES = 200
"""Enough for statistics; the plans are of a small catalogue that is told to behave as a large one."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Filled once for all tests, each of which leaves it as it was."""
    with ExitStack() as made:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp("filled") / "catalogue.sqlite3"
            shutil.copyfile(request.getfixturevalue("migrated_sqlite_file"), file)
            url = sqlite_url(file)
        else:
            databases: Databases = request.getfixturevalue("postgres_databases")
            url = made.enter_context(databases.fresh(databases.template("migrated", migrate)))
        database = Database(open_engine(parse_url(url)))
        made.callback(database.close)
        database.write_now(fill)
        yield database


@pytest.fixture
def filled(filled_database: Database) -> Iterator[Connection]:
    """Packages that depend on one another, a long history of requests and a short queue; rolled back at the end."""
    engine = filled_database.engine
    with engine.execution_options(**{WRITES: True}).connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        yield connection


def fill(connection: Connection) -> None:
    account = rows.add_account(connection)
    tag = rows.add_tag(connection)
    releases = [rows.add_release(connection, f"p{number}") for number in range(PACKAGES)]
    neighbours = zip(releases, releases[1:] + releases[:1], strict=True)
    for number, (source, target) in enumerate(neighbours):
        rows.add_edge(connection, source, f"p{number}", target)
        for other in range(3):
            rows.add_edge(connection, source, f"missing-{number}-{other}")
        rows.add_dist_tag(connection, target[0], "1.0.0")
    for package, _version in releases[::10]:
        rows.add_package_tag(connection, package, tag, account)
    for number in range(PACKAGES):
        request = rows.add_request(
            connection, f"p{number}", status="completed", requested_by=account
        )
        status = ("pending", "fetching", "failed", "completed")[number % 4]
        rows.add_request(
            connection, f"q{number}", status=status, chain=request, is_auto_queued=True
        )
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))  # autovacuum would; no one keeps SQLite's statistics


@contextmanager
def statements(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed, with its parameters, as the driver gets it; of many rows those of the first."""
    seen: list[tuple[str, Any]] = []

    def remember(
        _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool
    ) -> None:
        seen.append((statement, parameters[0] if is_many else parameters))

    connection = connection
    event.listen(connection, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", remember)


def plans(connection: Connection, run: Callable[[Connection], Any]) -> str:
    """How the database executes the statements of `run`."""
    return "\n".join(plans_of_each(connection, run))


def plans_of_each(connection: Connection, run: Callable[[Connection], Any]) -> list[str]:
    """How the database executes each statement of `run`."""
    is_sqlite = connection.dialect.name == "sqlite"
    with statements(connection) as seen:
        run(connection)
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    found = [
        "\n".join(
            str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)
        )
        for statement, parameters in seen
        if statement.startswith(("SELECT", "UPDATE", "WITH"))
    ]
    assert found
    return found


def plans_within(connection: Connection, run: Callable[[Connection], Any]) -> str:
    """`plans`, and of PostgreSQL's functions how the statements in them were executed. For a superuser."""
    if connection.dialect.name == "sqlite":
        return plans(connection, run)
    connection = connection
    for statement in (
        "LOAD 'auto_explain'",
        "SET LOCAL auto_explain.log_min_duration = 0",
        "SET LOCAL auto_explain.log_nested_statements = on",
        "SET LOCAL client_min_messages = log",
    ):
        connection.exec_driver_sql(statement)
    told: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
    run(connection)
    return "\n".join(told)


ANY = uuid7()


def named(connection: Connection, name: str) -> UUID:
    id = find_package(connection, "npm", name)
    assert id is not None
    return id


@pytest.mark.parametrize(
    ("index", "run"),
    [
        ("package_request_members", lambda s: chain_members(s, ANY)),
        ("idx_package_requests_is_auto_queued", queue_counts),
        ("idx_package_requests_package", lambda s: newest_request(s, "npm", "p0")),
        ("idx_package_dependencies_dependency_package_id", lambda s: package_detail(s, named(s, "p0"))),
        ("idx_package_versions_package_id", lambda s: versions_page(s, ANY)),
        ("idx_package_dependencies_version_id", lambda s: edges_of(s, ANY)),
        ("idx_package_dependencies_version_id", lambda s: closure_of(s, ANY)),
        ("idx_package_dependencies_resolved_version_id", lambda s: dependents_closure(s, [ANY])),
        ("idx_package_dependencies_resolved_version_id", lambda s: dependents_of_each(s, [ANY])),
        ("idx_packages_deleted", lambda s: closure_of(s, ANY)),
    ],
)  # fmt: skip
def test_a_query_uses_its_index(
    filled: Connection, index: str, run: Callable[[Connection], Any]
) -> None:
    assert index in plans(filled, run)


def test_who_asks_finds_the_active_request_by_its_package(filled: Connection) -> None:
    wanted = [("npm", "q0"), ("npm", "q1")]
    shown = plans_within(filled, lambda connection: ask_all(connection, wanted, account_id=None))
    by_name = ("idx_package_requests_unique_pending", "idx_package_requests_package ")
    assert any(index in shown for index in by_name)
    assert "SCAN package_requests" not in shown


def test_an_opened_package_finds_its_request_by_name(filled: Connection) -> None:
    shown = plans_within(filled, lambda connection: bring_to_front(connection, "npm", "q0"))
    by_name = ("idx_package_requests_package", "idx_package_requests_unique_pending")
    assert any(index in shown for index in by_name)


def test_the_queue_is_counted_from_a_partial_index(filled: Connection) -> None:
    shown = plans(filled, queue_counts)
    partial = ("idx_package_requests_status_created", "idx_package_requests_unique_pending")
    assert any(index in shown for index in partial)


def test_the_rate_limit_reads_one_accounts_hour(filled: Connection) -> None:
    account = rows.add_account(filled, "bob")

    def run(connection: Connection) -> None:
        ask(connection, "npm", "fresh", account_id=account, limits=Limits(per_hour=1))

    assert "idx_package_request_chains_charged" in plans_within(filled, run)


def test_chains_are_found_among_what_people_asked_for(filled: Connection) -> None:
    """By walking the key, from the newest."""
    shown = plans(filled, lambda connection: chains_page(connection, limit=10))
    ways = ("using pk_package_request_chains", "sqlite_autoindex_package_request_chains_1")
    assert any(way in shown for way in ways)


def test_a_page_of_versions_is_not_sorted(filled: Connection) -> None:
    shown = plans(filled, lambda connection: versions_page(connection, ANY))
    assert "TEMP B-TREE FOR ORDER BY" not in shown
    assert "Sort" not in shown


@pytest.mark.parametrize(
    ("index", "searched"),
    [
        ("idx_package_search_rank", ""),
        ("idx_package_search_name", "sort:name"),
        ("idx_package_search_released", "sort:updated"),
        ("idx_package_search_dependents", "sort:dependents"),
        ("idx_package_search_uses", "sort:popular"),
        ("idx_package_search_heaviest", "sort:heaviest"),
        ("idx_package_search_dependents_all", "sort:dependents-all"),
        ("idx_package_search_size", "sort:size"),
        ("idx_package_search_size", "size:>1mb sort:name"),
        ("idx_package_search_licence", "license:mit sort:name"),
        ("package_search_text_terms VIRTUAL|package_search_text_terms", "keyword:cli sort:name"),
        ("package_search_text_terms VIRTUAL|package_search_text_terms", "maintainer:ada"),
        ("idx_package_search_key", "p1"),
        ("idx_package_search_scoped", "p1"),
        ("package_search_text_words VIRTUAL|package_search_text_words", "ackage-1"),
        ("package_search_text_about VIRTUAL|package_search_text_about", "ackage-1"),
        ("idx_package_search_registry", "brew:"),
        ("idx_package_search_released", "updated:<30d sort:name"),
        ("idx_package_search_deprecated", "is:deprecated"),
        ("idx_package_search_incomplete", "is:missing"),
        ("idx_package_search_failed", "is:failed"),
        ("idx_package_tags_tag_id", "tag:database"),
        ("idx_package_dependencies_name_type|idx_package_dependencies_name_resolved", "dep:p1"),
        ("idx_package_dependencies_name_resolved", "dep:p1@1.0.0"),
        ("idx_package_dependencies_name_type|idx_package_dependencies_name_resolved", "devdep:p1"),
        ("idx_package_dependencies_name_type|idx_package_dependencies_name_resolved", "sugdep:p1"),
    ],
)
def test_a_search_uses_its_index(
    filled: Connection, monkeypatch: pytest.MonkeyPatch, index: str, searched: str
) -> None:
    monkeypatch.setattr(walk, "FIRST_SLICE", 3)  # a walk would meet all of so few packages
    shown = plans(
        filled, lambda connection: search_packages(connection, parse_search(searched), limit=10)
    )
    assert any(name in shown for name in index.split("|"))
    assert "SCAN package_search\n" not in shown


def test_packages_of_a_licence_are_not_joined_with_all_packages(filled: Connection) -> None:
    """PostgreSQL takes the packages of an array's licences for half of all: it would hash the whole table."""
    if filled.dialect.name == "sqlite":
        pytest.skip("SQLite does not guess how many there are")
    shown = plans(
        filled, lambda connection: search_packages(connection, parse_search("license:mit"))
    )
    assert "idx_package_search_licence" in shown
    assert "led_to" not in shown


@pytest.mark.parametrize(
    "run",
    [
        lambda connection, package: package_rows(connection, [package]),
        lambda connection, package: package_detail(connection, package),
        lambda connection, package: edges_of(connection, package),
    ],
)
def test_the_latest_version_is_looked_up_not_searched(
    filled: Connection, run: Callable[[Connection, UUID], Any]
) -> None:
    shown = plans(filled, lambda connection: run(connection, ANY))
    assert "SCAN package_versions" not in shown
    assert "Seq Scan on package_versions" not in shown


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (
            "idx_package_requests_claim",
            "SELECT id FROM package_requests WHERE status = 'pending' AND retry_after IS NULL"
            " AND registry = 'npm' ORDER BY priority, id LIMIT 1",
        ),
        (
            "idx_package_requests_lease",
            "SELECT id FROM package_requests WHERE status = 'fetching'"
            " AND lease_expires_at < '2026-01-01'",
        ),
        (
            "idx_packages_name idx_packages_registry",
            "SELECT id FROM packages WHERE deleted_at IS NULL AND search_name = 'p1'",
        ),
        (
            "idx_package_dependencies_dependency_name idx_package_dependencies_name_resolved",
            "SELECT id FROM package_dependencies WHERE resolved_version_id IS NULL"
            " AND dependency_name = 'p1' AND dependency_registry = 'npm'",
        ),
        (
            "idx_package_dependencies_name_resolved",
            "SELECT id FROM package_dependencies WHERE dependency_name = 'p1'"
            " AND dependency_registry = 'npm' AND resolved_version = '1.0.0'",
        ),
    ],
)
def test_an_index_serves_what_it_was_made_for(filled: Connection, index: str, query: str) -> None:
    """Where two are named they cost the same in a table as small as this."""
    shown = plans(filled, lambda connection: connection.exec_driver_sql(query))
    assert any(name in shown for name in index.split())
    assert "TEMP B-TREE" not in shown
    assert "Sort" not in shown


def test_who_uses_a_version_is_looked_up(filled: Connection) -> None:
    edge = tables.package_dependencies
    shown = plans(
        filled, lambda s: s.scalar(select(edge.c.id).where(edge.c.resolved_version_id == ANY))
    )
    assert "idx_package_dependencies_resolved_version_id" in shown
