"""Work in a process of its own, because it keeps an interpreter busy for long: how it is run, heard and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any


async def run_child(
    module: str, job: Mapping[str, Any], hear: Callable[[dict[str, Any]], None]
) -> None:
    """Run a module as a program until it ends: `job` as JSON on its stdin, `hear` gets each line of its stdout.

    Cancelled, it is told to end, and waited for.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=os.name != "nt",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    try:
        async for line in process.stdout:
            hear(json.loads(line))
        await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


def say(found: Mapping[str, Any]) -> None:
    """In the process: one line for `hear`."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
