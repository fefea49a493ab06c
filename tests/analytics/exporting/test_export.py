"""What an export writes, read back by DuckDB."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, update

from tests.support import rows
from tests.support.garden import HOSTILE, Garden
from tests.support.results import asked, change, ignore
from tgtui.analytics.columns import COLUMNS
from tgtui.analytics.errors import Stopped
from tgtui.analytics.exporting.export import Exported, export
from tgtui.analytics.exporting.people import key_of, pseudonym
from tgtui.analytics.steps import AnalyticsStep
from tgtui.analytics.tables import committing
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.views import views
from tgtui.data.models import tables
from tgtui.data.storage.database import Database


def test_everything_is_there_as_it_is(database: Database, lake: Lake, garden: Garden) -> None:
    """Each value of each column, on both databases: hostile text, nothing in place of a value, an empty text."""
    told: list[str] = []
    done = export(database, lake, lambda step: told.append(step.stage))

    assert done.rows == {"dependencies": 4, "versions": 4, "interactions": 4, "packages": 3}
    assert list(dict.fromkeys(told)) == [
        "opening", "packages", "versions", "dependencies", "interactions", "committing",
    ]  # fmt: skip
    one = rows.DAY_ONE.replace(tzinfo=None)
    found = asked(lake, "SELECT * EXCLUDE (day, number) FROM packages ORDER BY name")
    app_new, lib_version = str(garden.app_new), str(garden.lib_version)
    assert found == [
        (str(garden.app), "npm", "app", "2.0.0", app_new, HOSTILE, False, 3, one, one + timedelta(3), 1),
        (str(garden.bare), "npm", "bare", None, None, "", False, 0, one, None, 0),
        (str(garden.lib), "jsr", "lib", "1.0.0", lib_version, None, False, 1, one, one, 0),
    ]  # fmt: skip
    assert asked(lake, "SELECT number FROM packages ORDER BY 1") == [(0,), (1,), (2,)]
    found = asked(
        lake,
        "SELECT name, registry, version, published_at, is_prerelease, is_yanked, is_latest FROM versions ORDER BY 1, 3",
    )
    assert found == [
        ("app", "npm", "1.0.0", one, False, True, False),
        ("app", "npm", "2.0.0", one + timedelta(3), False, False, True),
        ("app", "npm", "3.0.0-beta.1", None, True, False, False),
        ("lib", "jsr", "1.0.0", one, False, False, True),
    ]
    found = asked(lake, "SELECT * EXCLUDE (day) FROM dependencies ORDER BY target_name")
    start = (app_new, str(garden.app))
    assert found == [
        (*start, "npm", "gone", "^1.0.0", None, None, "runtime", "runtime", False, True),
        (*start, "jsr", "lib", "^1.0.0", lib_version, str(garden.lib), "runtime", "runtime", False, True),
        (*start, "npm", "maybe", "^1.0.0", None, None, "peer", "suggested", True, False),
        (*start, "npm", "unknown", "^1.0.0", None, None, "dev", "dev", False, False),
    ]  # fmt: skip
    key = key_of(lake.place)
    ada, bob = pseudonym(key, garden.ada), pseudonym(key, garden.bob)
    found = asked(
        lake, "SELECT day, name, kind, person FROM interactions ORDER BY 1, 2, 4 NULLS FIRST"
    )
    day, next_day = one.date(), one.date() + timedelta(1)
    assert found == [
        (day, "app", "view", ada),
        (day, "lib", "view", ada),
        (next_day, "app", "view", None),
        (next_day, "app", "view", bob),
    ]
    for name in ("packages", "versions", "dependencies"):
        assert asked(lake, f"SELECT DISTINCT day FROM {name}") == [(done.day,)]


def test_views_have_the_columns_of_the_tables_in_their_order(lake: Lake) -> None:
    """Also if nothing was exported yet."""
    with views(lake) as (connection, newest):
        assert newest is None
        for name, columns in COLUMNS.items():
            relation = connection.table(name)
            assert relation.columns == list(columns)
            assert relation.fetchall() == []


@pytest.mark.full_on("postgresql")
def test_the_same_day_again_replaces_it(database: Database, lake: Lake, garden: Garden) -> None:
    export(database, lake, ignore)
    change(database, delete(tables.package_dependencies))
    change(database, update(tables.packages).values(description="changed"))
    again = export(database, lake, ignore)
    assert asked(lake, "SELECT DISTINCT description FROM packages") == [("changed",)]
    assert asked(lake, "SELECT count(*) FROM packages") == [(3,)]
    assert asked(lake, "SELECT count(*) FROM dependencies") == [(0,)]
    assert again.interaction_days == 0


@pytest.mark.full_on("postgresql")
def test_a_catalogue_of_zero(database: Database, lake: Lake) -> None:
    done = export(database, lake, ignore)
    assert set(done.rows.values()) == {0}
    newest = lake.newest_export()
    assert newest is not None
    assert newest.id == done.id
    assert asked(lake, "SELECT count(*) FROM packages") == [(0,)]


@pytest.mark.full_on("postgresql")
def test_interactions_are_written_by_the_day_of_the_event_and_only_if_they_changed(
    database: Database, lake: Lake, garden: Garden
) -> None:
    assert export(database, lake, ignore).interaction_days == 2
    database.write_now(rows.add_interaction, garden.lib, account_id=garden.bob)
    once_more = export(database, lake, ignore)
    assert (once_more.interaction_days, once_more.rows["interactions"]) == (1, 3)
    assert asked(lake, "SELECT count(*) FROM interactions") == [(5,)]


@pytest.mark.full_on("postgresql")
def test_what_people_had_deleted_is_gone_from_all_days(
    database: Database, lake: Lake, garden: Garden
) -> None:
    export(database, lake, ignore)
    records = tables.package_interactions
    change(database, delete(records).where(records.c.account_id == garden.bob))
    change(database, delete(records).where(records.c.account_id.is_(None)))
    assert export(database, lake, ignore).interaction_days == 1
    assert asked(lake, "SELECT DISTINCT day FROM interactions") == [(rows.DAY_ONE.date(),)]


@pytest.mark.full_on("postgresql")
def test_no_account_and_no_name_is_in_the_files(
    database: Database, lake: Lake, garden: Garden
) -> None:
    export(database, lake, ignore)
    everything = b"".join(
        path.read_bytes() for path in lake.place.folder.rglob("*") if path.is_file()
    )
    for id in (garden.ada, garden.bob):
        assert id.bytes not in everything
        assert str(id).encode() not in everything


def test_a_clock_that_was_ahead_leaves_no_later_day(
    database: Database, lake: Lake, garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest day is that of the newest export, whatever a wrong clock had written."""
    done = export(database, lake, ignore)
    later = done.day + timedelta(days=400)
    for name in ("dependencies", "versions", "packages"):
        committing.replace_days(lake, name, [later], [], {"tgtui.export": "wrong"})
    table = lake.made("packages")
    files = [task.file for task in table.scan().plan_files()]
    assert files
    export(database, lake, ignore)
    with views(lake) as (_, newest):
        assert newest is not None
        assert newest.day == done.day


