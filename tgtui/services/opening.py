"""Opens the database that the settings name, ready to be read: no network, no worker."""

from __future__ import annotations

from dataclasses import dataclass

from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import Settings
from tgtui.data.access.accounts import ensure_account
from tgtui.data.access.logins import login_of, with_implied
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.seeds import is_empty, seed
from tgtui.identity.people import LOG_IN, Person, Principal, login_person

NOT_MIGRATED = {
    "behind": (
        "The database is older than this tgtui, and this login may not change that;"
        " ask whoever keeps it to run `tgtui db upgrade`."
    ),
    "empty": (
        "The database is empty, and this login may not make tables in it; ask whoever keeps it to run"
        " `tgtui db upgrade`, or check TGTUI_DATABASE_URL."
    ),
}
"""By the state of its schema: what is said to a login that can't mend it."""
NO_ROLE = (
    "The database's login {login} has no role in this catalogue; ask whoever keeps it for one:"
    " GRANT tgtui_member TO {login} (to read only: tgtui_anonymous)."
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database at this program's schema."""

    database: Database
    is_migrated: bool
    """Its schema was made or changed just now."""
    is_new: bool
    """It was empty, and has its first tags and requests now."""


def open_database(settings: Settings) -> Database:
    """Not migrated, not looked at yet; SQLite's folder is made."""
    try:
        return Database(open_engine(parse_url(settings.effective_database_url)))
    except OSError as error:
        raise DatabaseError(
            f"The folder of the catalogue can't be made ({error}); set TGTUI_DATA_DIR to one you may write."
        ) from None


def prepare_database(settings: Settings) -> Prepared:
    """Migrated if that is due, and filled if it was empty. TgtuiError, with what to do, if it can't be."""
    database = open_database(settings)
    try:
        state = migrate.schema_state(database.engine)
        if state != "current" and not database.read_now(migrate.may_migrate):
            raise DatabaseError(NOT_MIGRATED[state])
        is_migrated = migrate.upgrade(database.engine)
        is_new = False
        if not database.read_now(login_of).is_restricted:
            # Asked every time: the program that migrated may have ended before it got here.
            is_new = database.read_now(is_empty) and database.write_now(seed)
    except BaseException:
        database.close()
        raise
    return Prepared(database, is_migrated, is_new)


def who_is_there(database: Database, person: Person | None = None) -> Principal:
    """Who uses the program, with an account in this catalogue, and what they may do in it.

    `person` is who logged in to an identity provider; without one it is whoever the database's login is. Their roles
    are narrowed to those of the login. A login that the database restricts acts for its own account, whoever logged in.
    """
    login = database.read_now(login_of)
    if not login.roles:
        raise DatabaseError(NO_ROLE.format(login=login.name))
    person = login_person(login) if person is None else person
    roles = with_implied(person.roles) & login.roles
    identity = login_person(login).identity if login.is_restricted else person.identity
    account_id = None
    if identity is not None and "authenticated" in roles:
        account_id = database.write_now(
            ensure_account, identity.issuer, identity.subject, identity.display_name
        )
    shown = person.identity or login_person(login).identity
    hint = LOG_IN if person.identity is None and "authenticated" in login.roles else ""
    return Principal(account_id, shown.display_name if shown is not None else "", roles, hint)
