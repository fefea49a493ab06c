"""A garden: a small catalogue in a file, and what one sees in it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import rows
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url


@dataclass(frozen=True)
class Garden:
    """A catalogue of a few hundred pages; each tag says what happened to it."""

    path: Path

    def open(self) -> Database:
        """The caller closes it."""
        return Database(open_engine(parse_url(sqlite_url(self.path))))

    def grow(self, tag: str) -> None:
        """As a program does that starts, tags and ends."""
        database = self.open()
        database.write_now(rows.add_tag, tag)
        database.close()

    @property
    def tags(self) -> list[str]:
        return tags_in(self.path)


def tags_in(path: Path) -> list[str]:
    """AssertionError if the file is not whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [slug for (slug,) in connection.execute("SELECT slug FROM tags ORDER BY slug")]


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def garden(migrated_sqlite_file: Path, tmp_path: Path) -> Garden:
    """It has the tag `first`, and lies in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated_sqlite_file, folder / "catalogue.sqlite3")
    made = Garden(folder / "catalogue.sqlite3")
    made.grow("first")
    return made
