"""What the owner of the tables can't reach: the server, other databases, roles; nor whoever creates in its schema the owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import make_url

from tests.data.access.test_applying import Run, run
from tests.support.database_logins import PASSWORD, Logins
from tests.support.pages import blocks
from tests.support.team import Team

__all__ = ["run"]

BOUNDED_CREATEROLE = 16_00_00
"""The first version in which it reaches only roles that were given to it, or that it made."""
REFUSED = errors.InsufficientPrivilege
OPEN_SCHEMA = "ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT CREATE ON SCHEMA public TO PUBLIC"
"""As PostgreSQL 13 and 14 make it, run by a superuser."""
TRAPS = {
    "quote_ident(text)": "text",
    "quote_ident(name)": "text",
    "current_database()": "name",
    "current_setting(text)": "text",
    "set_config(text, text, boolean)": "text",
    "pg_has_role(name, oid, text)": "boolean",
    "pg_has_role(regrole, oid, text)": "boolean",
    "pg_has_role(name, name, text)": "boolean",
    "pg_get_userbyid(oid)": "name",
    "format(text, name)": "text",
}
"""Functions that match a call at least as well as PostgreSQL's own, and what they return."""


@contextmanager
def superuser(team: Team) -> Iterator[psycopg.Connection[Any]]:
    """As `psql` of a superuser; each statement commits."""
    url = make_url(team.address).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def version(team: Team) -> int:
    with team.connect("owner") as connection:
        return connection.info.server_version


@pytest.fixture
def neighbour(team_logins: Logins, postgres_url: str) -> str:
    """The name of another team's database."""
    team_logins.make({}, {"neighbour": ""})
    team_logins.give(postgres_url, "neighbour")
    return str(make_url(postgres_url).database)


@pytest.mark.parametrize(
    "statement",
    [
        "COPY packages FROM PROGRAM 'id'",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "COPY packages FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/tgtui-owner'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_read_binary_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_export(1, '/tmp/tgtui-owner')",
        "CREATE FUNCTION mine(text) RETURNS integer AS 'libc.so.6', 'system' LANGUAGE c",
        "CREATE FUNCTION mine(text) RETURNS integer AS 'system' LANGUAGE internal",
        "CREATE FUNCTION mine() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;"
        " CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
        "LOAD '/tmp/mine.so'",
        "ALTER SYSTEM SET archive_command = 'id'",
        "SET session_preload_libraries = 'mine'",
        "ALTER DATABASE {database} SET session_preload_libraries = 'mine'",
        "CREATE TABLESPACE mine LOCATION '/tmp'",
        "CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION x WITH (connect = false)",
        "SELECT pg_reload_conf()",
        "SELECT pg_promote()",
    ],
)
def test_an_owner_reaches_no_file_and_no_program_of_the_server(team: Team, statement: str) -> None:
    database = make_url(team.address).database
    with team.connect("owner") as owner, pytest.raises(REFUSED):
        owner.execute(statement.format(database=database).encode())


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT pg_execute_server_program TO CURRENT_USER",
        "GRANT pg_read_server_files TO {ada}",
        "GRANT {neighbour} TO CURRENT_USER",
        "GRANT postgres TO CURRENT_USER",
        "GRANT tgtui_admin TO {bob}",
        "CREATE ROLE mine",
        "ALTER ROLE CURRENT_USER CREATEROLE",
        "ALTER ROLE {ada} PASSWORD 'x'",
        "DROP ROLE {ada}",
        "SET ROLE {neighbour}",
        "SET SESSION AUTHORIZATION {neighbour}",
        "ALTER TABLE packages OWNER TO {neighbour}",
    ],
)
def test_an_owner_becomes_and_makes_no_other_role(
    team: Team, neighbour: str, statement: str
) -> None:
    names = {login: team.name(login) for login in ("ada", "bob", "neighbour")}
    with team.connect("owner") as owner, pytest.raises(REFUSED):
        owner.execute(statement.format(**names).encode())


