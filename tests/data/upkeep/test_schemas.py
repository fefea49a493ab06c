"""The catalogue in another schema than `public`, whatever else is in the database."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import Connection, text

from tests.support.fake_registry import FakeRegistry
from tests.support.rows import add_tag
from tests.support.team import Team, guard
from tests.support.working import Workplace
from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import Settings
from tgtui.data.access.accounts import ensure_account
from tgtui.data.requests.asking import ask
from tgtui.data.search.results import search_packages
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import downgrade, may_migrate, schema_state, upgrade
from tgtui.data.upkeep.status import catalogue_counts, revision_of
from tgtui.services.opening import prepare_database
from tgtui.syntax.query import parse_search

GARDEN = '"My ""Garden"""'


def opened(url: str) -> Database:
    return Database(open_engine(parse_url(url)))


def on_path(url: str, path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"{url}&options={quote(f'-c search_path={escaped}', safe='')}"


def schemas(connection: Connection) -> dict[str, int]:
    """How many relations each schema has, without the server's own."""
    counted = (
        "SELECT nspname, count(*) AS relations FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname !~ '^(pg_|information_schema)' GROUP BY 1"
    )
    return {row.nspname: row.relations for row in connection.execute(text(counted))}


async def test_a_team_lives_in_a_schema_of_its_own(
    unguarded: Team, fake_registry: FakeRegistry, tmp_path: object
) -> None:
    """`public` is another program's, closed to ours, and pg_trgm is where the search_path does not lead."""
    owner = unguarded.name("owner")
    superuser = opened(unguarded.address)

    def prepare(connection: Connection) -> None:
        for statement in (
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "CREATE TABLE public.alembic_version (version_num text)",
            "INSERT INTO public.alembic_version VALUES ('5f0c')",
            "CREATE TABLE public.tags (id integer)",
            "CREATE SCHEMA extensions",
            "CREATE EXTENSION pg_trgm SCHEMA extensions",
            "GRANT USAGE ON SCHEMA extensions TO PUBLIC",
            f"CREATE SCHEMA {GARDEN} AUTHORIZATION {owner}",
        ):
            connection.execute(text(statement))

    superuser.write_now(prepare)
    before = superuser.read_now(schemas)
    url = {
        login: on_path(unguarded.url(login), f"{GARDEN}, public")
        for login in ("owner", "bob", "cleo", "wren")
    }
    guard(url["owner"])
    own = opened(url["owner"])
    downgrade(own.engine, "base")
    assert schema_state(own.engine) == "empty"
    assert upgrade(own.engine)
    own.close()
    guard(url["owner"])

    fake_registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    fake_registry.add_package("b", {"1.0.0": {}})
    bob, wren, cleo = (opened(url[login]) for login in ("bob", "wren", "cleo"))
    account = bob.write_now(ensure_account, "postgresql", unguarded.name("bob"), "")
    bob.write_now(ask, "npm", "a", account_id=account)
    place = Workplace(wren, fake_registry, tmp_path)  # type: ignore[arg-type]
    await place.work()
    await place.registries.aclose()
    cleo.write_now(add_tag, "roots")
    with pytest.raises(DatabaseError, match="lacks permission"):
        bob.write_now(add_tag, "weeds")
    page = bob.read_now(search_packages, parse_search("a"))
    assert [row.name for row in page.rows][:1] == ["a"]
    assert bob.read_now(catalogue_counts)["packages"] == 2
    assert bob.read_now(revision_of) is not None
    for database in (bob, wren, cleo):
        database.close()

    after = superuser.read_now(schemas)
    superuser.close()
    assert after.pop(GARDEN[1:-1].replace('""', '"')) > 17
    assert after == {name: count for name, count in before.items() if name in after}


def test_a_catalogue_further_back_in_the_path_is_found(unguarded: Team) -> None:
    """A login may have a schema of its own name, which comes first by default."""
    url = unguarded.url("owner")
    own = opened(url)
    upgrade(own.engine)
    downgrade(own.engine, "0014")
    own.write_now(
        lambda connection: connection.execute(text("CREATE SCHEMA AUTHORIZATION current_user"))
    )
    before = own.read_now(schemas)
    assert schema_state(own.engine) == "behind"
    assert own.read_now(may_migrate)
    assert upgrade(own.engine)
    assert schema_state(own.engine) == "current"
    assert own.read_now(revision_of) is not None
    assert own.read_now(schemas).keys() == before.keys()
    own.close()


@pytest.mark.parametrize("path", ["garden", "garden, public", '"$user", garden'])
def test_a_schema_that_is_missing_is_told_and_not_replaced(unguarded: Team, path: str) -> None:
    database = opened(on_path(unguarded.url("owner"), path))
    for use in (schema_state, upgrade):
        with pytest.raises(DatabaseError, match=r"schema garden .* CREATE SCHEMA garden"):
            use(database.engine)
    with pytest.raises(DatabaseError, match="schema garden"):
        database.read_now(revision_of)
    database.close()


def test_a_login_that_may_create_nothing_is_told_the_grant(unguarded: Team) -> None:
    login = unguarded.name("bob")
    settings = Settings(database_url=unguarded.url("bob"))
    with pytest.raises(DatabaseError, match=f"GRANT USAGE, CREATE ON SCHEMA public TO {login};"):
        prepare_database(settings)


def test_trigrams_that_cannot_be_had_are_told(unguarded: Team) -> None:
    login = unguarded.name("bob")
    superuser = opened(unguarded.address)
    bob = opened(on_path(unguarded.url("bob"), "plot"))

    def run(connection: Connection, *statements: str) -> None:
        for statement in statements:
            connection.execute(text(statement))

    superuser.write_now(run, f"CREATE SCHEMA plot AUTHORIZATION {login}")
    with pytest.raises(DatabaseError, match=r"may not create it.*CREATE EXTENSION pg_trgm"):
        upgrade(bob.engine)
    superuser.write_now(run, "CREATE SCHEMA ext", "CREATE EXTENSION pg_trgm SCHEMA ext")
    with pytest.raises(DatabaseError, match=f"GRANT USAGE ON SCHEMA ext TO {login}"):
        upgrade(bob.engine)
    superuser.write_now(run, f"GRANT USAGE ON SCHEMA ext TO {login}")
    assert upgrade(bob.engine)
    for database in (superuser, bob):
        database.close()


def test_an_empty_search_path_is_said(unguarded: Team) -> None:
    url = f"{unguarded.url('owner')}&options={quote('-c search_path=', safe='')}"
    database = opened(url)
    try:
        with pytest.raises(DatabaseError, match="search_path of this login names no schema"):
            upgrade(database.engine)
    finally:
        database.close()
