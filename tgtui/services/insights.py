"""What the person who uses the program may do about insights. Roles are checked here."""

from __future__ import annotations

from uuid import UUID

from tgtui.basics.errors import UsageError
from tgtui.data.insights import people
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import RecordedOf
from tgtui.identity.people import Principal
from tgtui.identity.roles import require


def person_meant(database: Database, principal: Principal, name: str | None) -> UUID:
    """The account of the person with this name, which only an admin may ask for; else the principal's own.

    NotAllowed; UsageError if there is no such person, or more than one.
    """
    if name is None:
        if principal.account_id is None:
            require(principal, "authenticated", "")
            raise UsageError("Nothing is recorded of you: you have no account here.")
        return principal.account_id
    require(principal, "admin", "")
    found = database.read_now(people.accounts_called, name)
    if not found:
        raise UsageError(f"There is no one called {name[:60]!r} here.")
    if len(found) > 1:
        raise UsageError(f"{len(found)} people are called {name[:60]!r}; give the login's name.")
    return found[0]


def recorded(database: Database, account_id: UUID) -> RecordedOf:
    """What is recorded of a person. UsageError if the account is gone."""
    found = database.read_now(people.recorded_of, account_id)
    if found is None:
        raise UsageError("That account is not there any more.")
    return found


def set_part(database: Database, account_id: UUID, *, takes_part: bool) -> None:
    """Let a person appear in the insights about people, or no more."""
    database.write_now(people.take_part if takes_part else people.stay_out, account_id)


def forget(database: Database, account_id: UUID) -> int:
    """Delete what is recorded of a person for insights; returns how many interactions."""
    return database.write_now(people.forget, account_id)