def test_an_owner_takes_no_other_database(team: Team, neighbour: str) -> None:
    with superuser(team) as connection:
        connection.execute(
            f"REVOKE CONNECT, TEMPORARY ON DATABASE {neighbour} FROM PUBLIC".encode()
        )
    with team.connect("owner") as owner:
        for statement in (
            f"ALTER DATABASE {neighbour} OWNER TO CURRENT_USER",
            f"ALTER DATABASE {neighbour} RENAME TO mine",
            f"ALTER DATABASE {neighbour} SET search_path = mine",
            f"DROP DATABASE {neighbour}",
            f"GRANT CONNECT ON DATABASE {neighbour} TO CURRENT_USER",
            f"CREATE DATABASE mine TEMPLATE {neighbour}",
        ):
            with pytest.raises(REFUSED):
                owner.execute(statement.encode())
    there = make_url(team.url("owner")).set(drivername="postgresql", database=neighbour)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(there.render_as_string(hide_password=False))


def test_what_a_superuser_applies_runs_nothing_of_the_owners(team: Team, run: Run) -> None:
    """Whatever the owner put beside PostgreSQL's own functions, and wherever names are looked up first."""
    database = make_url(team.address).database
    with team.connect("owner") as owner:
        owner.execute("CREATE SCHEMA trap")
        owner.execute("CREATE TABLE trap.sprung (by text)")
        for schema in ("trap", "public"):
            for signature, returned in TRAPS.items():
                owner.execute(
                    f"CREATE FUNCTION {schema}.{signature} RETURNS {returned} LANGUAGE sql AS"
                    f" $$ INSERT INTO trap.sprung SELECT current_user; SELECT NULL::{returned} $$".encode()
                )
        owner.execute(
            f"ALTER DATABASE {database} SET search_path = trap, public, pg_catalog".encode()
        )
    printed = run(team, "owner", "db", "grants")
    assert printed.exit_code == 0, printed.output
    with superuser(team) as connection:
        connection.execute(printed.stdout.encode())
        assert (
            connection.execute(
                "SELECT by FROM trap.sprung WHERE by <> %s", [team.name("owner")]
            ).fetchall()
            == []
        )
    team.reopen()


@pytest.mark.parametrize("login", ["$$ $tgtui$ '; \"", "back\\slash 100%", "\u2081\\"])
def test_a_name_breaks_out_of_no_statement(
    unguarded: Team, team_logins: Logins, run: Run, login: str
) -> None:
    team_logins.make({}, {login: ""})
    team_logins.give(unguarded.address, login)
    assert run(unguarded, login, "db", "upgrade").exit_code == 0
    printed = run(unguarded, login, "db", "grants").stdout
    with superuser(unguarded) as connection:
        # In it a quoted backslash may be half a character. psql sends one statement after the other.
        connection.execute("SET client_encoding = 'GBK'")
        for statement in printed.split(";\n"):
            connection.execute(statement.encode())
    unguarded.reopen()
    applied = run(unguarded, login, "db", "grants", "--apply")
    assert applied.exit_code == 0, applied.output


def test_a_schema_that_is_open_is_named_and_a_superuser_closes_it(team: Team, run: Run) -> None:
    with superuser(team) as connection:
        connection.execute(OPEN_SCHEMA)
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {team.name('ada')}".encode())
    applied = run(team, "owner", "db", "grants", "--apply")
    assert (
        f"can create objects in the schema public, and so act as {team.name('owner')}"
        in applied.stderr
    )
    assert "PUBLIC" in applied.stderr
    assert f"FROM PUBLIC, {team.name('ada')};" in applied.stderr or "PUBLIC;" in applied.stderr
    with superuser(team) as connection:
        connection.execute(run(team, "owner", "db", "grants").stdout.encode())
    with pytest.raises(REFUSED):
        team.run(
            "bob", "CREATE FUNCTION public.mine() RETURNS text LANGUAGE sql AS 'SELECT 1::text'"
        )
    team.run("owner", "CREATE TABLE public.later (id uuid)")
    assert "PUBLIC" not in run(team, "owner", "db", "grants").stderr
    team.reopen()


