"""What is wrong with a disk or a file, in words that name it and say what to do."""

from __future__ import annotations

import errno
import math
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

SCRATCH_BYTES = 64 * 1024
"""As much as a database needs to begin to write."""
WORDS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your disk quota is used up; delete files of yours, or ask for more",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "you have no permission",
    errno.EPERM: "you have no permission",
    errno.EIO: "the disk reports an input/output error; check it",
    errno.EMFILE: "this program has too many files open; raise its limit (ulimit -n)",
    errno.ENFILE: "the system has too many files open; close some programs",
    errno.EFBIG: "the file would be larger than is allowed (ulimit -f)",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EISDIR: "it is a folder",
}
"""By errno; never a full stop at the end."""


def why(error: OSError) -> str:
    """Why the system refused, without a full stop: `the disk is full; free some space`."""
    known = WORDS.get(error.errno or 0)
    return known or (error.strerror or str(error) or type(error).__name__).rstrip(".")


def writing_problem(folder: Path, files: Iterable[Path]) -> OSError | None:
    """What a write to these files, or to a new one in the folder, fails with now; None if it does not.

    The files are not opened: closing one would drop the locks that an SQLite of this program has on it.
    """
    try:
        for file in files:
            size = file.stat().st_size
            if not os.access(file, os.W_OK):
                return _error(errno.EROFS if _is_mounted_read_only(file) else errno.EACCES)
            if size + SCRATCH_BYTES > _size_limit():
                return _error(errno.EFBIG)
        with tempfile.TemporaryFile(dir=folder, prefix=".tgtui-") as scratch:
            scratch.write(bytes(SCRATCH_BYTES))
            scratch.flush()
            os.fsync(scratch.fileno())
    except OSError as error:
        return error
    return None


def reading_problem(file: Path) -> OSError | None:
    """What opening the file to read fails with now; None if it does not. It is not opened, as above."""
    try:
        if stat.S_ISDIR(file.stat().st_mode):
            return _error(errno.EISDIR)
        if not os.access(file, os.R_OK):
            return _error(errno.EACCES)
        Path(os.devnull).open("rb").close()  # unless there are too many open
    except OSError as error:
        return error
    return None


def _is_mounted_read_only(file: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(file).f_flag & os.ST_RDONLY)


def _size_limit() -> float:
    """Bytes that a file of this program may have."""
    if sys.platform == "win32":
        return math.inf
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return math.inf if limit == resource.RLIM_INFINITY else limit


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
