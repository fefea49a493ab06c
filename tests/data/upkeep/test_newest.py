"""A new SQLite catalogue is made from one file, which is what the migrations make."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine

from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep import migrate, newest
from tgtui.data.upkeep.migrate import HEAD, migrations_folder, schema_state, upgrade

MIGRATED = """
import sys
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade
upgrade(open_engine(parse_url(sys.argv[1])))
sys.exit("alembic" in sys.modules)
"""


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    opened = open_engine(parse_url(sqlite_url))
    yield opened
    opened.dispose()


def schema(connection: Connection) -> list[tuple[Any, ...]]:
    """All that is made, in its order, those of full text indexes too; and each row that is there at once."""
    made = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    )
    rows = [tuple(row) for row in made]
    for _type, name, _table, sql in [row for row in rows if row[0] == "table"]:
        if "package_search_text_" in name or "VIRTUAL" in (sql or ""):
            continue
        found = connection.exec_driver_sql(f'SELECT * FROM "{name}"')
        rows += [(name, *row) for row in found]
    return rows


def test_it_is_what_the_migrations_make(engine: Engine) -> None:
    migrations = create_engine("sqlite://")
    with migrations.begin() as connection:
        migrate._alembic(connection, "upgrade", "head")
        by_migrations = schema(connection)
        written = newest.written(connection, HEAD)
    migrations.dispose()
    file = migrations_folder() / newest.FILE
    assert file.read_text(encoding="utf-8") == written, "run `python3 dev.py schema`"
    assert upgrade(engine)
    with engine.connect() as connection:
        assert schema(connection) == by_migrations
    assert schema_state(engine) == "current"


def test_a_new_catalogue_imports_no_alembic(sqlite_url: str) -> None:
    done = subprocess.run([sys.executable, "-c", MIGRATED, sqlite_url], check=False, timeout=60)
    assert done.returncode == 0


def test_it_goes_down_and_up_like_any_other(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        before = schema(connection)
    migrate.downgrade(engine, "0008")
    assert schema_state(engine) == "behind"
    upgrade(engine)
    with engine.connect() as connection:
        assert {row[1] for row in schema(connection)} == {row[1] for row in before}
    migrate.downgrade(engine)
    assert schema_state(engine) == "empty"
    assert upgrade(engine)
    assert schema_state(engine) == "current"


@pytest.mark.parametrize("content", [None, "", "-- Written by `dev.py schema`. Revision 0001\n"])
def test_without_a_file_of_this_revision_the_migrations_run(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_folder(), folder)
    if content is None:
        (folder / newest.FILE).unlink()
    else:
        (folder / newest.FILE).write_text(content, encoding="utf-8")
    monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)
    assert upgrade(engine)
    assert schema_state(engine) == "current"


def test_half_a_file_makes_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (migrations_folder() / newest.FILE).read_text(encoding="utf-8")
    (tmp_path / newest.FILE).write_text(text.replace("CREATE TABLE packages", "CREATE TBLE p"))
    monkeypatch.setattr(migrate, "migrations_folder", lambda: tmp_path)
    with pytest.raises(Exception, match="syntax error"):
        upgrade(engine)
    with sqlite3.connect(engine.url.database or "") as left:
        assert left.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    left.close()
