"""The file of a backup: it appears whole under its name or not at all, and in place of nothing by mistake."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.files.private import create
from tgtui.basics.files.trouble import why, writing_problem
from tgtui.basics.formatting import size
from tgtui.data.storage.file import code_of

ENDINGS = ("-wal", "-journal", "-shm")
"""Of the files that SQLite keeps beside one that is open; what is in them belongs to it."""
RESERVE = 16_000_000
"""Bytes that a disk keeps free beside what is written."""
PART = ".tgtui-{key}-{unique}.part"
"""Name of a file until it is whole; short, whatever the name of the file is."""


class BackupRefused(UsageError):
    """The file that was named can't be the backup; nothing was written."""


class BackupFailed(TgtuiError):
    """No backup was written, or nothing was restored; the sentence says why. What was there before is there still."""


def resolved(path: Path) -> Path:
    """Absolute, with links followed, whether there is a file or not."""
    return Path(os.path.realpath(working_folder() / path))


def target_of(path: Path, catalogue: Path | None, *, force: bool) -> Path:
    """The file that a backup may be written to. BackupRefused if it may not, BackupFailed if that can't be seen."""
    try:
        return _target(path, catalogue, force=force)
    except OSError as error:
        raise not_written(path, error) from None


def _target(path: Path, catalogue: Path | None, *, force: bool) -> Path:
    target = resolved(path)
    if catalogue is not None and is_part_of(target, catalogue):
        raise BackupRefused(f"{path} is the catalogue itself; name another file for the backup.")
    if target.is_dir():
        raise BackupRefused(f"{path} is a folder; name a file in it for the backup.")
    if os.path.lexists(target) and not target.is_file():
        raise BackupRefused(f"{path} is not a file; name another one for the backup.")
    for beside in beside_of(target):
        if beside.exists():
            raise BackupRefused(
                f"Beside {path} is {beside.name}, so a program may have it open;"
                " name another file for the backup."
            )
    if not force:
        require_absent(target)
    return target


def require_absent(target: Path) -> None:
    """BackupRefused if there is such a file."""
    if target.exists():
        raise BackupRefused(f"{target} exists already; name another file, or add --force.")


def is_part_of(path: Path, catalogue: Path) -> bool:
    """Whether it is the catalogue's file, under whatever name, or one of those beside it."""
    if path in (catalogue, *beside_of(catalogue)):
        return True
    try:
        return path.samefile(catalogue)
    except OSError:
        return False


def beside_of(file: Path) -> list[Path]:
    """Where SQLite keeps more of this database."""
    return [file.with_name(file.name + ending) for ending in ENDINGS]


def require_space(folder: Path, needed: int, what: str, remedy: str = "Free some space.") -> None:
    """BackupFailed if the disk has less than `needed` bytes, and a reserve. `what` begins the sentence."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # what is wrong with the folder is said when it is written
    if free < needed + RESERVE:
        raise BackupFailed(
            f"{what} needs {size(needed + RESERVE)} in {folder}, and {size(free)} are free. {remedy}"
        )


@contextmanager
def part_of(target: Path, family: str = "") -> Iterator[Path]:
    """A new file beside `target`, its owner's alone. At the end it is gone, unless it was put in place.

    What killed programs left goes first: of the same target, or of the family that it is said to be of.
    """
    key = hashlib.sha256(os.fsencode(family or target.name)).hexdigest()[:8]
    _clear(target.parent, PART.format(key=key, unique="*"))
    part = target.with_name(PART.format(key=key, unique=uuid4().hex[:8]))
    try:
        os.close(create(part))
    except OSError as error:
        raise not_written(target, error) from None
    try:
        yield part
    finally:
        _remove(part)


def put_in_place(part: Path, target: Path, *, force: bool) -> None:
    """Give it its name, at once. BackupRefused if there came to be such a file meanwhile, unless forced."""
    try:
        if force:
            part.replace(target)
        else:
            _name_anew(part, target)
        _keep_name(target.parent)
    except FileExistsError:
        require_absent(target)
        raise
    except OSError as error:
        raise not_written(target, error) from None


def also_as(file: Path, name: Path) -> None:
    """Let it have a second name; a copy where the file system has no such thing. OSError, FileExistsError."""
    try:
        os.link(file, name)
    except FileExistsError:
        raise
    except OSError:
        descriptor = create(name)
        with os.fdopen(descriptor, "wb") as copy, file.open("rb") as original:
            shutil.copyfileobj(original, copy)


def not_written(
    target: Path | str, error: OSError | sqlite3.Error, part: Path | None = None
) -> BackupFailed:
    """What SQLite tells by a code alone is found by trying, if `part` is given."""
    reason = why(error) if isinstance(error, OSError) else ""
    if part is not None:
        found = writing_problem(part.parent, [part] if part.exists() else [])
        reason = why(found) if found is not None else reason
    if not reason and isinstance(error, sqlite3.Error):
        is_full = code_of(error) == sqlite3.SQLITE_FULL
        reason = why(OSError(errno.ENOSPC, "")) if is_full else str(error)
    return BackupFailed(f"{target} can't be written: {reason}.")


def _name_anew(part: Path, target: Path) -> None:
    try:
        os.link(part, target)  # unlike a rename, it never replaces anything
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        part.rename(target)


def _keep_name(folder: Path) -> None:
    """Let the name outlive a power cut, too."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear(folder: Path, names: str) -> None:
    """Remove what programs left that were killed. A program that still writes one holds SQLite's lock on it."""
    with suppress(OSError):
        for part in folder.glob(names):
            if not _is_held(part):
                _remove(part)


def _is_held(part: Path) -> bool:
    try:
        with closing(
            sqlite3.connect(f"{part.as_uri()}?mode=rw", uri=True, timeout=0)
        ) as connection:
            connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        return code_of(error) == sqlite3.SQLITE_BUSY
    return False


def _remove(part: Path) -> None:
    for each in (part, *beside_of(part)):
        with suppress(OSError):
            each.unlink(missing_ok=True)
