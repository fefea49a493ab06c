"""`tgtui db grants`: prints, applies, says what is in the way; a restricted login opens what it may, or is told whom to ask."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from click.testing import CliRunner, Result

from tests.support.database_logins import Logins
from tests.support.team import LIMITS, Team, guard
from tgtui.cli.root import root
from tgtui.data.access.guarded import TABLES
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate

POLICIES = "SELECT tablename::text, policyname::text FROM pg_policies ORDER BY 1, 2"
RIGHTS = (
    "SELECT relname::text, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " ORDER BY 1"
)
OWNERS = """
    SELECT DISTINCT pg_get_userbyid(owner)::text FROM (
        SELECT oid, relowner AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT oid, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT oid, typowner FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typelem = 0
    ) AS found
    WHERE NOT EXISTS (SELECT FROM pg_depend WHERE objid = found.oid AND deptype = 'e')
"""
"""Of everything but what an extension brought; before PostgreSQL 16 the arrays of its types are not its own."""

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run(team, login, *arguments)`: the command line as that login."""

    def command(team: Team, login: str, *arguments: str) -> Result:
        monkeypatch.setenv("TGTUI_DATABASE_URL", team.url(login))
        return CliRunner().invoke(root, arguments, prog_name="tgtui")

    return command


def test_an_owner_applies_it_and_again_nothing_is_different(unguarded: Team, run: Run) -> None:
    assert run(unguarded, "owner", "db", "upgrade").exit_code == 0
    first = run(unguarded, "owner", "db", "grants", "--apply")
    assert first.exit_code == 0, first.output
    assert "200 requests an hour, 60 minutes" in first.stdout
    assert unguarded.name("ada") in first.stdout
    assert "Only a superuser can do that" in first.stderr
    assert first.stderr.count("\n") == 1
    before = unguarded.read("owner", POLICIES), unguarded.read("owner", RIGHTS)
    assert run(unguarded, "owner", "db", "grants", "--apply").exit_code == 0
    assert (unguarded.read("owner", POLICIES), unguarded.read("owner", RIGHTS)) == before


def test_what_is_printed_is_what_is_applied(unguarded: Team, run: Run, team: Team) -> None:
    run(unguarded, "owner", "db", "upgrade")
    printed = run(unguarded, "owner", "db", "grants")
    assert printed.exit_code == 0
    assert unguarded.read("owner", POLICIES) == []
    with unguarded.connect("owner") as owner:
        owner.execute(printed.stdout.encode())
    assert unguarded.read("owner", POLICIES) == team.read("owner", POLICIES)
    assert unguarded.read("owner", RIGHTS) == team.read("owner", RIGHTS)


