"""An apt adapter on a mirror of the test's own, at a time of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def adapter(
    mirror: FileServer,
    folder: Path,
    *,
    options: str = "trusted=yes",
    suite: str = "garden",
    clock: Clock | None = None,
    architectures: str = "amd64",
    recommends: bool = True,
) -> AsyncIterator[AptAdapter]:
    settings = AptSettings(
        sources=f"deb [{options}] {mirror.url}/debian {suite} main",
        architectures=architectures,
        recommends=recommends,
    )
    made = AptAdapter(settings, folder, now=clock or Clock())
    try:
        yield made
    finally:
        await made.aclose()
