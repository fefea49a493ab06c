"""A small disk of the run's own that can be full: a tmpfs in a mount namespace that nobody else sees."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

INSIDE = "TGTUI_TEST_CHAOS_NAMESPACE"
"""Set in the environment of a script that was started in a namespace of its own."""
SIZE = "64m"
MOUNT = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tgtui-chaos")


class Disk:
    """Everything under `folder` shares its space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave: int) -> None:
        """Until so many bytes are free, or a little less."""
        space = os.statvfs(self.folder)
        taken = space.f_bavail * space.f_frsize - leave
        if taken > 0:
            with self._ballast.open("ab") as file, contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, taken)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mounted on `folder` in this namespace, which must be one that `run_inside` made."""
    assert INSIDE in os.environ
    subprocess.run([*MOUNT, str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@cache
def namespace() -> tuple[str, ...] | str:
    """The command that opens a mount namespace for the one behind it, or why there can be none."""
    if not sys.platform.startswith("linux"):
        return "a disk can be filled on Linux only"
    if shutil.which("unshare") is None:
        return "there is no `unshare` here"
    for command in (("unshare", "--mount"), ("unshare", "--mount", "--map-root-user")):
        tried = [*command, *MOUNT, "/mnt"]
        if subprocess.run(tried, capture_output=True).returncode == 0:
            return command
    return "this user may not mount, even in a namespace of their own"


def run_inside(arguments: Sequence[str]) -> int:
    """`python -m tests.chaos ARGUMENTS` in a mount namespace of its own; its exit code."""
    command = namespace()
    assert isinstance(command, tuple)
    return subprocess.run(
        [*command, sys.executable, "-m", "tests.chaos", *arguments],
        env={**os.environ, INSIDE: "1"},
    ).returncode
