"""Fixtures of migrated, empty catalogues on both databases, loaded by tests/conftest.py."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url

from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import WRITES, open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade


def migrate(url: str) -> None:
    """Bring the database at `url` to this program's schema and let go of it."""
    engine = open_engine(parse_url(url))
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once for the run; tests get copies."""
    path = tmp_path_factory.mktemp("migrated") / "catalogue.sqlite3"
    migrate(sqlite_url(path))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty catalogue at the newest schema; the test runs once on each database."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        database = make_url(url).database
        assert database is not None
        shutil.copyfile(request.getfixturevalue("migrated_sqlite_file"), database)
        return url
    template: Callable[[str, Callable[[str], None]], str]
    template = request.getfixturevalue("postgres_template")
    return template("migrated", migrate)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """An empty catalogue behind its gateway; the test runs once on each database."""
    opened = Database(open_engine(parse_url(migrated_url)))
    yield opened
    opened.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A session on `database` inside a write transaction, rolled back at the end unless the test commits."""
    with database.engine.execution_options(**{WRITES: True}).connect() as opened:
        yield opened
