"""A lock between programs, so that only one exchanges a refresh token, which may be usable once."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import why
from tgtui.identity.oidc.errors import LoginNotOffered, StoreError
from tgtui.identity.oidc.keeping.aside import aside
from tgtui.identity.oidc.protocol.token import NOT_INSTALLED

LOCK_SECONDS = 60.0
"""Seconds, longer than a renewal takes; the lock of a program that died is free at once."""

_turns: dict[Path, threading.Lock] = {}
"""By file: a file's lock on POSIX does not keep the same process out."""


@asynccontextmanager
async def locked(path: Path, seconds: float = LOCK_SECONDS) -> AsyncIterator[None]:
    """Hold the lock file. TimeoutError if another program holds it too long, StoreError if it can't be created."""
    try:
        from fasteners import InterProcessLock  # type: ignore[import-untyped]
    except ImportError:
        raise LoginNotOffered(NOT_INSTALLED) from None
    lock = InterProcessLock(path)
    turn = _turns.setdefault(path, threading.Lock())
    nobody_waits = threading.Event()
    is_released = threading.Lock()  # two threads may want to release it at once

    def acquire() -> bool:
        if not turn.acquire(timeout=seconds):
            return False
        is_ours: bool = False
        try:
            make_folder(path.parent)
            with suppress(FileExistsError):
                os.close(create(path))
            is_ours = lock.acquire(timeout=seconds)
        finally:
            if not is_ours:
                turn.release()
            elif nobody_waits.is_set():
                release()
        return is_ours

    def release() -> None:
        if is_released.acquire(blocking=False):
            lock.release()
            turn.release()

    try:
        is_ours = await aside(acquire)
    except OSError as error:
        raise StoreError(f"The login's lock {path} can't be used: {why(error)}.") from None
    except asyncio.CancelledError:
        nobody_waits.set()
        if lock.acquired:
            release()
        raise
    if not is_ours:
        raise TimeoutError
    try:
        yield
    finally:
        release()
