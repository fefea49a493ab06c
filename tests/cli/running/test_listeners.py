"""Before a migration: who replicates the database, what will happen to them, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL

from tests.cli.conftest import Cli
from tests.support.databases import migrate as migrate_database
from tests.support.postgres import PostgresServer, logical
from tests.support.team import Team
from tgtui.basics.errors import DatabaseError
from tgtui.data.replicas.listeners import Listeners, Slot, listeners_of
from tgtui.data.upkeep.migrate import HEAD, downgrade, upgrade

BEFORE = f"{int(HEAD) - 1:04}"
CACHE = """
    CREATE SCHEMA "cache_0";
    CREATE TABLE "cache_0"."publishedSchema" (tag text);
    CREATE FUNCTION "cache_0".emit() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO "cache_0"."publishedSchema" VALUES (TG_TAG); END $$;
    CREATE EVENT TRIGGER cache_ddl_start_0 ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE')
        EXECUTE FUNCTION "cache_0".emit();
"""
"""What a superuser's zero-cache makes, as far as it matters to others."""


def run(team: Team, statements: str) -> None:
    """As a superuser."""
    url = team.address.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements)


@pytest.fixture
def watched(team: Team) -> Team:
    """A catalogue that has a migration to come, in which a superuser's cache listens."""
    database = team.open("owner")
    downgrade(database.engine, BEFORE)
    database.close()
    run(team, CACHE)
    return team


@pytest.mark.pg15
def test_a_migration_that_will_be_refused_says_what_to_grant_and_then_succeeds(
    watched: Team, bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_DATABASE_URL", watched.url("owner"))
    seen = bare("db", "status", "--json")
    assert '"cache_ddl_start_0"' in seen.stdout
    told = bare("db", "status")
    remedy = told.stderr.partition("in this database: ")[2].strip()
    assert remedy.startswith(f"GRANT USAGE ON SCHEMA cache_0 TO {watched.name('owner')};")
    refused = bare("db", "upgrade")
    assert refused.exit_code != 0
    assert "permission denied for schema cache_0" in refused.stderr
    assert refused.stderr.count(remedy) == 2  # before, and with the failure
    assert bare("db", "status").exit_code == 1  # nothing was changed

    run(watched, remedy)
    done = bare("db", "upgrade")
    assert done.exit_code == 0, done.output
    assert (
        "is told of each change of the schema by the event triggers cache_ddl_start_0"
        in done.stderr
    )
    assert "refused" not in done.stderr
    assert bare("db", "status").exit_code == 0


def test_a_superuser_who_migrates_does_it_as_the_owner_and_hears_the_same(watched: Team) -> None:
    from tgtui.data.storage.database import Database
    from tgtui.data.storage.engine import open_engine, parse_url

    database = Database(open_engine(parse_url(watched.address)))
    try:
        assert any("may not use" in line for line in database.read_now(listeners_of).at_migration())
        with pytest.raises(DatabaseError, match="GRANT USAGE ON SCHEMA cache_0"):
            upgrade(database.engine)
    finally:
        database.close()


def test_one_that_runs_with_its_owners_rights_or_not_at_all_is_no_obstacle(watched: Team) -> None:
    run(watched, "ALTER EVENT TRIGGER cache_ddl_start_0 DISABLE")
    database = watched.open("owner")
    try:
        assert database.read_now(listeners_of) == Listeners()
        run(watched, "ALTER EVENT TRIGGER cache_ddl_start_0 ENABLE")
        run(watched, 'ALTER FUNCTION "cache_0".emit() SECURITY DEFINER')
        assert list(database.read_now(listeners_of).forbidden()) == []
    finally:
        database.close()


@pytest.fixture
def replicating() -> Iterator[URL]:
    """The address of a migrated catalogue on a server from which one can replicate."""
    server = PostgresServer.create(logical())
    try:
        url = server.own_url()
        migrate_database(url.render_as_string(hide_password=False))
        yield url
    finally:
        server.stop()


def test_a_slot_that_nothing_reads_is_shown_with_what_it_holds(
    replicating: URL, bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = replicating.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT pg_create_logical_replication_slot('zero_0_old', 'pgoutput')")
        connection.execute(
            "CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)"
        )
        monkeypatch.setenv("TGTUI_DATABASE_URL", replicating.render_as_string(hide_password=False))
        shown = bare("db", "status")
        assert "not read, holds" in shown.stdout
        assert "MB of WAL" in shown.stdout
        assert "pg_drop_replication_slot('zero_0_old')" in shown.stderr
        facts = bare.json("db", "status")
        (slot,) = facts["slots"]
        assert (slot["name"], slot["read"], slot["lost"]) == ("zero_0_old", False, False)
        assert slot["held_bytes"] > 1_000_000
        published = bare("db", "zero-publication")
        assert "wal_level" not in published.stderr
        connection.execute("SELECT pg_drop_replication_slot('zero_0_old')")
    after = bare("db", "status")
    assert "slot" not in after.stdout + after.stderr


def test_without_event_triggers_a_change_stops_what_replicates() -> None:
    here = Listeners(slots=(Slot("zero_0_a", True, False, 56), Slot("zero_0_b", False, True, 0)))
    first, lost = here.at_migration()
    assert "zero-cache stops when a column" in first
    assert "zero_0_b is lost" in lost
    assert list(Listeners().at_migration()) == []
