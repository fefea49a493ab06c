"""The promises of the tests' own ground: both databases work, nothing leaves this machine."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.isolation import NetworkUse, refuse_network
from tests.support.postgres import Databases


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in a transaction of its own and return its rows, if it has any."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Off in this file, which looks at the guard itself."""


def test_a_database_works_and_starts_empty(database_url: str) -> None:
    query(database_url, "CREATE TABLE leftover (id integer)")
    query(database_url, "INSERT INTO leftover VALUES (1)")
    assert query(database_url, "SELECT id FROM leftover") == [(1,)]


def test_no_test_sees_the_tables_of_another(database_url: str) -> None:
    query(database_url, "CREATE TABLE leftover (id integer)")
    assert query(database_url, "SELECT count(*) FROM leftover") == [(0,)]


def test_substring_search_has_its_extension(postgres_url: str) -> None:
    query(postgres_url, "CREATE EXTENSION pg_trgm")
    assert query(postgres_url, "SELECT similarity('react', 'react')") == [(1.0,)]


def test_text_is_stored_as_utf8_and_orders_by_code_point(postgres_url: str) -> None:
    rows = query(postgres_url, "SELECT x FROM (VALUES ('é'), ('a'), ('Z')) AS v(x) ORDER BY x")
    assert rows == [("Z",), ("a",), ("é",)]


def test_a_template_is_prepared_once_and_copies_do_not_share(
    postgres_template: Callable[[str, Callable[[str], None]], str],
) -> None:
    calls: list[str] = []

    def prepare(url: str) -> None:
        calls.append(url)
        query(url, "CREATE TABLE kept AS SELECT 7 AS n")

    first = postgres_template("test_support", prepare)
    second = postgres_template("test_support", prepare)
    query(first, "DELETE FROM kept")
    assert query(second, "SELECT n FROM kept") == [(7,)]
    assert len(calls) == 1


def test_a_template_whose_preparation_failed_is_prepared_again(
    postgres_databases: Databases,
) -> None:
    def break_down(url: str) -> None:
        query(url, "CREATE TABLE half (n integer)")
        raise KeyError

    with pytest.raises(KeyError):
        postgres_databases.template("breaks", break_down)
    template = postgres_databases.template("breaks", lambda url: None)
    with postgres_databases.fresh(template) as url:
        assert query(url, "SELECT to_regclass('half')") == [(None,)]


def prepare_kept(url: str) -> None:
    query(url, "CREATE TABLE kept AS SELECT 7 AS n")
    query(url, "CREATE TABLE filled (n integer PRIMARY KEY)")
    query(url, "CREATE TABLE referring (n integer REFERENCES filled)")
    query(url, "CREATE SEQUENCE numbers; CREATE SEQUENCE used; SELECT nextval('used')")


def test_a_copy_is_used_again_without_what_was_written_into_it(
    postgres_databases: Databases,
) -> None:
    template = postgres_databases.template("reused", prepare_kept)
    with postgres_databases.copy(template) as first:
        query(first, "INSERT INTO filled VALUES (nextval('numbers'))")
    with postgres_databases.copy(template) as second:
        assert second == first
        assert query(second, "SELECT nextval('numbers')") == [(1,)]
        assert query(second, "SELECT n FROM filled") == []
        assert query(second, "SELECT n FROM kept") == [(7,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kept SET n = 8",
        "DELETE FROM kept",
        "ALTER TABLE filled ADD COLUMN other integer",
        "ALTER TABLE filled ALTER COLUMN n SET DEFAULT 3",
        "CREATE INDEX ON filled (n)",
        "CREATE FUNCTION said() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA other",
        "GRANT SELECT ON filled TO PUBLIC",
        "SELECT nextval('used')",
        "ALTER TABLE filled ENABLE ROW LEVEL SECURITY",
        "INSERT INTO filled VALUES (1); ANALYZE filled",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 99', current_database()); END $$",
        "DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO PUBLIC', current_database()); END $$",
    ],
)
def test_a_copy_that_was_changed_otherwise_is_not_used_again(
    postgres_databases: Databases, change: str
) -> None:
    template = postgres_databases.template("reused", prepare_kept)
    with postgres_databases.copy(template) as first:
        query(first, change)
    with postgres_databases.copy(template) as second:
        assert second != first


def test_a_database_is_dropped_although_a_connection_is_open(postgres_databases: Databases) -> None:
    with postgres_databases.fresh() as url:
        engine = create_engine(url)
        connection = engine.connect()
        name = str(make_url(url).database)
        assert postgres_databases.exists(name)
    assert not postgres_databases.exists(name)
    connection.invalidate()
    engine.dispose()


def attempt(host: str) -> None:
    """Connect to `host` under the guard, and let the guard finish as it does around a test."""
    with pytest.MonkeyPatch.context() as patch:
        guard = refuse_network(patch)
        next(guard)
        try:
            with pytest.raises(NetworkUse, match=re.escape(host)):
                socket.create_connection((host, 443), timeout=1)
            with socket.socket() as sock, pytest.raises(NetworkUse, match=r"192\.0\.2\.1"):
                sock.connect_ex(("192.0.2.1", 443))
        finally:
            next(guard, None)


@pytest.mark.parametrize("host", ["registry.example", "192.0.2.7"])
def test_the_network_is_refused_and_a_swallowed_refusal_still_fails_the_test(host: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=re.escape(host)):
        attempt(host)


def test_loopback_is_allowed_and_reserved_names_do_not_resolve() -> None:
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        guard = refuse_network(patch)
        next(guard)
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()
        with pytest.raises(socket.gaierror):
            socket.create_connection(("registry.invalid", 443))
        assert list(guard) == []


def test_home_is_empty_and_no_setting_of_the_developer_is_seen(own_home: Path) -> None:
    assert Path.home() == own_home
    assert list(own_home.iterdir()) == []
    assert Path(os.environ["TGTUI_DATA_DIR"]).is_relative_to(own_home)
    assert not [name for name in os.environ if name.lower().startswith("npm_config_")]
