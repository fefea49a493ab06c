"""A catalogue with something of everything, and tables in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.garden import Garden, planted
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database


@pytest.fixture
def garden(database: Database) -> Garden:
    """The same on both databases."""
    return planted(database)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_of(Settings(data_dir=str(tmp_path / "data")))


@pytest.fixture
def lake(place: Place) -> Iterator[Lake]:
    """Local tables, none of which exists yet."""
    opened = Lake(place)
    yield opened
    opened.close()
