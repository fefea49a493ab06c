"""Files and folders that only the person who runs the program can open, whatever their umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER = 0o700
FILE = 0o600
OTHERS = 0o077
"""What others may do, in a mode."""
BINARY = getattr(os, "O_BINARY", 0)
"""Without it Windows would change line ends."""


def make_folder(folder: Path) -> None:
    """Create it and every missing folder above it. One that exists stays as it is. OSError."""
    missing = []
    for each in (folder, *folder.parents):
        if each.is_dir():
            break
        missing.append(each)
    for each in reversed(missing):
        try:
            each.mkdir(FOLDER)
        except FileExistsError:
            if not each.is_dir():
                raise
        else:
            _allow(each, FOLDER)  # the umask may have taken even the owner's right


def create(file: Path | str) -> int:
    """Create it and open it to write: its descriptor. FileExistsError if there is one, OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, FILE)
    _allow(descriptor if os.chmod in os.supports_fd else Path(file), FILE)
    return descriptor


def write(file: Path, body: bytes | bytearray) -> None:
    """Write a whole file, new. An unfinished one is removed. OSError."""
    descriptor = create(file)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(body)
    except OSError:
        file.unlink(missing_ok=True)
        raise


def close_to_others(paths: Iterable[Path]) -> None:
    """Take away what others may do with our own files and folders. Links, and what is not there, are left alone."""
    for path in paths:
        with suppress(OSError):
            found = path.lstat()
            is_ours = os.name != "nt" and found.st_uid == os.geteuid()
            is_plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
            if is_ours and is_plain and found.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)


def _allow(path: Path | int, mode: int) -> None:
    if os.name != "nt":
        os.chmod(path, mode)  # noqa: PTH101 - a descriptor has no method