def test_a_function_that_a_superuser_owns_is_given_to_the_owner(team: Team, run: Run) -> None:
    """Otherwise it would run with a superuser's rights, and look names up in the owner's schema."""
    with superuser(team) as connection:
        connection.execute("ALTER FUNCTION tgtui_me OWNER TO CURRENT_USER")
        connection.execute(run(team, "owner", "db", "grants").stdout.encode())
    owner = "SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'tgtui_me'"
    assert team.read("owner", owner) == [team.name("owner")]
    team.reopen()


class TestPowers:
    @pytest.fixture
    def mighty(self, unguarded: Team, team_logins: Logins) -> Iterator[Team]:
        """The login `mighty` owns the database, and has what it does not need."""
        team_logins.make({}, {"mighty": ""})
        team_logins.give(unguarded.address, "mighty")
        role = unguarded.name("mighty")
        with superuser(unguarded) as connection:
            connection.execute(f"ALTER ROLE {role} CREATEROLE".encode())
            connection.execute(f"GRANT pg_read_server_files TO {role}".encode())
            yield unguarded
            connection.execute(f"ALTER ROLE {role} NOCREATEROLE".encode())
            connection.execute(f"REVOKE pg_read_server_files FROM {role}".encode())

    def test_that_an_owner_does_not_need_are_named(self, mighty: Team, run: Run) -> None:
        assert run(mighty, "mighty", "db", "upgrade").exit_code == 0
        applied = run(mighty, "mighty", "db", "grants", "--apply")
        assert applied.exit_code == 0, applied.output
        role = mighty.name("mighty")
        assert f"REVOKE pg_read_server_files FROM {role};" in applied.stderr
        assert "pg_execute_server_program" not in applied.stderr
        is_warned = f"ALTER ROLE {role} NOCREATEROLE;" in applied.stderr
        assert is_warned == (version(mighty) < BOUNDED_CREATEROLE)

    def test_before_16_createrole_is_a_shell_on_the_server(self, mighty: Team) -> None:
        """Why the owner has none: docs/team.md."""
        with mighty.connect("mighty") as connection:
            given = "GRANT pg_execute_server_program TO CURRENT_USER"
            if version(mighty) >= BOUNDED_CREATEROLE:
                with pytest.raises(REFUSED):
                    connection.execute(given)
                return
            connection.execute(given)
            connection.execute("COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'")
            connection.execute("REVOKE pg_execute_server_program FROM CURRENT_USER")


def test_who_manages_people_grants_the_groups_and_nothing_else(
    team: Team, team_logins: Logins
) -> None:
    """From PostgreSQL 16 on, as docs/team.md has it."""
    if version(team) < BOUNDED_CREATEROLE:
        pytest.skip("before PostgreSQL 16 only a superuser makes logins")
    (made,) = (
        found for found in blocks("team.md", "sql") if found.startswith("CREATE ROLE garden_people")
    )
    manager, carl = team.name("manager"), team.name("carl")
    with superuser(team) as connection:
        connection.execute(
            made.replace("garden_people", manager).replace("change-me-too", PASSWORD).encode()
        )
    with team.connect("manager") as manages:
        manages.execute(f"CREATE ROLE {carl} LOGIN IN ROLE tgtui_member".encode())
        manages.execute(f"GRANT tgtui_admin TO {carl}".encode())
        manages.execute(f"REVOKE tgtui_admin FROM {carl}".encode())
        manages.execute(f"DROP ROLE {carl}".encode())
        for statement in (
            "SELECT * FROM packages",
            "SET ROLE tgtui_admin",
            "GRANT pg_execute_server_program TO CURRENT_USER",
            f"GRANT {team.name('owner')} TO CURRENT_USER",
            f"ALTER ROLE {team.name('owner')} PASSWORD 'x'",
            f"ALTER ROLE {team.name('ada')} PASSWORD 'x'",
            f"DROP ROLE {team.name('ada')}",
        ):
            with pytest.raises(REFUSED):
                manages.execute(statement.encode())
    with superuser(team) as connection:
        connection.execute(f"DROP OWNED BY {manager}; DROP ROLE {manager}".encode())
