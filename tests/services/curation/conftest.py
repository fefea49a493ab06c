"""People of every role, and what they do, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.support import rows
from tgtui.data.storage.database import Database
from tgtui.identity.people import Principal
from tgtui.services.curation import Curating

ROLES = {
    "anonymous": frozenset({"anonymous"}),
    "authenticated": frozenset({"anonymous", "authenticated"}),
    "admin": frozenset({"anonymous", "authenticated", "admin"}),
    "worker": frozenset({"anonymous", "worker"}),
}
"""What the people of each kind may be."""

Person = Callable[[str, str], Principal]


@pytest.fixture
def person(database: Database) -> Person:
    """`person(role, name)`: somebody with an account of their own."""

    def make(role: str, name: str) -> Principal:
        account: UUID = database.write_now(rows.add_account, name)
        return Principal(account, name.title(), ROLES[role])

    return make


@pytest.fixture
def ada(person: Person) -> Principal:
    """An admin."""
    return person("admin", "ada")


@pytest.fixture
def curating(database: Database, ada: Principal) -> Curating:
    """What ada does."""
    return Curating(database, lambda: ada, lambda kind, package: None)
