"""`tgtui db grants`: lets PostgreSQL itself restrict each login to its role."""

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
    "SQLite has no logins: anyone who can write the file can do everything. Grants are for PostgreSQL;"
    " set TGTUI_DATABASE_URL."
)
NOT_MIGRATED = "The database does not have this program's schema yet: run `tgtui db upgrade` first."

AS_WRITTEN = ("SET LOCAL client_encoding = 'UTF8'", "SET LOCAL client_min_messages = warning")
"""The owner can set another one for all sessions of its database, in which a name could end where it should not."""

EPILOG = """\b
Examples:
  tgtui db grants                    print the SQL, to review or to hand to an administrator
  tgtui db grants --apply            run it in one transaction; repeat when limits change
  tgtui db grants | psql techgarden  the same

\b
A superuser runs the SQL the first time, which creates the four group roles. Later
the owner of the tables can apply it. A superuser creates a login for each person:
  CREATE ROLE ada LOGIN PASSWORD '...' IN ROLE tgtui_member;
docs/team.md has all the steps, docs/security.md says what each role may do.
"""


@click.command(epilog=EPILOG, short_help="Let PostgreSQL restrict each login to its role.")
@click.option("--apply", "is_applied", is_flag=True, help="Run it in one transaction.")
@click.pass_obj
def grants(options: Options, is_applied: bool) -> None:
    """Print the SQL that makes PostgreSQL guard the catalogue: group roles, grants, row-level security, functions.

    Restricted logins are bound by the current values of limits.requests_per_hour and limits.cooldown_minutes.
    Repeating it changes only what is different. `tgtui db upgrade` also guards what it adds.
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
        with explained(database.engine), database.engine.begin() as connection:
            found = sql.standing(connection)
            if is_applied:
                if found.obstacles:
                    raise DatabaseError(" ".join(found.obstacles))
                sql.apply(connection, found, limits)
        if is_applied:
            with explained(database.engine), database.engine.connect() as connection:
                found = sql.standing(connection)
    finally:
        database.close()
    if is_applied:
        emit(_applied(found, limits))
    else:
        printed = (*AS_WRITTEN, *sql.statements(found, limits))
        emit(["BEGIN;", *(f"{statement};" for statement in printed), "COMMIT;"])
        for obstacle in found.obstacles:
            complain(obstacle)
    for warning in _warnings(found):
        complain(warning)


def _applied(found: Standing, limits: PeopleLimits) -> Iterator[str]:
    yield "The database now restricts each login to its role."
    yield (
        f"Restricted logins: {limits.requests_per_hour} requests an hour,"
        f" {limits.cooldown_minutes} minutes before a package can be requested again."
    )
    for group, logins in found.members.items():
        yield f"{group:16} {', '.join(logins) or '-'}"
    if not any(found.members.values()):
        yield "No login has a role yet: CREATE ROLE ada LOGIN PASSWORD '...' IN ROLE tgtui_member;"


def _warnings(found: Standing) -> Iterator[str]:
    from tgtui.data.access.grants import AS_SUPERUSER

    if found.is_owner_superuser:
        yield (
            f"The tables belong to {found.owner}, a superuser, and the functions run with its rights; a separate"
            " owner is safer: REASSIGN OWNED (docs/team.md)."
        )
    for role, power in found.powers:
        if power == "CREATEROLE":
            yield (
                f"{role} has CREATEROLE, with which it can give itself a shell on the server (before PostgreSQL"
                f" 16), and tgtui does not need it. A superuser should run: ALTER ROLE {role} NOCREATEROLE;"
                " docs/team.md says what else to check."
            )
        else:
            yield (
                f"{role} is a member of {power}, with which it reaches files or programs of the server, and tgtui"
                f" does not need it. A superuser should run: REVOKE {power} FROM {role};"
            )
    if found.creators:
        yield (
            f"These roles can create objects in the schema {found.schema}, and so act as {found.owner}:"
            f" {', '.join(found.creators)}. Run, as the schema's owner:"
            f" REVOKE CREATE ON SCHEMA {found.schema} FROM {', '.join(found.creators)};"
        )
    if found.is_harm_open:
        yield (
            "Every login can still fill the disk with large objects, and stop workers with advisory locks."
            f" {AS_SUPERUSER}"
        )
    if found.strangers:
        yield (
            f"These roles have rights to the tables outside the groups: {', '.join(found.strangers)}."
            f" Unless that is intended: REVOKE ALL ON ALL TABLES IN SCHEMA {found.schema} FROM them."
        )
