"""One program at a time: of several, one exchanges a refresh token that may be used once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tgtui.identity.oidc_errors import LoginNotOffered, StoreError
from tgtui.identity.oidc_token import NOT_INSTALLED

LOCK_SECONDS = 60.0
"""Longer than a renewal takes; the lock of a program that died is free at once."""


@asynccontextmanager
async def locked(path: Path, seconds: float = LOCK_SECONDS) -> AsyncIterator[None]:
    """Hold the lock file. TimeoutError where another program holds it for so long, StoreError where it can't be made."""
    try:
        from fasteners import InterProcessLock  # type: ignore[import-untyped]
    except ImportError:
        raise LoginNotOffered(NOT_INSTALLED) from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = InterProcessLock(path)
        is_ours = await asyncio.to_thread(lock.acquire, timeout=seconds)
    except OSError as error:
        raise StoreError(f"The login's lock {path} can't be used: {error.strerror}.") from None
    if not is_ours:
        raise TimeoutError
    try:
        yield
    finally:
        lock.release()
