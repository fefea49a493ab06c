"""Tables made and written by us at a real catalog, and read back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta

import pytest

from tests.lake.catalogs import ReferenceCatalog
from tests.lake.conftest import MakePlace
from tests.support.results import asked, ignore, replace_results
from tgtui.analytics.errors import OutcomeUnknown
from tgtui.analytics.exporting.export import Exported, export
from tgtui.analytics.place import place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import tidy
from tgtui.basics import clock
from tgtui.basics.settings import AnalyticsSettings, Settings
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.lake

DAY = date(2026, 1, 31)


def test_an_export_is_read_back_and_the_same_day_replaces_it(
    lake: Lake, planted_database: Database
) -> None:
    for _ in range(2):
        done = export(planted_database, lake, ignore)
        assert asked(lake, "SELECT count(*), count(DISTINCT day) FROM packages") == [(3, 1)]
        assert asked(lake, "SELECT count(*) FROM versions") == [(4,)]
        assert asked(lake, "SELECT count(*) FROM dependencies WHERE is_followed") == [(2,)]
        assert asked(lake, "SELECT count(*), count(DISTINCT day) FROM interactions") == [(4, 2)]
    by_pyiceberg = lake.refresh("packages").scan().to_arrow()
    assert sorted(by_pyiceberg.column("name").to_pylist()) == ["app", "bare", "lib"]
    assert {str(day) for day in by_pyiceberg.column("day").to_pylist()} == {str(done.day)}


def test_what_is_old_goes_with_its_files(lake: Lake, planted_database: Database) -> None:
    done = export(planted_database, lake, ignore)
    export(planted_database, lake, ignore)
    later = clock.now() + timedelta(days=2)
    gone = tidy(lake, done.day, later, lambda: None)
    assert gone.snapshots > 0
    assert gone.files > 0
    assert len(lake.refresh("packages").snapshots()) == 1
    assert asked(lake, "SELECT count(*) FROM packages") == [(3,)]


def test_two_exports_at_once(make_place: MakePlace, planted_database: Database) -> None:
    """From two machines: both end, and the day is there once."""

    def run(name: str) -> Exported:
        with closing(Lake(make_place(name))) as lake:
            return export(planted_database, lake, ignore)

    with ThreadPoolExecutor(2) as pool:
        done = [each.result() for each in [pool.submit(run, name) for name in ("one", "two")]]
    with closing(Lake(make_place("third"))) as lake:
        assert asked(lake, "SELECT count(*) FROM packages WHERE false OR name = 'app'") == [(1,)]
        newest = lake.newest_export()
        assert newest is None or newest.id in {each.id for each in done}
        export(planted_database, lake, ignore)
        assert asked(lake, "SELECT count(*) FROM dependencies") == [(4,)]


def test_the_server_killed_in_a_commit(
    server: ReferenceCatalog, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever it had done by then, each day is there once, as it was written last."""
    chosen = AnalyticsSettings(
        catalog="rest", namespace="tgtui_test_killed", pseudonym_key="k" * 16, **server.settings
    )
    place = place_of(Settings(data_dir=str(tmp_path_factory.mktemp("killed")), analytics=chosen))
    written = threading.Semaphore(0)
    rounds = 12

    def write() -> None:
        with closing(Lake(place)) as lake:
            for number in range(rounds):
                try:
                    replace_results(lake, str(number), DAY)
                except OutcomeUnknown:
                    replace_results(lake, str(number), DAY)
                written.release()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for _ in range(3):
            assert written.acquire(timeout=120)
            server.kill()
            server.start()
        writing.result()
    with closing(Lake(place)) as lake:
        assert asked(lake, "SELECT day, insight FROM results") == [(DAY, str(rounds - 1))]
