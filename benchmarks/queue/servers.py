"""Databases to measure on: SQLite files, and databases on a PostgreSQL that is set up as people run it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.support.postgres import SERVER_SETTING, Databases, PostgresServer
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import upgrade

SETTINGS = {
    # All that decides about speed is as PostgreSQL is delivered: commits reach the disk, vacuum runs.
    "shared_buffers": "256MB",
    "max_connections": "300",
    "timezone": "UTC",
    "lc_messages": "C",
}


@contextmanager
def postgresql(server: str | None) -> Iterator[Databases]:
    """The server at this URL, whose user may create databases, or one that runs as long as the block does."""
    if server is not None:
        os.environ[SERVER_SETTING] = server
    running = PostgresServer.create(SETTINGS)
    try:
        with Databases(running) as databases:
            yield databases
    finally:
        running.stop()


@contextmanager
def catalogue(databases: Databases | None) -> Iterator[str]:
    """The URL of an empty catalogue: on the server, or a SQLite file where none is given."""
    if databases is None:
        with tempfile.TemporaryDirectory() as folder:
            url = sqlite_url(Path(folder, "catalogue.sqlite3"))
            migrate(url)
            yield url
        return
    with databases.fresh() as url:
        migrate(url)
        yield url


def migrate(url: str) -> None:
    """To this program's schema."""
    with opened(url) as database:
        upgrade(database.engine)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The catalogue's gateway."""
    database = Database(open_engine(parse_url(url)))
    try:
        yield database
    finally:
        database.close()


def plain(url: str) -> str:
    """Of PostgreSQL, as libraries other than SQLAlchemy read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
