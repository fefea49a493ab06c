"""Puts a backup in the place of an SQLite catalogue, after it was copied, checked and migrated beside it.

The file is not exchanged but written, in one transaction: a program that opens it this moment waits, and then reads
the restored one. Killed before the commit, SQLite's journal brings back what was there.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC
from pathlib import Path

from msgspec import Struct

from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.basics.files.paths import sqlite_url
from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import reading_problem, why
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.file import SqliteFile, code_of
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.backups.copying import (
    DAMAGES,
    IN_USE,
    CopyStep,
    InUse,
    Tell,
    Unreadable,
    bytes_of,
    copy,
    damage_of,
    held,
    open_to_read,
    revision_in,
    to_fill,
)
from tgtui.data.upkeep.backups.files import (
    BackupFailed,
    BackupRefused,
    also_as,
    beside_of,
    is_part_of,
    not_written,
    part_of,
    put_in_place,
    require_space,
    resolved,
)
from tgtui.data.upkeep.backups.shape import Foreign, make_as_new
from tgtui.data.upkeep.backups.taking import Damaged, keep, kept_family

MAGIC = b"SQLite format 3\0"
DAMAGED_NAME = "{file}.{time:%Y%m%dT%H%M%S%fZ}.damaged"
"""Of a file that no program could open; it is never removed."""
LOCK_START = 0x4000_0000
"""Where in a file SQLite's locks are (PENDING_BYTE)."""
LOCK_BYTES = 512


class Restored(Struct, frozen=True):
    """A backup that is the catalogue now."""

    catalogue: Path
    revision: str
    """Of the schema that the backup had; the catalogue has this program's."""
    kept: Path | None
    """Where what was there before is; None if there was nothing, or it was not to be kept."""
    was_damaged: bool
    """What was there could not be opened any more."""
    indexes: int
    """How many indexes the backup lacked, or had other than a new catalogue: they were made again."""


def restore(source: Path, path: Path, tell: Tell, *, kept: int) -> Restored:
    """Make the catalogue at `path` what the backup has. BackupRefused, BackupFailed, InUse, DatabaseError.

    What was there is kept as a backup of a name of its own, of which the newest `kept` stay; 0 keeps none.
    """
    source, catalogue = resolved(source), resolved(path)
    _require_backup(source, catalogue)
    try:
        old_size = _require_free(catalogue)
        new_size = max(source.stat().st_size, _size_with_log(source))
        # The copy, what is kept, the journal of the transaction, and how much larger the file becomes.
        needed = new_size + old_size * (2 if kept else 1) + max(0, new_size - old_size)
        require_space(catalogue.parent, needed, "Restoring")
        with part_of(catalogue) as part:
            revision, indexes = _prepare(source, part, tell)
            kept_as, was_damaged = _replace(part, catalogue, source, tell, kept)
    except OSError as error:
        raise not_written(catalogue, error) from error
    except sqlite3.Error as error:
        said = SqliteFile(catalogue).problem(error) or f"{catalogue} can't be written: {error}."
        raise DatabaseError(f"{said} Nothing was changed.") from error
    return Restored(catalogue, revision, kept_as, was_damaged, indexes)


def _require_backup(source: Path, catalogue: Path) -> None:
    if is_part_of(source, catalogue):
        raise BackupRefused(f"{source} is the catalogue itself; name the backup to restore.")
    found = reading_problem(source)
    if found is None and not source.is_file():
        raise BackupRefused(f"{source} is not a file; name the backup to restore.")
    if found is None:
        try:
            with source.open("rb") as opened:
                begin = opened.read(len(MAGIC))
        except OSError as error:
            found = error
    if found is not None:
        raise BackupRefused(f"The backup {source} can't be read: {why(found)}.")
    if begin != MAGIC:
        raise BackupFailed(
            f"{source} is not a backup of an SQLite catalogue. Nothing was changed. (One of PostgreSQL is restored"
            " with pg_restore: docs/backup.md.)"
        )


def _require_free(catalogue: Path) -> int:
    """The size of what is there, in bytes. InUse, before time is spent on a copy."""
    make_folder(catalogue.parent)
    if not catalogue.exists():
        return 0
    try:
        with held(catalogue) as connection:
            return bytes_of(connection)
    except Unreadable:
        _require_unlocked(catalogue)
        return catalogue.stat().st_size


