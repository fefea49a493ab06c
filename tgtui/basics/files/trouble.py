"""What is wrong with a disk or a file, in words that name it and say what to do."""

from __future__ import annotations

import errno
import os
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
    """What a write to these files, or to a new one in the folder, fails with now; None if it does not."""
    try:
        for file in files:
            with file.open("r+b") as opened:
                _within_limit(os.fstat(opened.fileno()).st_size)
        with tempfile.TemporaryFile(dir=folder, prefix=".tgtui-") as scratch:
            scratch.write(bytes(SCRATCH_BYTES))
            scratch.flush()
            os.fsync(scratch.fileno())
    except OSError as error:
        return error
    return None


def reading_problem(file: Path) -> OSError | None:
    """What opening the file to read fails with now; None if it does not."""
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        return error
    return None


def _within_limit(size: int) -> None:
    """OSError if the file can't grow by as much as a scratch file has."""
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and size + SCRATCH_BYTES > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
