"""Fixtures of migrated, empty catalogues on both databases, loaded by tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

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


Template = Callable[[str, Callable[[str], None]], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def template(request: pytest.FixtureRequest) -> Template:
    """`template(name, prepare)`: the URL of a copy of what `prepare(url)` filled once; the test runs once on each database."""
    name = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    copy: Template = request.getfixturevalue(name)
    return copy


@pytest.fixture
def migrated_url(template: Template) -> str:
    """The URL of an empty catalogue at the newest schema; the test runs once on each database."""
    return template("migrated", migrate)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """An empty catalogue behind its gateway; the test runs once on each database."""
    with opened(migrated_url) as catalogue:
        yield catalogue


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A session on `database` inside a write transaction, rolled back at the end unless the test commits."""
    with within(database) as opened:
        yield opened


@contextmanager
def within(database: Database) -> Iterator[Connection]:
    """A write transaction, rolled back at the end unless somebody commits."""
    with database.engine.execution_options(**{WRITES: True}).connect() as opened:
        yield opened


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(open_engine(parse_url(url)))
    try:
        yield database
    finally:
        database.close()
