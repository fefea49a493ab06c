"""SQLite's file: the one its path names, its owner's alone, read as long as it can be read, and watched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.support.names import NAMES
from tests.support.unprivileged import Outcome, as_nobody
from tgtui.basics.errors import CatalogueLost, DatabaseError, DatabaseReadOnly, SettingsError
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.storage.file import MAX_PATH, SqliteFile

pytestmark = pytest.mark.skipif(os.name == "nt", reason="names, rights and limits of POSIX systems")


def opened(path: Path) -> Database:
    return Database(open_engine(parse_url(sqlite_url(path))))


def fill(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE IF NOT EXISTS seeds (name TEXT)"))
    connection.execute(text("INSERT INTO seeds VALUES ('poppy')"))


def seeds(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT name FROM seeds")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    made = opened(path)
    made.write_now(fill)
    yield made
    made.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestItsPath:
    @pytest.mark.parametrize("name", NAMES)
    def test_it_is_the_file_that_the_path_names(self, tmp_path: Path, name: str) -> None:
        for path in (tmp_path / name / "catalogue.sqlite3", tmp_path / name / name):
            database = opened(path)
            database.write_now(fill)
            assert path.is_file()
            database.close()
        assert [each.name for each in tmp_path.iterdir()] == [name]
        assert len(list((tmp_path / name).iterdir())) == 2
        again = opened(tmp_path / name / "catalogue.sqlite3")
        assert again.read_now(seeds) == ["poppy"]
        again.close()

    def test_a_url_with_a_query_is_refused(self) -> None:
        for url in ("sqlite:////srv/a?b/catalogue.sqlite3", "sqlite:///file:x?mode=ro&uri=true"):
            with pytest.raises(SettingsError, match="%3F"):
                parse_url(url)

    def test_a_path_longer_than_sqlite_opens_is_said(self, tmp_path: Path) -> None:
        fits = tmp_path
        while len(str(fits)) < MAX_PATH - 220:
            fits /= "x" * 100
        rest = MAX_PATH - len(str(fits)) - 1
        longest = opened(fits / ("y" * (rest // 2)) / ("z" * (rest - rest // 2 - 1)))
        longest.write_now(fill)
        longest.close()
        longer = opened(fits / ("y" * (rest // 2)) / ("z" * (rest - rest // 2)))
        with pytest.raises(DatabaseError, match=rf"{MAX_PATH + 1} bytes.*TGTUI_DATA_DIR"):
            longer.write_now(fill)
        longer.close()

    def test_links_are_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        (tmp_path / "file").symlink_to("real/new.sqlite3")
        for path in (tmp_path / "link" / "catalogue.sqlite3", tmp_path / "file"):
            database = opened(path)
            database.write_now(fill)
            database.close()
        assert {each.name for each in (tmp_path / "real").iterdir()} == {
            "catalogue.sqlite3",
            "new.sqlite3",
        }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_its_owner_can_open_it(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        database = opened(tmp_path / "new" / "deep" / "catalogue.sqlite3")
        database.write_now(fill)
        found = {each: mode(each) for each in sorted((tmp_path / "new").rglob("*"))}
        database.close()
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o700
    folder = tmp_path / "new" / "deep"
    assert found == {
        folder: 0o700,
        **{folder / f"catalogue.sqlite3{end}": 0o600 for end in ("", "-shm", "-wal")},
    }


class TestReadingOnly:
    """What can be read is read. As another user, because root may write everywhere."""

    @staticmethod
    def closed(folder: Path, *, killed: bool) -> Path:
        """A catalogue that another user may only read, with or without the log of a program that was killed."""
        folder.mkdir()
        path = folder / "catalogue.sqlite3"
        database = opened(path)
        database.write_now(fill)
        if killed:
            kept = folder / "kept"
            for ending in ("", "-wal"):
                shutil.copy(f"{path}{ending}", f"{kept}{ending}")
        database.close()
        if killed:
            for ending in ("", "-wal"):
                Path(f"{kept}{ending}").rename(f"{path}{ending}")
        for each in folder.iterdir():
            each.chmod(0o444)
        folder.chmod(0o555)
        return path

    @pytest.mark.parametrize("killed", [False, True])
    def test_a_folder_that_may_not_be_written(self, open_folder: Path, killed: bool) -> None:
        path = self.closed(open_folder / "closed", killed=killed)
        outcome = as_nobody(READ_THEN_WRITE, path)
        assert outcome == Outcome(["poppy"], "DatabaseReadOnly", outcome.sentence, True)
        assert "you have no permission" in outcome.sentence
        assert str(path) in outcome.sentence

    def test_a_file_that_may_not_be_written(self, open_folder: Path) -> None:
        path = self.closed(open_folder / "closed", killed=False)
        path.parent.chmod(0o777)
        outcome = as_nobody(READ_THEN_WRITE, path)
        assert outcome.read == ["poppy"]
        assert outcome.kind == "DatabaseReadOnly"
        assert "you have no permission" in outcome.sentence

    def test_a_limit_of_files_that_are_open(self, open_folder: Path) -> None:
        path = self.closed(open_folder / "closed", killed=False)
        outcome = as_nobody(OPEN_TOO_MANY, path)
        assert outcome.kind == "DatabaseReadOnly"
        assert "too many files open" in outcome.sentence

    def test_a_limit_of_a_files_size(self, open_folder: Path) -> None:
        folder = open_folder / "limited"
        folder.mkdir()
        database = opened(folder / "catalogue.sqlite3")
        database.write_now(fill)
        database.close()
        for each in (folder, *folder.iterdir()):
            os.chown(each, 65534, 65534)
        outcome = as_nobody(WRITE_TOO_MUCH, folder / "catalogue.sqlite3")
        assert outcome.read == ["poppy"]
        assert outcome.kind == "DatabaseReadOnly"
        assert "larger than is allowed" in outcome.sentence

    def test_a_catalogue_that_may_not_grow(self, database: Database) -> None:
        def grow(connection: Connection) -> None:
            connection.execute(text("PRAGMA max_page_count = 2"))
            connection.execute(text("INSERT INTO seeds SELECT hex(randomblob(60000)) FROM seeds"))

        with pytest.raises(DatabaseReadOnly, match="The disk is full; free some space"):
            database.write_now(grow)
        assert database.read_now(seeds) == ["poppy"]


class TestWatching:
    def test_one_that_was_deleted_is_noticed(self, database: Database, path: Path) -> None:
        path.unlink()
        file = database.file
        assert file is not None
        assert file.look()
        for call in (database.read_now, database.write_now):
            with pytest.raises(CatalogueLost, match="was deleted while tgtui ran"):
                call(seeds)
        assert not path.exists()

    def test_one_that_was_replaced_is_noticed(self, database: Database, path: Path) -> None:
        other = path.with_name("restored")
        with sqlite3.connect(other) as made:
            made.execute("CREATE TABLE seeds (name TEXT)")
        made.close()
        other.replace(path)
        assert database.file is not None
        database.file.look()
        with pytest.raises(CatalogueLost, match="was replaced by another one"):
            database.read_now(seeds)

    def test_one_that_is_put_back_is_used_again(self, database: Database, path: Path) -> None:
        aside = path.with_name("aside")
        path.rename(aside)
        assert database.file is not None
        assert database.file.look()
        aside.rename(path)
        assert database.file.look()
        assert database.read_now(seeds) == ["poppy"]

    def test_so_are_the_files_beside_it(self, database: Database, path: Path) -> None:
        file = database.file
        assert file is not None
        with database.engine.connect(), file.held_open():
            Path(f"{path}-wal").unlink()
            assert file.look()
            assert "-wal was deleted" in file.lost

    def test_what_was_never_opened_is_not_lost(self, path: Path) -> None:
        file = SqliteFile(path)
        assert not file.look()
        assert file.lost == ""


READ_THEN_WRITE = """
say_read(database.read_now(seeds))
database.write_now(fill)
"""
OPEN_TOO_MANY = """
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = []
try:
    while True:
        held.append(open("/dev/null"))
except OSError:
    pass
database.read_now(seeds)
"""
WRITE_TOO_MUCH = """
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40_000, size + 40_000))
say_read(database.read_now(seeds))
for _ in range(1000):
    database.write_now(fill)
"""
