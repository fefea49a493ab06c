"""A guarded database on PostgreSQL, with a login for each role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.database_logins import Logins
from tests.support.postgres import Databases
from tgtui.data.access.grants import PeopleLimits, apply, standing
from tgtui.data.access.guarded import ADMIN, ANONYMOUS, HARMFUL, INHERITS, MEMBER, WORKER
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade

GROUPS = {ANONYMOUS: (), **{group: (other,) for group, other in INHERITS.items()}}
LOGINS = {
    "owner": "",
    "ada": MEMBER,
    "bob": MEMBER,
    "cleo": ADMIN,
    "dora": ADMIN,
    "wren": WORKER,
    "guest": ANONYMOUS,
    "stranger": "",
}
"""Who there is, and of which group."""
LIMITS = PeopleLimits(requests_per_hour=3, cooldown_minutes=60)

REOPENED = f"""
SET search_path = pg_catalog;
DO $$ DECLARE closed text; BEGIN
    EXECUTE 'GRANT TEMPORARY ON DATABASE ' || quote_ident(current_database()) || ' TO PUBLIC';
    FOR closed IN SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{HARMFUL}' LOOP
        EXECUTE 'GRANT EXECUTE ON FUNCTION ' || closed || ' TO PUBLIC';
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Team:
    """An empty catalogue that `owner` made and guards."""

    logins: Logins
    address: str
    """As the superuser reaches it."""

    def url(self, login: str) -> str:
        """For settings."""
        return self.logins.url(self.address, login)

    def name(self, login: str) -> str:
        """As the server knows them."""
        return self.logins.role(login)

    def connect(self, login: str) -> psycopg.Connection[Any]:
        """Without the program; each statement commits."""
        url = make_url(self.url(login)).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def reopen(self) -> None:
        """Give everyone temporary tables and PostgreSQL's own functions again; a copy of the database is used twice."""
        with psycopg.connect(
            make_url(self.address).set(drivername="postgresql").render_as_string(False),
            autocommit=True,
        ) as connection:
            connection.execute(REOPENED)

    def open(self, login: str) -> Database:
        """Behind the program's gateway; the caller closes it."""
        return Database(open_engine(parse_url(self.url(login))))

    def read(self, login: str, statement: str) -> list[Any]:
        """All rows; of the only column its values."""
        with self.connect(login) as connection:
            rows = connection.execute(statement).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def run(self, login: str, statement: str) -> int:
        """How many rows it found or changed. psycopg.Error where the database refuses."""
        with self.connect(login) as connection:
            return connection.execute(statement).rowcount


def guard(url: str) -> None:
    """Migrate and guard the database at `url`, as the login in it, who owns it or is a superuser."""
    engine = open_engine(parse_url(url))
    try:
        upgrade(engine)
        with engine.begin() as connection:
            found = standing(connection)
            assert found.obstacles == []
            apply(connection, found, LIMITS)
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def team_logins(postgres_databases: Databases) -> Logins:
    """The group roles and every login."""
    logins = Logins(postgres_databases)
    logins.make(GROUPS, LOGINS)
    return logins


@pytest.fixture
def unguarded(team_logins: Logins, postgres_url: str) -> Team:
    """An empty database of the owner's: no table yet."""
    team_logins.give(postgres_url, "owner")
    return Team(team_logins, postgres_url)


@pytest.fixture
def team(
    team_logins: Logins, postgres_template: Callable[[str, Callable[[str], None]], str]
) -> Team:
    """A guarded catalogue in which nobody has an account yet."""

    def prepare(url: str) -> None:
        team_logins.give(url, "owner")
        guard(team_logins.url(url, "owner"))

    address = postgres_template("guarded", prepare)
    team_logins.give(address, "owner")
    return Team(team_logins, address)
