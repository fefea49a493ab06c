"""A refresh: export, answers, results in the table and in the catalogue."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support import rows
from tests.support.garden import Garden
from tests.support.locks import held_elsewhere
from tgtui.analytics.lock import FILE, Busy
from tgtui.analytics.place import place_of
from tgtui.basics.settings import Settings
from tgtui.data.insights.people import stay_out
from tgtui.data.insights.reading import answer, newest_refresh, package_insights
from tgtui.data.storage.database import Database
from tgtui.data.storage.times import database_now
from tgtui.services import analytics


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=migrated_url, data_dir=str(tmp_path / "data"))


@pytest.fixture
def recent(database: Database, garden: Garden) -> date:
    """Ada requested a package today."""
    today = database.read_now(database_now).date()
    database.write_now(
        rows.add_interaction, garden.app, account_id=garden.ada, kind="request", day=today
    )
    return today


def test_results_are_in_the_table_and_in_the_catalogue(
    database: Database, garden: Garden, settings: Settings
) -> None:
    told: list[str] = []
    done = analytics.refresh(settings, lambda step: told.append(step.stage))
    assert done is not None
    assert "computing" in told
    needed = database.read_now(answer, "dependents-all")
    assert [(row.name, row.value) for row in needed.rows] == [("lib", 1.0)]
    assert needed.as_of == done.day
    measures = database.read_now(package_insights, garden.app).measures
    assert [(each.packages, each.depth, each.dependents) for each in measures] == [(1, 1, 0)]
    with analytics.asking(settings) as (connection, _):
        found = connection.execute(
            "SELECT day, name, value FROM results WHERE insight = 'dependents-all' AND registry = ''"
        ).fetchall()
        (count,) = connection.execute("SELECT count(*) FROM results").fetchone() or (0,)
    assert found == [(done.day, "lib", 1.0)]
    assert count == done.results

    with held_elsewhere(place_of(settings).folder / FILE), pytest.raises(Busy):
        analytics.refresh(settings, lambda _: None, yields=True)


@pytest.mark.full_on("postgresql")
def test_people_have_names_in_the_catalogue_alone_and_can_stay_out(
    database: Database, garden: Garden, settings: Settings, recent: date
) -> None:
    assert analytics.refresh(settings, lambda _: None) is not None
    people = database.read_now(answer, "people", window="week").rows
    assert [row.name for row in people] == ["Ada"]
    with analytics.asking(settings) as (connection, _):
        rows = connection.execute("SELECT name, key FROM results WHERE insight = 'people'")
        told = {(name, "ada" in str(key).lower()) for name, key in rows.fetchall()}
    assert told == {("", False)}
    database.write_now(stay_out, garden.ada)
    assert analytics.refresh(settings, lambda _: None) is not None
    assert database.read_now(answer, "people", window="week").rows == ()


@pytest.mark.full_on("postgresql")
def test_young_results_are_left_as_they_are(
    database: Database, garden: Garden, settings: Settings
) -> None:
    assert analytics.refresh(settings, lambda _: None) is not None
    first = database.read_now(newest_refresh)
    assert analytics.refresh(settings, lambda _: None, older_than=timedelta(hours=1)) is None
    assert database.read_now(newest_refresh) == first
    assert analytics.refresh(settings, lambda _: None, older_than=timedelta(0)) is not None
    assert database.read_now(newest_refresh) != first
