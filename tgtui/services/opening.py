"""Opens the settings' database, migrated and ready to read: no network, no worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics.errors import DatabaseError, DatabaseReadOnly, SettingsError
from tgtui.basics.logfields import fields
from tgtui.basics.settings import Settings, setting_names
from tgtui.data.access.accounts import ensure_account, find_account
from tgtui.data.access.logins import login_of, with_implied
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.times import database_now
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.backups.copying import Tell, ignore
from tgtui.data.upkeep.backups.taking import back_up_before_change
from tgtui.data.upkeep.seeds import is_empty, seed
from tgtui.data.upkeep.shared_settings import propose_settings, shared_settings
from tgtui.data.versions.advisories.here import RELEASE
from tgtui.identity.people import LOG_IN, Person, Principal, login_person
from tgtui.registries.registered import REGISTERED
from tgtui.registries.registration import RegistryOptions, registration
from tgtui.services.privacy import close_ours

NOT_MIGRATED = {
    "behind": (
        "The database is older than this tgtui, and this login may not migrate it;"
        " ask the administrator to run `tgtui db upgrade`."
    ),
    "empty": (
        "The database is empty, and this login may not create tables in it; ask the administrator to run"
        " `tgtui db upgrade`, or check TGTUI_DATABASE_URL. To let this login create them: {grant};"
    ),
}
"""By the state of the schema: the message for a login that can't migrate it."""
NO_ROLE = (
    "The database login {login} has no role in this catalogue; ask the administrator for one:"
    " GRANT tgtui_member TO {login} (to read only: tgtui_anonymous)."
)

BACKED_UP = (
    f"The catalogue was migrated to schema {migrate.HEAD}. What was there before is in {{backup}}."
)

log = logging.getLogger("tgtui")


class Prepared(Struct, frozen=True):
    """A database at this program's schema."""

    database: Database
    is_migrated: bool
    """Its schema was just created or migrated."""
    is_new: bool
    """It was empty and just got its first tags and requests."""
    backup: Path | None = None
    """What was there before the migration, on SQLite."""


def open_database(settings: Settings) -> Database:
    """Open it without looking at its schema. SettingsError for a wrong URL."""
    engine = open_engine(parse_url(settings.effective_database_url), settings.database_connections)
    engine.update_execution_options(**{RELEASE: settings.apt.release})
    return Database(engine)


def prepare_database(
    settings: Settings,
    tell: Tell = ignore,
    *,
    on_open: Callable[[Database], object] = lambda _: None,
) -> Prepared:
    """Open it, migrate it if needed, and fill it if it was empty. TgtuiError with a remedy.

    A file with data is backed up before it is migrated; `tell` hears of that. `on_open` gets the database before it is
    connected to, for another thread to call its `leave`.
    """
    close_ours(settings)
    database = open_database(settings)
    on_open(database)
    try:
        database.read_now(database_now)  # keys are made by its clock from now on
        state = migrate.schema_state(database.engine)
        if state != "current" and not database.read_now(migrate.may_migrate):
            grant = database.read_now(migrate.missing_right)
            raise DatabaseError(NOT_MIGRATED[state].format(grant=grant))
        backup: Path | None = None

        def back_up() -> None:
            nonlocal backup
            backup = back_up_before_change(database.engine, settings.backups_kept, tell)
            if backup is not None:
                log.info("backed up before the upgrade", extra=fields(file=str(backup)))

        is_migrated = migrate.upgrade(database.engine, back_up)
        is_new = False
        if not database.read_now(login_of).is_restricted:
            # Checked every time: the program that migrated may have stopped before it got here.
            is_new = database.read_now(is_empty) and database.write_now(seed)
    except BaseException:
        database.close()
        raise
    return Prepared(database, is_migrated, is_new, backup)


def settings_here(
    settings: Settings, database: Database, principal: Principal
) -> tuple[Settings, Mapping[str, str]]:
    """The settings with those that the catalogue has for all its workers, and the latter by name.

    On a server, where any number of machines work on a catalogue, the first worker says what it works for.
    """
    shared = database.read_now(shared_settings)
    if not shared and not database.is_sqlite and principal.can("worker"):
        try:
            shared = database.write_now(propose_settings, own_of(settings))
        except DatabaseError as error:  # the next start tries again
            log.info("what all workers work for was not stored: %s", error)
    return adopted(settings, shared), shared


def own_of(settings: Settings) -> dict[str, str]:
    """What this program would do by its own settings, of what all workers should do in the same way. Wrong ones, which
    are told when they are used, say nothing."""
    options, found = RegistryOptions.of(settings), dict[str, str]()
    for registry in REGISTERED:
        with suppress(SettingsError):
            own = registration(registry).shared(options)
            found |= {f"{registry}.{name}": value for name, value in own.items()}
    return found


def adopted(settings: Settings, shared: Mapping[str, str]) -> Settings:
    """With a catalogue's own in place of this program's. Those that a newer program stored are left out."""
    known = setting_names()
    for name, value in shared.items():
        section, _dot, key = name.partition(".")
        if name in known:
            changed = replace(getattr(settings, section), **{key: value})
            settings = replace(settings, **{section: changed})
    return settings


def differences(settings: Settings, shared: Mapping[str, str]) -> list[str]:
    """Where this program's own settings, or its machine, differ from the catalogue's, a sentence each."""
    own = own_of(settings) if shared else {}
    return [
        f"{name} is {value} in this catalogue, for all its workers; {own[name]}, as it would be here, does not count."
        for name, value in shared.items()
        if own.get(name, value) != value
    ]


def who_is_there(database: Database, person: Person | None = None) -> Principal:
    """Who uses the program, with their account and roles in this catalogue. DatabaseError if the login has no role.

    `person` is who logged in to an identity provider; without one it is the database's login. Their roles are
    narrowed to those of that login. A login that the database restricts always acts for its own account.
    """
    login = database.read_now(login_of)
    if not login.roles:
        raise DatabaseError(NO_ROLE.format(login=login.name))
    person = login_person(login) if person is None else person
    roles = with_implied(person.roles) & login.roles
    identity = login_person(login).identity if login.is_restricted else person.identity
    account_id, hint = None, ""
    if identity is not None and "authenticated" in roles:
        known = (identity.issuer, identity.subject, identity.display_name)
        try:
            account_id = _account_of(database, *known)
        except DatabaseReadOnly as error:
            roles, hint = roles & {"anonymous"}, str(error)
    shown = person.identity or login_person(login).identity
    if person.identity is None and "authenticated" in login.roles:
        hint = LOG_IN
    return Principal(account_id, shown.display_name if shown is not None else "", roles, hint)


def _account_of(database: Database, issuer: str, subject: str, display_name: str) -> UUID:
    """Read first: a catalogue that can only be read knows most of its people."""
    found = database.read_now(find_account, issuer, subject) if database.is_sqlite else None
    return found or database.write_now(ensure_account, issuer, subject, display_name)
