"""Who may do what: the roles of a person, narrowed to what the database's login may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tgtui.basics.settings import Settings
from tgtui.data.access.logins import with_implied
from tgtui.data.models.tables import accounts
from tgtui.data.storage.database import Database
from tgtui.data.views.logins import ROLES
from tgtui.identity.people import Identity, Person
from tgtui.services.opening import prepare_database, who_is_there

ADA = Identity("https://id.example", "ada-1", "Ada")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    prepared = prepare_database(Settings(database_url=database_url))
    yield prepared.database
    prepared.database.close()


def subject_of(database: Database, account_id: object) -> str:
    subject = select(accounts.c.subject).where(accounts.c.id == account_id)
    return database.read_now(lambda connection: connection.execute(subject).scalar_one())


def test_whoever_opens_a_database_of_their_own_has_every_role(database: Database) -> None:
    principal = who_is_there(database)
    assert principal.roles == ROLES
    assert principal.account_id is not None
    assert principal.display_name == subject_of(database, principal.account_id)


def test_a_person_who_logged_in_has_an_account_of_their_own_and_their_roles(
    database: Database,
) -> None:
    principal = who_is_there(database, Person(ADA, frozenset({"authenticated"})))
    assert principal.display_name == "Ada"
    assert principal.roles == {"anonymous", "authenticated"}
    assert subject_of(database, principal.account_id) == "ada-1"
    assert who_is_there(database, Person(ADA, ROLES)).account_id == principal.account_id


def test_nobody_in_particular_looks_around_without_an_account(database: Database) -> None:
    principal = who_is_there(database, Person(None, frozenset({"anonymous"})))
    assert principal.account_id is None
    assert principal.roles == {"anonymous"}


@pytest.mark.parametrize(
    ("role", "implied"),
    [
        ("admin", {"admin", "authenticated", "anonymous"}),
        ("authenticated", {"authenticated", "anonymous"}),
        ("worker", {"worker", "anonymous"}),
        ("anonymous", {"anonymous"}),
    ],
)
def test_a_role_includes_the_lesser_ones(role: str, implied: set[str]) -> None:
    assert with_implied(frozenset({role})) == implied
