"""Fetches a dump from its address into a file of the cache folder, which is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from tgtui.basics.files.paths import expanded
from tgtui.basics.formatting import number, size
from tgtui.basics.settings import Settings
from tgtui.registries.base import FetchProgress, RegistryError
from tgtui.registries.http.client import HttpClient
from tgtui.worker.advisories.dumps import DumpError
from tgtui.worker.advisories.importing import DumpProgress

MAX_DUMP_BYTES = 8 << 30
"""npm's had 222 MB in 2026."""
TOTAL_SECONDS = 3_600.0
SCHEMES = ("https://", "http://")


class DumpStep(Struct, frozen=True):
    """How far it is."""

    stage: str
    """`fetching`, `reading` or `advisories`."""
    done: int
    total: int | None

    @classmethod
    def of(cls, told: DumpProgress) -> DumpStep:
        return cls(told.stage, told.done, told.total)

    @property
    def words(self) -> str:
        """`reading, 12,000 of 250,000`."""
        if self.stage == "fetching":
            of = f" of {size(self.total)}" if self.total else ""
            return f"fetching the dump, {size(self.done)}{of}"
        what = "reading" if self.stage == "reading" else "writing"
        return f"{what}, {number(self.done)} of {number(self.total or 0)}"


@asynccontextmanager
async def fetched(
    settings: Settings, dump: str, tell: Callable[[DumpStep], None] = lambda step: None
) -> AsyncIterator[Path]:
    """The path of a dump: its own, or that of a file with what its address serves. DumpError."""
    if not dump.startswith(SCHEMES):
        yield expanded(dump)
        return
    folder = settings.cache_folder
    folder.mkdir(parents=True, exist_ok=True)
    client = HttpClient(contact=settings.contact, total_seconds=TOTAL_SECONDS)

    def on_progress(told: FetchProgress) -> None:
        tell(DumpStep("fetching", told.received, told.total))

    try:
        with tempfile.NamedTemporaryFile(prefix="advisories-", suffix=".zip", dir=folder) as file:
            try:
                await client.get(
                    dump,
                    label="the dump of advisories",
                    accept="application/zip, */*",
                    max_bytes=MAX_DUMP_BYTES,
                    may_leave=True,
                    on_progress=on_progress,
                    into=file,  # type: ignore[arg-type]
                )
            except RegistryError as error:
                raise DumpError(f"{str(error).rstrip('.')}. Nothing was changed.") from error
            file.flush()
            yield Path(file.name)
    finally:
        await client.aclose()
