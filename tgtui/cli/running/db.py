"""`tgtui db`: creates, migrates, describes and backs up the catalogue's database."""

from __future__ import annotations

import sys
from typing import Any

import click

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import size
from tgtui.cli.opening import Options, complain
from tgtui.cli.output import emit, emit_json, fields
from tgtui.cli.running.backups import backup, restore
from tgtui.cli.running.bar import Bar
from tgtui.cli.running.grants import grants
from tgtui.cli.running.replicas import drizzle_schema, zero_publication, zero_schema
from tgtui.cli.running.shared import set_shared

MIGRATION_DUE = 1

EPILOG = """\b
Examples:
  tgtui db status                    its location, schema and contents
  tgtui db upgrade                   create it, or migrate it to this program's schema
  tgtui db backup garden.backup      write a backup, while programs work
  tgtui db restore garden.backup     put it in the catalogue's place
  tgtui db grants --apply            let PostgreSQL restrict each login to its role
  tgtui db set pypi.python_version 3.12
                                     all workers follow it
  tgtui db zero-publication          let a web front replicate it (docs/zero.md)
"""


@click.group(epilog=EPILOG, short_help="Create, migrate, describe or back up the database.")
def db() -> None:
    """Describe the database, migrate it to this program's schema, back it up or restore it."""


for command in (backup, restore, grants, set_shared, zero_publication, zero_schema, drizzle_schema):
    db.add_command(command)


@db.command()
@click.pass_obj
def upgrade(options: Options) -> None:
    """Create the database, or migrate it to this program's schema. Starting tgtui does the same.

    A file with data is backed up first, beside it: backups_kept says how many such backups are kept.
    """
    from tgtui.data.upkeep import migrate
    from tgtui.data.upkeep.status import location_of
    from tgtui.services.opening import prepare_database

    _tell_of_listeners(options)
    with Bar("backup", quiet=False) as bar:
        prepared = prepare_database(options.settings(), bar.tell)
    try:
        where = location_of(prepared.database.engine)
    finally:
        prepared.database.close()
    if prepared.is_new:
        did = "was created, with its first tags and requests"
    elif prepared.is_migrated:
        did = f"was migrated to schema {migrate.HEAD}"
    else:
        did = f"already has schema {migrate.HEAD}"
    emit(fields([("database", where), ("backup", prepared.backup)]))
    emit([f"The catalogue {did}."])


def _tell_of_listeners(options: Options) -> None:
    """What a migration that is due will do to those who replicate the database."""
    from tgtui.data.replicas.listeners import listeners_of
    from tgtui.data.upkeep import migrate
    from tgtui.services.opening import open_database

    database = open_database(options.settings())
    try:
        if not database.is_sqlite and migrate.schema_state(database.engine) == "behind":
            for sentence in database.read_now(listeners_of).at_migration():
                complain(sentence)
    finally:
        database.close()


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Only the exit code: nothing is counted, for a probe."
)
@click.pass_obj
def status(options: Options, as_json: bool, quiet: bool) -> None:
    """Show the location, schema and contents of the database. Changes nothing.

    Exits with 0 if it is ready, 1 if `tgtui db upgrade` is needed, 3 if it can't be used. One that can only be read is
    ready, and says so.
    """
    settings = options.settings()
    facts: dict[str, Any] = {}
    try:
        _look(settings.effective_database_url, facts, counts=not quiet)
    except TgtuiError as error:
        if quiet:
            raise
        facts |= {"state": "unusable", "error": str(error)}
        _print(facts, as_json)
        sys.exit(error.exit_code)
    if not quiet:
        _print(facts, as_json)
    if facts["state"] != "current":
        sys.exit(MIGRATION_DUE)


def _look(url: str, facts: dict[str, Any], *, counts: bool) -> None:
    """Fill `facts` as far as possible; `counts` rows too, which takes a while where there are many. TgtuiError if the database can't be used."""
    from tgtui.data.access.logins import login_of
    from tgtui.data.replicas.listeners import listeners_of
    from tgtui.data.storage.database import Database
    from tgtui.data.storage.engine import open_engine, parse_url
    from tgtui.data.storage.file import SqliteFile
    from tgtui.data.upkeep import migrate
    from tgtui.data.upkeep.status import (
        catalogue_counts,
        file_of,
        location_of,
        reads_only,
        revision_of,
    )

    parsed = parse_url(url)
    facts["backend"] = parsed.get_backend_name()
    facts["location"] = location_of(parsed)
    file = file_of(parsed)
    if file is not None and SqliteFile(file).is_absent:
        facts |= {"state": "absent", "revision": None, "known_revision": migrate.HEAD}
        return
    database = Database(open_engine(parsed))
    try:
        facts["known_revision"] = migrate.HEAD
        facts["revision"] = database.read_now(revision_of)
        facts["state"] = migrate.schema_state(database.engine)
        listening = database.read_now(listeners_of)
        if listening.triggers or listening.slots:
            facts["event_triggers"] = [trigger.name for trigger in listening.triggers]
            facts["slots"] = [
                {
                    "name": slot.name,
                    "read": slot.is_read,
                    "lost": slot.is_lost,
                    "held_bytes": slot.held_bytes,
                }
                for slot in listening.slots
            ]
            is_due = facts["state"] == "behind"
            facts["notes"] = [*(listening.at_migration() if is_due else listening.abandoned())]
        if facts["state"] == "current":
            login = database.read_now(login_of)
            if login.name is not None:
                facts |= {"login": login.name, "roles": sorted(login.roles)}
                facts["guarded"] = login.is_restricted
            facts["writable"] = not (sentence := reads_only(database))
            if sentence:
                facts["reads_only"] = sentence
            if counts:
                facts["counts"] = database.read_now(catalogue_counts)
    finally:
        database.close()


SENTENCES = {
    "absent": "It is created at the first start of tgtui, or by `tgtui db upgrade`.",
    "empty": "It is empty. Starting tgtui fills it, and so does `tgtui db upgrade`.",
    "behind": "It is older than this program. Starting tgtui migrates it, and so does `tgtui db upgrade`.",
    "current": "It is ready.",
}


def _login_fields(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """On PostgreSQL: who is connected and with which roles."""
    if "login" not in facts:
        return []
    by = "enforced by the database" if facts["guarded"] else "not enforced by the database"
    return [("login", facts["login"]), ("roles", f"{', '.join(facts['roles']) or 'none'} ({by})")]


def _listener_fields(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """On PostgreSQL: who replicates the database."""
    found = (
        [("event triggers", ", ".join(facts["event_triggers"]))]
        if facts.get("event_triggers")
        else []
    )
    for slot in facts.get("slots", ()):
        held = "lost" if slot["lost"] else f"holds {size(slot['held_bytes'])} of WAL"
        reader = "" if slot["lost"] else "read, " if slot["read"] else "not read, "
        found.append((f"slot {slot['name']}", f"{reader}{held}"))
    return found


def _print(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit_json(facts)
        return
    from tgtui.output.requests import STATE_WORDS

    words = {f"requests {state}": f"requests {word}" for state, word in STATE_WORDS.items()}
    emit(
        fields(
            [
                ("backend", facts.get("backend")),
                ("location", facts.get("location")),
                ("state", facts["state"]),
                ("schema", facts.get("revision")),
                *_login_fields(facts),
                *_listener_fields(facts),
                *(
                    (words.get(name, name), f"{count:,}")
                    for name, count in facts.get("counts", {}).items()
                ),
            ]
        )
    )
    emit([facts.get("error") or facts.get("reads_only") or SENTENCES[facts["state"]]])
    for note in facts.get("notes", ()):
        complain(note)