def _size_with_log(source: Path) -> int:
    log = beside_of(source)[0]
    return source.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _prepare(source: Path, part: Path, tell: Tell) -> tuple[str, int]:
    """Copy, check and migrate it. (the revision that it had, how many indexes were made again). BackupFailed, DatabaseError."""
    copied = f"The copy of {source} in {part.parent}"
    try:
        with to_fill(part) as filled:
            try:
                with closing(open_to_read(source)) as opened:
                    copy(opened, filled, tell, "copying")
            except sqlite3.Error as error:
                if code_of(error) in DAMAGES:
                    raise _damaged(source, str(error)) from error
                raise not_written(copied, error, part) from error
            if damage := damage_of(filled, tell):
                raise _damaged(source, damage)
            revision = revision_in(filled)
    except sqlite3.Error as error:
        raise not_written(copied, error, part) from error
    if revision is None:
        raise BackupFailed(f"{source} is not a catalogue of tgtui. Nothing was changed.")
    if revision > migrate.HEAD:
        raise BackupFailed(
            f"{source} was made by a newer tgtui (schema {revision}, this one knows up to {migrate.HEAD});"
            " update tgtui, then restore it. Nothing was changed."
        )
    _migrate(source, part, revision, tell)
    return revision, _mend(source, part)


def _migrate(source: Path, part: Path, revision: str, tell: Tell) -> None:
    engine = open_engine(parse_url(sqlite_url(part)))
    try:
        if revision < migrate.HEAD:
            tell(CopyStep("upgrading"))
            try:
                migrate.upgrade(engine)
            except DatabaseError as error:
                raise BackupFailed(
                    f"{source} can't be upgraded, so it is no whole catalogue of tgtui, or the disk is full."
                    f" {str(error).rstrip('.')}. Nothing was changed."
                ) from error
    finally:
        engine.dispose()


def _mend(source: Path, part: Path) -> int:
    """How many indexes were made again. BackupFailed, sqlite3.Error."""
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        try:
            return make_as_new(connection)
        except Foreign as error:
            raise BackupFailed(
                f"{source} is no whole catalogue of tgtui: {error}. Nothing was changed."
            ) from error


def _replace(
    part: Path, catalogue: Path, source: Path, tell: Tell, kept: int
) -> tuple[Path | None, bool]:
    """Where what was there is kept, and whether it was damaged."""
    with suppress(FileExistsError):
        os.close(create(catalogue))
    has_content = catalogue.stat().st_size > 0
    try:
        with held(catalogue) as connection:
            kept_as = None
            if kept and has_content:
                kept_as = _keep(connection, catalogue, source, tell, kept)
            with closing(open_to_read(part)) as prepared:
                copy(prepared, connection, tell, "replacing")
            return kept_as, False
    except Unreadable:
        return _move_away(part, catalogue), True


def _keep(
    connection: sqlite3.Connection, catalogue: Path, source: Path, tell: Tell, kept: int
) -> Path:
    """As a backup; if it is damaged, as it is and for good."""
    file = SqliteFile(catalogue)
    try:
        return keep(connection, file, kept, tell, stage="keeping", spared={source})
    except Damaged:
        pass
    except sqlite3.DatabaseError as error:
        if code_of(error) not in DAMAGES:
            raise
    name = _damaged_name(catalogue)
    with part_of(name, kept_family(catalogue)) as copied:
        with to_fill(copied) as filled:
            copy(connection, filled, tell, "keeping")
        put_in_place(copied, name, force=False)
    return name


def _move_away(part: Path, catalogue: Path) -> Path:
    """Exchange a file that no program can open. It has its name until the new one has it, and another from the start."""
    _require_unlocked(catalogue)
    name = _damaged_name(catalogue)
    also_as(catalogue, name)
    # A log of the damaged one would be taken for one of the new one.
    for beside, other in zip(beside_of(catalogue), beside_of(name), strict=True):
        if beside.exists():
            also_as(beside, other)
            beside.unlink()
    put_in_place(part, catalogue, force=True)
    return name


def _damaged_name(catalogue: Path) -> Path:
    time = clock.now().astimezone(UTC)
    return catalogue.with_name(DAMAGED_NAME.format(file=catalogue.name, time=time))


def _require_unlocked(catalogue: Path) -> None:
    """InUse if a program opened the file before it was damaged: SQLite does not get as far as its locks."""
    if os.name == "nt":
        return  # where a file that is open can't be exchanged
    import fcntl

    with catalogue.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES, LOCK_START)
        except OSError:
            raise InUse(IN_USE) from None


def _damaged(source: Path, damage: str) -> BackupFailed:
    return BackupFailed(
        f"The backup {source} is damaged ({damage}); restore an older one. Nothing was changed."
    )
