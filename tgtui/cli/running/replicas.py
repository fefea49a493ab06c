"""`tgtui db zero-publication`, `zero-schema` and `drizzle-schema`: what a client needs that replicates the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tgtui.basics.errors import DatabaseError, UsageError
from tgtui.cli.opening import Options, complain
from tgtui.cli.output import emit

if TYPE_CHECKING:
    from tgtui.data.replicas.shape import Scope

ONLY_POSTGRESQL = "SQLite has no publications: only PostgreSQL replicates; set TGTUI_DATABASE_URL."
NOT_MIGRATED = "The database does not have this program's schema yet: run `tgtui db upgrade` first."
NOT_LOGICAL = (
    "Nothing can replicate yet: wal_level is {level}. A superuser runs: ALTER SYSTEM SET wal_level = logical; and starts"
    " the server again (docs/zero.md)."
)
PUBLICATION_EPILOG = """\b
Examples:
  tgtui db zero-publication             the catalogue, as everyone may see it
  tgtui db zero-publication --requests  people's requests too
  tgtui db zero-publication --drop      publish nothing

\b
zero-cache is told the name: ZERO_APP_PUBLICATIONS=tgtui_zero. docs/zero.md has all the steps.
"""
SCHEMA_EPILOG = """\b
Examples:
  tgtui db zero-schema --public > schema.ts      what `db zero-publication` publishes
  tgtui db zero-schema --requests > schema.ts    what it publishes with --requests
  tgtui db drizzle-schema > schema.ts            every table and column
"""
public = click.option("--public", is_flag=True, help="Only what every client may have.")
requests = click.option(
    "--requests", is_flag=True, help="Only that, and people's requests, whose rows are theirs."
)


@click.command(
    "zero-publication", epilog=PUBLICATION_EPILOG, short_help="Publish the catalogue to zero-cache."
)
@click.option("--requests", is_flag=True, help="Publish people's requests, too.")
@click.option("--drop", is_flag=True, help="Publish nothing any more.")
@click.pass_obj
def zero_publication(options: Options, requests: bool, drop: bool) -> None:
    """Publish the public tables and columns of PostgreSQL as `tgtui_zero`, for zero-cache to replicate.

    No accounts, leases or saved searches. Repeating it changes only what is different; `tgtui db upgrade` keeps it so.
    With --requests, the server of queries must let people see only their own.
    """
    from tgtui.data.replicas import publication
    from tgtui.data.storage.database import explained
    from tgtui.data.upkeep import migrate
    from tgtui.services.opening import open_database

    if requests and drop:
        raise UsageError("--drop drops the whole publication: leave out --requests.")
    database = open_database(options.settings())
    try:
        if database.is_sqlite:
            raise UsageError(ONLY_POSTGRESQL)
        if migrate.schema_state(database.engine) != "current":
            raise DatabaseError(NOT_MIGRATED)
        with explained(database.engine), database.engine.begin() as connection:
            if drop:
                was_there = publication.unpublish(connection)
                emit(["It is no longer published." if was_there else "It was not published."])
                return
            made = publication.publish(connection, with_requests=requests)
    finally:
        database.close()
    emit(f"{table:24} {', '.join(columns)}" for table, columns in made.tables.items())
    did = "now publishes" if made.is_changed else "already publishes"
    emit([f"{publication.NAME} {did} these {len(made.tables)} tables."])
    if made.wal_level != "logical":
        complain(NOT_LOGICAL.format(level=made.wal_level))


@click.command(
    "zero-schema", epilog=SCHEMA_EPILOG, short_help="Write the schema for clients of Zero."
)
@public
@requests
def zero_schema(public: bool, requests: bool) -> None:
    """Print the schema for Zero in TypeScript: tables, columns, types, and relations both ways.

    Without an option it has every table, which only a publication of all tables replicates. Needs no database.
    """
    from tgtui.data.replicas import zero

    emit(zero.zero_schema(_scope(public, requests)))


@click.command("drizzle-schema", epilog=SCHEMA_EPILOG, short_help="Write the schema for Drizzle.")
@public
@requests
def drizzle_schema(public: bool, requests: bool) -> None:
    """Print the schema for Drizzle in TypeScript: tables, keys, checks, indexes, and relations both ways.

    To read and to type. `tgtui db upgrade` migrates the database: never push this. Needs no database.
    """
    from tgtui.data.replicas import drizzle

    emit(drizzle.drizzle_schema(_scope(public, requests)))


def _scope(public: bool, requests: bool) -> Scope:
    return "requests" if requests else "public" if public else "all"
