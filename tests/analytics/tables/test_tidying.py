"""What is too old goes, with its files; nothing of anyone else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.results import asked, replace_results
from tgtui.analytics.place import Place
from tgtui.analytics.tables.committing import commit
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import Tidied, tidy
from tgtui.basics import clock

DAY = date(2026, 1, 31)


@pytest.fixture
def lake(place: Place) -> Iterator[Lake]:
    """Results of three days."""
    kept = msgspec.structs.replace(place.settings, results_days=10)
    with closing(Lake(Place(kept, place.folder))) as opened:
        for before in (30, 1, 0):
            replace_results(opened, f"{before} days ago", DAY - timedelta(days=before))
        yield opened


def tidied(lake: Lake, now: datetime | None = None) -> Tidied:
    return tidy(lake, DAY, now or clock.now(), lambda: None)


def files(lake: Lake) -> set[Path]:
    return {path for path in lake.place.tables.rglob("*.parquet") if path.is_file()}


def test_days_past_their_retention_go(lake: Lake) -> None:
    assert tidied(lake).days == 1
    assert asked(lake, "SELECT insight FROM results ORDER BY day") == [
        ("1 days ago",),
        ("0 days ago",),
    ]


def test_what_was_replaced_can_be_read_for_a_while(lake: Lake) -> None:
    """By whoever had begun to: its files stay until the snapshot expires."""
    before = files(lake)
    assert tidied(lake).snapshots == 0
    assert files(lake) == before
    gone = tidied(lake, clock.now() + timedelta(hours=25))
    assert gone.snapshots > 0
    assert len(files(lake)) == 2
    assert len(lake.refresh("results").snapshots()) == 1
    assert asked(lake, "SELECT count(*) FROM results") == [(2,)]


def test_files_that_are_not_ours_stay(lake: Lake) -> None:
    data = Path(lake.made("results").location()) / "data"
    theirs = [
        data / "note.txt",
        data / "00000-0-theirs.parquet",
        data.parent / "metadata" / "x.json",
    ]
    for path in theirs:
        path.write_bytes(b"x")
    tidied(lake, clock.now() + timedelta(hours=25))
    assert all(path.exists() for path in theirs)


def test_a_stray_file_of_ours_goes(lake: Lake) -> None:
    """Of an export that was killed."""
    name = "tgtui-0123456789abcdef0123456789abcdef-0-01234567.parquet"
    stray = Path(lake.made("results").location()) / "data" / "day=2026-01-31" / name
    stray.write_bytes(b"half a file")
    assert tidied(lake, clock.now() + timedelta(seconds=5)).files == 1
    assert not stray.exists()


def test_small_files_of_a_day_become_one(lake: Lake) -> None:
    def again(transaction: object, _properties: dict[str, str]) -> None:
        transaction.append(lake.made("results").scan().to_arrow())  # type: ignore[attr-defined]

    commit(lake, "results", again, {})
    rows = asked(lake, "SELECT day, insight FROM results ORDER BY ALL")
    tasks = [task.file.partition[0] for task in lake.refresh("results").scan().plan_files()]
    assert len(tasks) > len(set(tasks))
    tidied(lake)
    tasks = [task.file.partition[0] for task in lake.refresh("results").scan().plan_files()]
    assert len(tasks) == len(set(tasks)) == 2
    kept = [row for row in rows if row[0] >= DAY - timedelta(days=10)]
    assert asked(lake, "SELECT day, insight FROM results ORDER BY ALL") == kept


def test_it_says_what_it_did_and_nothing_the_second_time(lake: Lake) -> None:
    later = clock.now() + timedelta(hours=25)
    assert tidied(lake, later) != Tidied()
    tidied(lake, later)
    assert tidied(lake, later + timedelta(hours=25)).days == 0
