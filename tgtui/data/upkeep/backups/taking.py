"""Takes a backup of an SQLite catalogue, when someone asks for one or before the schema is changed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from datetime import UTC
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine

from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.data.storage.engine import file_behind
from tgtui.data.storage.file import SqliteFile
from tgtui.data.upkeep.backups.copying import (
    Tell,
    bytes_of,
    copy,
    damage_of,
    ignore,
    in_one_file,
    revision_in,
    to_fill,
)
from tgtui.data.upkeep.backups.files import (
    BackupFailed,
    not_written,
    part_of,
    put_in_place,
    require_space,
    resolved,
    target_of,
)
from tgtui.data.upkeep.seeds import is_empty

OWN_NAME = "{file}.schema-{revision}.{time:%Y%m%dT%H%M%SZ}{again}.backup"
"""Of a backup that was made by itself: `catalogue.sqlite3.schema-0008.20260131T120000Z.backup`."""
OWN_ENDING = re.compile(r"\.schema-\d+\.(\d{8}T\d{6}Z)(?:-(\d+))?\.backup")
NO_CATALOGUE = "There is no catalogue at {path} yet, so there is nothing to back up."
NOT_OURS = "{path} is not a catalogue of tgtui, so there is nothing to back up."
DAMAGED = (
    "The catalogue's file {path} is damaged ({damage}), so no backup was written. Restore an older one with"
    " `tgtui db restore FILE` (docs/backup.md)."
)
NO_SPACE = "set backups_kept to 0 to do without one."


class Damaged(BackupFailed):
    """What was to be backed up is not whole."""

    exit_code = DatabaseError.exit_code


class Backup(Struct, frozen=True):
    """One that was taken."""

    path: Path
    size: int
    """Bytes."""
    revision: str | None
    """Of the schema in it; PostgreSQL's tool does not tell."""


def back_up(path: Path, target: Path, tell: Tell, *, force: bool = False) -> Backup:
    """Write the catalogue at `path` to `target`, as it is now. BackupRefused, BackupFailed, DatabaseError."""
    file = SqliteFile(path)
    if file.is_absent:
        raise DatabaseError(NO_CATALOGUE.format(path=path))
    target = target_of(target, resolved(path), force=force)
    try:
        with closing(file.connect()) as source:
            revision = revision_in(source)
            if revision is None:
                raise DatabaseError(NOT_OURS.format(path=path))
            require_space(target.parent, bytes_of(source), "The backup")
            size = _write(source, file, target, tell, force=force)
    except sqlite3.Error as error:
        raise _unread(file, error) from error
    return Backup(target, size, revision)


def back_up_before_change(engine: Engine, kept: int, tell: Tell = ignore) -> Path | None:
    """Back up an SQLite file that has data, beside it, and remove all but the newest `kept` of such backups.

    None if there is nothing to back up, or `kept` is 0. The caller lets no other program write meanwhile.
    """
    file = file_behind(engine)
    if file is None or not kept:
        return None
    with engine.connect() as connection:
        if is_empty(connection):
            return None
    try:
        with closing(file.connect()) as source:
            return keep(source, file, kept, tell)
    except sqlite3.Error as error:
        raise _unread(file, error) from error


def keep(
    source: sqlite3.Connection,
    file: SqliteFile,
    kept: int,
    tell: Tell,
    *,
    stage: str = "copying",
    spared: Collection[Path] = (),
) -> Path:
    """Write what the catalogue's `source` has to a file of a name of its own, and remove older ones, except `spared`."""
    catalogue = resolved(file.path)
    revision = revision_in(source) or "0000"
    what = "The backup that is made before the change"
    require_space(catalogue.parent, bytes_of(source), what, f"Free some space, or {NO_SPACE}")
    target = _own_name(catalogue, revision)
    _write(source, file, target, tell, stage=stage, family=kept_family(catalogue))
    _prune(catalogue, kept, {target, *spared})
    return target


def kept_family(catalogue: Path) -> str:
    """Of the parts of files whose names have the time in them."""
    return f"{catalogue.name} kept"


def own_backups(catalogue: Path) -> list[Path]:
    """Those that were made by themselves, the oldest first."""
    found = []
    for path in catalogue.parent.iterdir():
        match = OWN_ENDING.fullmatch(path.name.removeprefix(catalogue.name))
        if match is not None and path.name.startswith(catalogue.name):
            found.append(((match[1], int(match[2] or 0)), path))
    return [path for _time, path in sorted(found)]


def _write(
    source: sqlite3.Connection,
    file: SqliteFile,
    target: Path,
    tell: Tell,
    *,
    stage: str = "copying",
    family: str = "",
    force: bool = False,
) -> int:
    """Its size in bytes. Damaged, BackupFailed; sqlite3.Error if the source can't be read."""
    with part_of(target, family) as part:
        try:
            with to_fill(part) as filled:
                copy(source, filled, tell, stage)
                if damage := damage_of(filled, tell, is_quick=True):
                    raise Damaged(DAMAGED.format(path=file.path, damage=damage))
                in_one_file(filled)
        except sqlite3.Error as error:
            if _is_read(source):
                raise not_written(target, error, part) from error
            raise
        size = part.stat().st_size
        put_in_place(part, target, force=force)
    return size


def _is_read(source: sqlite3.Connection) -> bool:
    """Then it is the other file that failed."""
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


def _unread(file: SqliteFile, error: sqlite3.Error) -> DatabaseError:
    return DatabaseError(file.problem(error) or f"The catalogue's file can't be read: {error}.")


def _own_name(catalogue: Path, revision: str) -> Path:
    now = clock.now().astimezone(UTC)
    for again in ("", *(f"-{number}" for number in range(2, 1_000))):
        name = OWN_NAME.format(file=catalogue.name, revision=revision, time=now, again=again)
        path = catalogue.with_name(name)
        if not path.exists():
            return path
    raise AssertionError("a thousand backups in a second")


def _prune(catalogue: Path, kept: int, spared: Collection[Path]) -> None:
    """A clock that was set back must not make the newest the first to go."""
    old = [path for path in own_backups(catalogue) if path not in spared]
    with suppress(OSError):
        for path in old[: max(0, len(old) + 1 - kept)]:
            path.unlink()
