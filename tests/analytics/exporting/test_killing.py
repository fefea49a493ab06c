"""A real process that exports is killed with no warning: the tables are as before or as after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.support.garden import planted
from tests.support.places import ROOT
from tests.support.results import asked, change, ignore
from tgtui.analytics.exporting.export import export
from tgtui.analytics.place import place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import tidy
from tgtui.basics import clock
from tgtui.basics.settings import load_settings
from tgtui.data.models import tables
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

POINTS = [("interactions", 1), ("asked", 3), ("made", 2), ("made", 4), ("tidying", 4)]
"""While it reads; before, between and after its commits, the last of which makes it count; while it tidies."""


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
@pytest.mark.full
@pytest.mark.parametrize("at", POINTS)
def test_killed_at_any_moment(
    tmp_path: Path,
    migrated_sqlite_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: tuple[str, int],
) -> None:
    point, number = at
    file = tmp_path / "catalogue.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    monkeypatch.setenv("TGTUI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TGTUI_ANALYTICS_SNAPSHOT_HOURS", "0")
    place = place_of(load_settings())
    database = Database(open_engine(parse_url(f"sqlite:///{file}")))
    planted(database)
    change(database, update(tables.packages).values(description="before"))
    with closing(Lake(place)) as lake:
        export(database, lake, ignore)
    change(database, update(tables.packages).values(description="after"))
    change(database, update(tables.package_dependencies).values(dependency_version_range="after"))

    killed = subprocess.run(
        [sys.executable, "-m", "tests.support.exporting_program", point, str(number)],
        cwd=ROOT, env=dict(os.environ), capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    with closing(Lake(place)) as lake:
        found = asked(lake, "SELECT DISTINCT description FROM packages")
        edges = asked(lake, 'SELECT DISTINCT "range" FROM dependencies')
        if found == [("before",)]:
            assert edges == [("^1.0.0",)], "what is read together is of one export"
        else:
            assert (found, edges) == ([("after",)], [("after",)])
        done = export(database, lake, ignore)
        tidy(lake, done.day, clock.now(), lambda: None)
        assert asked(lake, "SELECT DISTINCT description FROM packages") == [("after",)]
        assert asked(lake, "SELECT count(*) FROM packages") == [(3,)]
        for name in ("packages", "versions", "dependencies"):
            needed = {task.file.file_path for task in lake.refresh(name).scan().plan_files()}
            there = {str(path) for path in Path(lake.made(name).location()).rglob("*.parquet")}
            assert there == needed, "what was left behind is removed"
    assert list(place.folder.glob("scratch-*")) == []
    database.close()