def test_limits_are_those_of_the_settings_of_who_applies_it(
    team: Team, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_LIMITS_REQUESTS_PER_HOUR", "7")
    assert run(team, "owner", "db", "grants", "--apply").exit_code == 0
    assert team.read("owner", "SELECT per_hour FROM tgtui_limits()") == [7]


def test_nobody_but_the_owner_applies_it(team: Team, run: Run) -> None:
    refused = run(team, "cleo", "db", "grants", "--apply")
    assert refused.exit_code == 3
    assert f"Only the owner of the tables, {team.name('owner')}, or a superuser" in refused.stderr
    printed = run(team, "cleo", "db", "grants")
    assert printed.exit_code == 0
    assert "Only the owner" in printed.stderr


def test_sqlite_has_nobody_to_guard_against(run: Run, sqlite_url: str) -> None:
    refused = CliRunner().invoke(root, ["--database", sqlite_url, "db", "grants"])
    assert refused.exit_code == 2
    assert "SQLite has no logins" in refused.stderr


def test_a_database_without_tables_is_made_first(unguarded: Team, run: Run) -> None:
    refused = run(unguarded, "owner", "db", "grants", "--apply")
    assert refused.exit_code == 3
    assert "tgtui db upgrade" in refused.stderr


def test_rights_that_somebody_has_beside_the_groups_are_named(team: Team, run: Run) -> None:
    team.run("owner", f"GRANT SELECT ON package_requests TO {team.name('stranger')}")
    applied = run(team, "owner", "db", "grants", "--apply")
    assert applied.exit_code == 0
    assert f"rights to the tables outside the groups: {team.name('stranger')}." in applied.stderr


def test_a_shared_login_without_grants_has_every_role_as_before(unguarded: Team, run: Run) -> None:
    run(unguarded, "owner", "db", "upgrade")
    stranger = unguarded.name("stranger")
    unguarded.run("owner", f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {stranger}")
    assert run(unguarded, "stranger", "ask", "npm:left-pad").exit_code == 0
    everybodys = run(unguarded, "stranger", "requests", "--all")
    assert everybodys.exit_code == 0
    assert "npm:left-pad" in everybodys.stdout


def test_an_upgrade_guards_what_it_adds_with_the_limits_there_were(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team.connect("owner") as owner:
        owner.execute("UPDATE alembic_version SET version_num = '0001'")
        for table in TABLES:
            owner.execute(f"REVOKE ALL ON {table} FROM tgtui_anonymous")
    monkeypatch.setattr(migrate, "_alembic", rename_to_head)
    database = team.open("owner")
    try:
        assert migrate.upgrade(database.engine)
    finally:
        database.close()
    assert team.read("guest", "SELECT * FROM packages") == []
    per_hour = team.read("owner", "SELECT per_hour FROM tgtui_limits()")
    assert per_hour == [LIMITS.requests_per_hour]


@pytest.mark.parametrize("login", ["owner", 'the-"100%"-own\'er'])
def test_what_a_superuser_migrates_belongs_to_the_owner_of_the_tables(
    unguarded: Team, team_logins: Logins, login: str
) -> None:
    """Functions with their owner's rights never have a superuser's, and the owner may migrate again."""
    team_logins.make({}, {login: ""})
    team_logins.give(unguarded.address, login)
    with closing(unguarded.open(login)) as database:
        migrate.upgrade(database.engine)
    engine = open_engine(parse_url(unguarded.address))
    with engine.begin() as superuser:  # what a superuser migrated before
        superuser.exec_driver_sql("ALTER FUNCTION tgtui_hurry OWNER TO CURRENT_USER")
        superuser.exec_driver_sql("ALTER TABLE package_request_members OWNER TO CURRENT_USER")
    owners = [unguarded.name(login)]
    try:
        migrate.downgrade(engine, "0014")
        assert unguarded.read(login, OWNERS) == owners
        assert migrate.upgrade(engine)
        assert unguarded.read(login, OWNERS) == owners
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT current_user = session_user").scalar()
    finally:
        engine.dispose()
    with closing(unguarded.open(login)) as database:
        migrate.downgrade(database.engine)


def test_a_superuser_guards_what_it_adds_to_a_guarded_database(team: Team) -> None:
    before = team.read("owner", POLICIES), team.read("owner", RIGHTS)
    engine = open_engine(parse_url(team.address))
    try:
        migrate.downgrade(engine, "0014")
        assert migrate.upgrade(engine)
    finally:
        engine.dispose()
    assert (team.read("owner", POLICIES), team.read("owner", RIGHTS)) == before
    assert team.read("owner", OWNERS) == [team.name("owner")]
    assert team.read("guest", "SELECT * FROM packages") == []
    team.reopen()


def rename_to_head(connection: object, *_: object) -> None:
    """In place of migrations that are yet to be written."""
    execute = connection.exec_driver_sql  # type: ignore[attr-defined]
    execute(f"UPDATE alembic_version SET version_num = '{migrate.HEAD}'")


class TestWhoIsToldWhomToAsk:
    @pytest.mark.parametrize("login", ["guest", "ada", "cleo", "wren"])
    def test_on_a_database_of_an_older_schema(self, team: Team, run: Run, login: str) -> None:
        team.run("owner", "UPDATE alembic_version SET version_num = '0005'")
        refused = run(team, login, "search", "react")
        assert refused.exit_code == 3
        assert "older than this tgtui, and this login may not migrate it" in refused.stderr
        assert "tgtui db upgrade" in refused.stderr

    def test_on_a_database_of_a_newer_schema(self, team: Team, run: Run) -> None:
        team.run("owner", "UPDATE alembic_version SET version_num = '9999'")
        refused = run(team, "ada", "search", "react")
        assert (refused.exit_code, "update tgtui" in refused.stderr) == (3, True)

    def test_on_an_empty_database(self, unguarded: Team, run: Run) -> None:
        refused = run(unguarded, "ada", "search", "react")
        assert refused.exit_code == 3
        assert "this login may not create tables in it" in refused.stderr

    def test_without_a_role(self, team: Team, run: Run) -> None:
        for command in (("search", "react"), ("db", "status"), ("ask", "npm:x")):
            refused = run(team, "stranger", *command)
            assert refused.exit_code == 3
            assert "ask the administrator for one of these roles" in refused.output

    def test_where_it_lacks_one(self, team: Team, run: Run) -> None:
        assert "does not have the role worker" in run(team, "ada", "worker", "--once").stderr
        assert (
            "Only admins can list everyone's requests"
            in run(team, "ada", "requests", "--all").stderr
        )
        assert "so you have no requests" in run(team, "guest", "requests").stderr


def test_status_says_who_is_connected_and_what_they_may(team: Team, run: Run) -> None:
    told = run(team, "ada", "db", "status").stdout
    assert team.name("ada") in told
    assert "anonymous, authenticated (enforced by the database)" in told
    owner = run(team, "owner", "db", "status").stdout
    assert "admin, anonymous, authenticated, worker (not enforced by the database)" in owner


def test_a_guarded_database_is_not_seeded_by_a_guest(team: Team, run: Run) -> None:
    assert run(team, "guest", "search", "react").exit_code == 1
    assert team.read("owner", "SELECT * FROM tags") == []


def test_a_guarded_database_can_be_taken_away_and_made_again(team: Team) -> None:
    database = team.open("owner")
    try:
        migrate.downgrade(database.engine)
        assert team.read("owner", POLICIES) == []
        assert migrate.upgrade(database.engine)
    finally:
        database.close()


def test_guarding_twice_is_what_a_later_version_does(unguarded: Team) -> None:
    guard(unguarded.url("owner"))
    guard(unguarded.url("owner"))