@pytest.mark.parametrize("stage", ["packages", "versions", "interactions", "committing"])
def test_stopped_anywhere_it_leaves_the_tables_as_before(
    database: Database, lake: Lake, garden: Garden, stage: str
) -> None:
    before = export(database, lake, ignore)
    change(database, update(tables.packages).values(description="after"))
    files = set(lake.place.tables.rglob("*.parquet"))

    def stop(step: AnalyticsStep) -> None:
        if step.stage == stage:
            raise Stopped

    with pytest.raises(Stopped):
        export(database, lake, stop)
    newest = lake.newest_export()
    assert newest is not None
    assert newest.id == before.id
    assert asked(lake, "SELECT count(*) FROM packages WHERE description = 'after'") == [(0,)]
    assert set(lake.place.tables.rglob("*.parquet")) == files
    assert list(lake.place.folder.glob("scratch-*")) == []


@pytest.mark.full_on("postgresql")
def test_an_export_that_was_interrupted_between_tables_is_not_read(
    database: Database, lake: Lake, garden: Garden
) -> None:
    """Of tables that were committed one after the other only those of one export are read together."""
    before = export(database, lake, ignore)
    change(database, delete(tables.package_dependencies))
    count = 0

    def stop(step: AnalyticsStep) -> None:
        nonlocal count
        count += step.stage == "committing"
        if count == 3:
            raise Stopped

    with pytest.raises(Stopped):
        export(database, lake, stop)
    assert lake.is_interrupted()
    assert asked(lake, "SELECT count(*) FROM dependencies") == [(4,)]
    newest = lake.newest_export()
    assert newest is not None
    assert newest.id == before.id
    after = export(database, lake, ignore)
    assert not lake.is_interrupted()
    assert asked(lake, "SELECT count(*) FROM dependencies") == [(0,)]
    assert _day(after) == newest.day


def _day(done: Exported) -> date:
    return done.day
