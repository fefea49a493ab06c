"""Builds an index file in a separate process, because decoding 50 MB holds an interpreter for seconds.

`python -m tgtui.registries.indexes.building` reads a job as JSON from stdin, calls `build(job)` of the module that it
names, and writes the outcome as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from tgtui.basics.files.trouble import why, writing_problem
from tgtui.registries.base import (
    BadSignature,
    Malformed,
    NotKept,
    RegistryError,
    TooLarge,
    Unreachable,
)

Job = Mapping[str, Any]
"""JSON: `module`, and what its `build` wants."""
KINDS = {
    kind.__name__: kind
    for kind in (RegistryError, BadSignature, Malformed, NotKept, TooLarge, Unreachable)
}
"""Errors of a build, by the name that the process writes."""
MODULES = frozenset({"tgtui.registries.apt.index.build", "tgtui.registries.brew.build"})
FAILED = 3
MAX_PROBLEMS = 200
"""Problems that are kept; one more has the number of the rest."""


class Problems:
    """Entries of an index that could not be read, a sentence each; bounded."""

    def __init__(self, known: Iterable[object] = ()) -> None:
        self._told = [str(problem) for problem in known]
        self._count = len(self._told)

    def tell(self, problem: str) -> None:
        self._count += 1
        if len(self._told) < MAX_PROBLEMS:
            self._told.append(problem)

    def as_json(self) -> str:
        left = self._count - len(self._told)
        return json.dumps([*self._told, *([f"and {left:,} more"] if left else [])])


async def build_elsewhere(job: Job, label: str) -> None:
    """Run the job in another process and wait. Raises what `build` raised there, as RegistryError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # A ctrl+c reaches only the program itself, which kills this process below.
        start_new_session=os.name != "nt",
    )
    try:
        out, complaint = await process.communicate(json.dumps(dict(job)).encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        last = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise refusal(out.decode("utf-8", "replace")) or RuntimeError(
            f"{label}: building the index failed: {last[:300]}"
        )


def refusal(told: str) -> RegistryError | None:
    """What `carry_out` wrote of a job that failed; None if it is nothing of the kind."""
    try:
        fields = json.loads(told)
        return KINDS[fields["kind"]](str(fields["message"]))
    except (ValueError, KeyError, TypeError):
        return None


def main() -> int:
    """The main function of the process; its exit code."""
    return carry_out(json.load(sys.stdin), sys.stdout)


def carry_out(job: Job, out: TextIO) -> int:
    """Build the index of a job and write to `out` why it could not be built; the exit code."""
    module = job["module"]
    if module not in MODULES:
        raise ValueError(module)
    build: Callable[[Job], None] = import_module(module).build
    try:
        build(job)
    except RegistryError as error:
        json.dump({"kind": type(error).__name__, "message": str(error)}, out)
        return FAILED
    except (OSError, sqlite3.Error) as error:
        message = (
            f"the index can't be written to {job['path']}: {_reason(error, Path(job['path']))}"
        )
        json.dump({"kind": "NotKept", "message": message}, out)
        return FAILED
    return 0


def _reason(error: OSError | sqlite3.Error, path: Path) -> str:
    """SQLite's own words don't tell what is wrong with the disk."""
    found = error if isinstance(error, OSError) else writing_problem(path.parent, [])
    return why(found) if found is not None else str(error)


if __name__ == "__main__":
    sys.exit(main())
