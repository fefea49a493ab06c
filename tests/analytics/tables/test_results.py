"""A refresh: export, answers, results in the table and in the catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from tests.support.garden import Garden
from tests.support.locks import held_elsewhere
from tgtui.analytics.lock import FILE, Busy
from tgtui.analytics.place import place_of
from tgtui.basics.settings import Settings
from tgtui.data.storage.database import Database
from tgtui.services import analytics


@dataclass(frozen=True, slots=True)
class Result:
    """As the room of answers has it."""

    insight: str
    registry: str
    window: str
    rank: int
    package_id: UUID | str | None
    name: str | None
    key: str | None
    value: float | None
    details: str | None


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date, list[Any]]]:
    """What was stored in the catalogue; the answers are how many packages each registry has."""
    kept: list[tuple[date, list[Any]]] = []

    def compute(connection: Any, _database: Database, _now: datetime) -> Iterator[Result]:
        rows = connection.execute("SELECT registry, count(*) FROM packages GROUP BY 1 ORDER BY 1")
        for rank, (registry, count) in enumerate(rows.fetchall(), 1):
            yield Result("packages", registry, "", rank, None, None, None, float(count), "{}")

    def store(_connection: Any, day: date, results: Iterator[Any]) -> None:
        kept.append((day, list(results)))

    for name, values in (
        (analytics.COMPUTING, {"compute": compute}),
        (analytics.STORING, {"store": store}),
        (analytics.RESULT, {"Result": Result}),
    ):
        module = ModuleType(name)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    return kept


def test_results_are_in_the_table_and_in_the_catalogue(
    database: Database,
    garden: Garden,
    migrated_url: str,
    tmp_path: Any,
    stored: list[tuple[date, list[Any]]],
) -> None:
    settings = Settings(database_url=migrated_url, data_dir=str(tmp_path / "data"))
    told: list[str] = []
    done = analytics.refresh(settings, lambda step: told.append(step.stage))
    assert done is not None
    assert done.results == 2
    assert "computing" in told
    ((day, kept),) = stored
    assert day == done.day
    assert [(each.registry, each.rank, each.value) for each in kept] == [
        ("jsr", 1, 1.0),
        ("npm", 2, 2.0),
    ]
    with analytics.asking(settings) as (connection, _):
        found = connection.execute(
            'SELECT day, registry, "window", value FROM results ORDER BY 2'
        ).fetchall()
    assert found == [(day, "jsr", "", 1.0), (day, "npm", "", 2.0)]

    assert analytics.refresh(settings, lambda _: None, older_than=timedelta(hours=1)) is None
    assert analytics.refresh(settings, lambda _: None, older_than=timedelta(0)) is not None
    assert len(stored) == 2

    with held_elsewhere(place_of(settings).folder / FILE), pytest.raises(Busy):
        analytics.refresh(settings, lambda _: None, yields=True)
