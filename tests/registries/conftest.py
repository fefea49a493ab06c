"""What the tests of the registries share: an adapter on the fake registry, and a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.file_server import FileServer
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.indexes import keeper
from tgtui.registries.indexes.building import Job, carry_out, refusal
from tgtui.registries.npm.adapter import NpmAdapter
from tgtui.registries.npm.npmrc import NpmConfig

MakeNpm = Callable[..., NpmAdapter]


@dataclass
class Clock:
    """A present that moves only when told."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def built_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes are built in this process, which takes a tenth of the time of starting another one."""

    async def build(job: Job, label: str) -> None:
        told = StringIO()
        if carry_out(json.loads(json.dumps(dict(job))), told):
            raise refusal(told.getvalue()) or AssertionError(told.getvalue())

    monkeypatch.setattr(keeper, "build_elsewhere", build)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path) -> DocumentCache:
    return DocumentCache(tmp_path / "documents")


@pytest.fixture
async def make_npm(
    fake_registry: FakeRegistry, cache: DocumentCache, clock: Clock
) -> AsyncIterator[MakeNpm]:
    """`make_npm(**options)`: one more adapter on the fake registry, the same folder and the same clock."""
    made: list[NpmAdapter] = []

    def make(config: NpmConfig | None = None, **options: Any) -> NpmAdapter:
        config = config or NpmConfig(fake_registry.url)
        made.append(NpmAdapter(config, cache, now=clock, **options))
        return made[-1]

    yield make
    for adapter in made:
        await adapter.aclose()


@pytest.fixture
def npm(make_npm: MakeNpm) -> NpmAdapter:
    return make_npm()


@pytest.fixture
def mirror() -> Iterator[FileServer]:
    """Serves files of a dictionary."""
    with FileServer() as server:
        yield server
