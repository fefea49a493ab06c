"""`tgtui db grants`: has PostgreSQL itself hold every login to its role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tgtui.basics.errors import DatabaseError, UsageError
from tgtui.cli.opening import Options, complain
from tgtui.cli.output import emit

if TYPE_CHECKING:
    from tgtui.data.access.grants import PeopleLimits, Standing

NO_LOGINS = (
    "SQLite has no logins: whoever may write the file may do everything. Grants are for PostgreSQL;"
    " set TGTUI_DATABASE_URL."
)
NOT_MIGRATED = "The database has no schema of this tgtui yet: run `tgtui db upgrade` first."

EPILOG = """\b
Examples:
  tgtui db grants                    the SQL, to read or to give to whoever may run it
  tgtui db grants --apply            run it, all or nothing; again after a change of limits
  tgtui db grants | psql techgarden  the same

\b
The owner of the tables may apply it, where the four group roles exist or it may make
them (CREATEROLE); a superuser may always. Then one login a person:
  CREATE ROLE ada LOGIN PASSWORD '...' IN ROLE tgtui_member;
docs/team.md has it all in order, docs/security.md says what each role may do.
"""


@click.command(epilog=EPILOG, short_help="Have PostgreSQL hold each login to its role.")
@click.option("--apply", "is_applied", is_flag=True, help="Run it, in one transaction.")
@click.pass_obj
def grants(options: Options, is_applied: bool) -> None:
    """Print what makes PostgreSQL guard the catalogue: group roles, grants, row-level security, functions.

    Restricted logins are held to the settings limits.requests_per_hour and limits.cooldown_minutes as they are
    here and now. Repeated, it changes only what is different. `tgtui db upgrade` guards what it adds by itself.
    """
    from tgtui.data.access import grants as sql
    from tgtui.data.storage.database import explained
    from tgtui.data.upkeep import migrate
    from tgtui.services.opening import open_database

    settings = options.settings()
    limits = sql.PeopleLimits(settings.limits.requests_per_hour, settings.limits.cooldown_minutes)
    database = open_database(settings)
    try:
        if database.is_sqlite:
            raise UsageError(NO_LOGINS)
        if migrate.schema_state(database.engine) != "current":
            raise DatabaseError(NOT_MIGRATED)
        with explained(), database.engine.begin() as connection:
            found = sql.standing(connection)
            if is_applied:
                if found.obstacles:
                    raise DatabaseError(" ".join(found.obstacles))
                sql.apply(connection, found, limits)
        if is_applied:
            with explained(), database.engine.connect() as connection:
                found = sql.standing(connection)
    finally:
        database.close()
    if is_applied:
        emit(_applied(found, limits))
    else:
        emit(
            ["BEGIN;", *(f"{statement};" for statement in sql.statements(found, limits)), "COMMIT;"]
        )
        for obstacle in found.obstacles:
            complain(obstacle)
    for warning in _warnings(found):
        complain(warning)


def _applied(found: Standing, limits: PeopleLimits) -> Iterator[str]:
    yield "The database holds every login to its role now."
    yield (
        f"Restricted logins: {limits.requests_per_hour} requests an hour,"
        f" {limits.cooldown_minutes} minutes before what a registry refused is asked for again."
    )
    for group, logins in found.members.items():
        yield f"{group:16} {', '.join(logins) or '-'}"
    if not any(found.members.values()):
        yield "Nobody has a role yet: CREATE ROLE ada LOGIN PASSWORD '...' IN ROLE tgtui_member;"


def _warnings(found: Standing) -> Iterator[str]:
    if found.is_owner_superuser:
        yield (
            f"The tables belong to {found.owner}, a superuser, with whose rights the functions run; a login of"
            " their own is safer: REASSIGN OWNED (docs/team.md)."
        )
    if found.is_schema_open and not found.is_schema_owner:
        yield (
            f"Everybody may make tables in the schema {found.schema}; have its owner run:"
            f" GRANT ALL ON SCHEMA {found.schema} TO {found.owner};"
            f" REVOKE CREATE ON SCHEMA {found.schema} FROM PUBLIC;"
        )
    if found.strangers:
        yield (
            f"These roles have rights to the tables that no group gives them: {', '.join(found.strangers)}."
            " REVOKE ALL ON ALL TABLES IN SCHEMA "
            f"{found.schema} FROM them, unless that is meant."
        )
