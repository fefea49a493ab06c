"""Fixtures of the fake registry and of programs that work with it, loaded by tests/conftest.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.working import MakeWorkplace, Workplace
from tgtui.data.storage.database import Database


@pytest.fixture
def fake_registry() -> Iterator[FakeRegistry]:
    """An empty npm registry on the loopback, for one test."""
    with FakeRegistry() as registry:
        yield registry


@pytest.fixture
async def make_workplace(
    database: Database, fake_registry: FakeRegistry, tmp_path: Path
) -> AsyncIterator[MakeWorkplace]:
    """`make_workplace()`: one more program on the same database, with documents of its own or in `folder`."""
    made: list[Workplace] = []

    def make(folder: Path | None = None) -> Workplace:
        folder = folder or tmp_path / f"documents{len(made)}"
        made.append(Workplace(database, fake_registry, folder))
        return made[-1]

    yield make
    for place in made:
        await place.registries.aclose()


@pytest.fixture
def place(make_workplace: MakeWorkplace) -> Workplace:
    """A worker on an empty catalogue; the test runs once on each database."""
    return make_workplace()
