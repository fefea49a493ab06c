"""Workplaces: a worker on an empty catalogue, on both databases, and a fake registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.working import Workplace
from tgtui.data.database import Database

MakeWorkplace = Callable[..., Workplace]


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
    return make_workplace()
