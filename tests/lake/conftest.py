"""The catalogue of the tests, exported to a real catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.lake.catalogs import ReferenceCatalog, polaris_settings, reference
from tests.support.garden import planted
from tgtui.analytics.clearing import clear
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.basics.settings import AnalyticsSettings, Settings
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

MakePlace = Callable[..., Place]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceCatalog]:
    yield from reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture(params=["reference", "polaris"])
def make_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakePlace]:
    """`make_place(name)`: the catalog as a machine called so sees it, in a namespace of the test."""
    given: dict[str, Any] = (
        polaris_settings()
        if request.param == "polaris"
        else dict(request.getfixturevalue("server").settings)
    )
    namespace = f"tgtui_test_{uuid4().hex[:12]}"

    def make(name: str = "machine") -> Place:
        chosen = AnalyticsSettings(
            catalog="rest", namespace=namespace, pseudonym_key="of these tests alone", **given
        )
        return place_of(Settings(data_dir=str(tmp_path / name), analytics=chosen))

    yield make
    clear(make())


@pytest.fixture
def lake(make_place: MakePlace) -> Iterator[Lake]:
    with closing(Lake(make_place())) as opened:
        yield opened


@pytest.fixture
def planted_database(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Database]:
    file = tmp_path / "catalogue.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    opened = Database(open_engine(parse_url(f"sqlite:///{file}")))
    planted(opened)
    yield opened
    opened.close()
