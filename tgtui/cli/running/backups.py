"""`tgtui db backup` and `tgtui db restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import size
from tgtui.cli.opening import Options
from tgtui.cli.output import emit, fields
from tgtui.cli.running.bar import Bar

if TYPE_CHECKING:
    from tgtui.data.upkeep.backups.restoring import Restored

NO_STREAM = "A backup is a file: name one, not -, and copy it from there."


class _File(click.Path):
    """A path; - would be taken for standard output or input, where no backup can be."""

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> Any:
        if value == "-":
            raise UsageError(NO_STREAM)
        return super().convert(value, param, context)


FILE = _File(path_type=Path)

BACKUP_EPILOG = """\b
Examples:
  tgtui db backup garden.backup            while tgtui and workers run
  tgtui db backup --force garden.backup    in place of an older one
  tgtui db restore garden.backup           put it back

\b
On SQLite the backup is one file, the catalogue as it was when the copy began;
no program waits for it. Before an upgrade changes the file, tgtui backs it up by
itself, beside it (backups_kept says how many are kept). On PostgreSQL pg_dump
writes it, if it is on this machine and not older than the server.
docs/backup.md says when to back up, and what is not in a backup.

\b
Exit codes: 0 the backup is complete; 1 it could not be written (the disk, pg_dump);
2 FILE exists, or can't be a backup; 3 the catalogue can't be read; 130 Ctrl-C.
Unless it is 0, no file was written and an older one is as it was.
"""

RESTORE_EPILOG = """\b
Examples:
  tgtui db restore garden.backup
  tgtui --data-dir /srv/garden db restore garden.backup

\b
Leave tgtui everywhere first: the app, workers, other commands. The backup is
checked before it replaces anything. One of an older tgtui is upgraded, one of a
newer tgtui is refused. What was there is kept as a backup beside the catalogue
(backups_kept; with 0 it is not). If restoring is interrupted, even by a power
cut, what was there is there again.

\b
Exit codes: 0 restored; 1 FILE is damaged, newer, or not a catalogue, or the disk is
full or can't be written; 2 FILE can't be read; 3 a program has the catalogue open,
or it can't be used; 130 Ctrl-C. Unless it is 0, the catalogue is as it was.
"""

ON_A_SERVER = "A catalogue on PostgreSQL is restored with pg_restore, into a new database: docs/backup.md has the commands."


@click.command(epilog=BACKUP_EPILOG, short_help="Write a backup while programs work.")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.pass_obj
def backup(options: Options, file: Path, force: bool, quiet: bool) -> None:
    """Write a backup of the catalogue to FILE: whole, or not at all."""
    from tgtui.data.storage.engine import parse_url
    from tgtui.data.upkeep.backups.taking import back_up
    from tgtui.data.upkeep.status import file_of

    settings = options.settings()
    path = file_of(parse_url(settings.effective_database_url))
    with Bar("backup", quiet) as bar:
        if path is not None:
            made = back_up(path, file, bar.tell, force=force)
        else:
            # PostgreSQL's driver takes a while to import.
            from tgtui.data.upkeep.backups.dumping import dump
            from tgtui.services.opening import open_database

            database = open_database(settings)
            try:
                made = dump(database.engine, file, bar.tell, force=force)
            finally:
                database.close()
    emit(fields([("backup", made.path), ("size", size(made.size)), ("schema", made.revision)]))
    emit(["The backup is complete."])


@click.command(epilog=RESTORE_EPILOG, short_help="Put a backup in the catalogue's place.")
@click.argument("file", type=FILE)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.pass_obj
def restore(options: Options, file: Path, quiet: bool) -> None:
    """Make the catalogue what the backup in FILE has, while no other program has it open."""
    from tgtui.data.storage.engine import parse_url
    from tgtui.data.upkeep.backups.restoring import restore as restore_
    from tgtui.data.upkeep.status import file_of

    settings = options.settings()
    path = file_of(parse_url(settings.effective_database_url))
    if path is None:
        raise UsageError(ON_A_SERVER)
    with Bar("restore", quiet) as bar:
        restored = restore_(file, path, bar.tell, kept=settings.backups_kept)
    emit(fields([("catalogue", restored.catalogue), ("kept", restored.kept)]))
    emit([_outcome(restored)])


def _outcome(restored: Restored) -> str:
    from tgtui.data.upkeep import migrate

    upgraded = (
        f", upgraded from schema {restored.revision} to {migrate.HEAD}"
        if restored.revision != migrate.HEAD
        else ""
    )
    before = {
        (True, True): " The damaged file that was there is kept as it is.",
        (True, False): " What was there before is kept as a backup.",
    }.get((restored.kept is not None, restored.was_damaged), "")
    indexes = (
        f" Missing or other indexes were made again, as a new catalogue has them: {restored.indexes}."
        if restored.indexes
        else ""
    )
    return f"The catalogue is restored{upgraded}.{indexes}{before}"
