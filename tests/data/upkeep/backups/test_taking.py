"""A backup is whole or not there, of one moment, and takes the place of nothing by mistake."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import disk
from tests.cli.conftest import interruptible
from tests.data.upkeep.backups.conftest import Garden, names_in, tags_in
from tests.support import rows
from tests.support.apart import told_apart
from tests.support.places import ROOT
from tgtui.basics import clock
from tgtui.basics.errors import DatabaseError
from tgtui.basics.settings import Settings
from tgtui.data.upkeep import migrate
from tgtui.data.upkeep.backups import copying
from tgtui.data.upkeep.backups.copying import CopyStep, ignore
from tgtui.data.upkeep.backups.files import BackupFailed, BackupRefused
from tgtui.data.upkeep.backups.taking import back_up, own_backups
from tgtui.data.upkeep.migrate import HEAD, downgrade
from tgtui.services.opening import Prepared, prepare_database

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and signals of POSIX systems")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "PAGES_AT_ONCE", 16)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where one is to be written."""
    return tmp_path / "garden.backup"


def test_it_is_one_whole_file_of_its_owner_alone(garden: Garden, backup: Path) -> None:
    made = back_up(garden.path, backup, ignore)
    assert (made.path, made.revision, made.size) == (backup, HEAD, backup.stat().st_size)
    assert tags_in(backup) == ["first"]
    assert names_in(backup.parent) == ["data", "garden.backup"]
    if os.name != "nt":
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_it_has_the_moment_at_which_it_began_and_keeps_no_one_waiting(
    garden: Garden, backup: Path
) -> None:
    """A copy in steps would otherwise begin anew after each commit, and never end beside a worker."""
    database = garden.open()
    steps: list[CopyStep] = []

    def tell(step: CopyStep) -> None:
        steps.append(step)
        database.write_now(rows.add_tag, f"during-{len(steps)}")

    back_up(garden.path, backup, tell)
    database.close()
    assert tags_in(backup) == ["first"]
    assert len(garden.tags) == 1 + len(steps)
    copied = [step for step in steps if step.stage == "copying"]
    assert len(copied) > 5
    assert [step.done for step in copied] == sorted({step.done for step in copied})
    assert copied[-1].done == copied[-1].total


def test_it_has_what_a_killed_program_left_in_the_log(garden: Garden, backup: Path) -> None:
    database = garden.open()
    database.write_now(rows.add_tag, "in-the-log")
    left = garden.path.parent / "left"
    left.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{garden.path}{ending}", left)
    database.close()
    back_up(left / garden.path.name, backup, ignore)
    assert tags_in(backup) == ["first", "in-the-log"]


class TestItsName:
    def test_an_older_one_is_replaced_only_by_force(self, garden: Garden, backup: Path) -> None:
        backup.write_text("precious")
        with pytest.raises(
            BackupRefused, match=r"exists already; name another file, or add --force"
        ):
            back_up(garden.path, backup, ignore)
        assert backup.read_text() == "precious"
        back_up(garden.path, backup, ignore, force=True)
        assert tags_in(backup) == ["first"]

    def test_one_that_comes_meanwhile_is_not_replaced(self, garden: Garden, backup: Path) -> None:
        with pytest.raises(BackupRefused, match="exists already"):
            back_up(garden.path, backup, lambda _step: backup.touch())
        assert backup.read_bytes() == b""
        assert names_in(backup.parent) == ["data", "garden.backup"]

    @posix
    @pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
    def test_the_catalogue_itself_is_refused_under_whatever_name(
        self, garden: Garden, backup: Path, ending: str
    ) -> None:
        itself = garden.path.with_name(garden.path.name + ending)
        names = [itself, garden.path.parent / ".." / "data" / itself.name]
        if not ending:
            (backup.parent / "hard").hardlink_to(itself)
            (backup.parent / "soft").symlink_to(itself)
            names += [backup.parent / "hard", backup.parent / "soft"]
        for name in names:
            with pytest.raises(BackupRefused, match="is the catalogue itself"):
                back_up(garden.path, name, ignore, force=True)
        assert garden.tags == ["first"]

    @posix
    def test_what_is_no_file_is_refused(self, garden: Garden, backup: Path) -> None:
        backup.mkdir()
        os.mkfifo(backup / "pipe")
        for name, words in ((backup, "is a folder"), (backup / "pipe", "is not a file")):
            with pytest.raises(BackupRefused, match=words):
                back_up(garden.path, name, ignore, force=True)

    def test_a_database_that_may_be_open_is_not_replaced(
        self, garden: Garden, backup: Path
    ) -> None:
        """Its log would be read into the backup."""
        other = Garden(backup)
        shutil.copyfile(garden.path, other.path)
        database = other.open()
        database.write_now(rows.add_tag, "second")
        with pytest.raises(BackupRefused, match=r"Beside .* is garden.backup-wal"):
            back_up(garden.path, backup, ignore, force=True)
        database.close()
        assert other.tags == ["first", "second"]

    @posix
    def test_a_link_stays_one(self, garden: Garden, backup: Path) -> None:
        kept = backup.with_name("kept")
        kept.touch()
        backup.symlink_to(kept)
        back_up(garden.path, backup, ignore, force=True)
        assert backup.is_symlink()
        assert tags_in(kept) == ["first"]


class TestWhatFails:
    def test_nothing_is_made_where_there_is_no_catalogue(self, backup: Path) -> None:
        with pytest.raises(DatabaseError, match="There is no catalogue at"):
            back_up(backup.parent / "none" / "catalogue.sqlite3", backup, ignore)
        assert names_in(backup.parent) == []

    def test_another_programs_database_is_not_backed_up(self, backup: Path) -> None:
        other = backup.with_name("other")
        with closing(sqlite3.connect(other)) as connection:
            connection.execute("CREATE TABLE notes (id integer)")
        with pytest.raises(DatabaseError, match="is not a catalogue of tgtui"):
            back_up(other, backup, ignore)
        assert not backup.exists()

    def test_of_a_damaged_catalogue_none_is_written(self, garden: Garden, backup: Path) -> None:
        backup.write_text("precious")
        damage(garden.path)
        with pytest.raises(DatabaseError, match=r"damaged|tgtui db restore") as refused:
            back_up(garden.path, backup, ignore, force=True)
        assert "docs/backup.md" in str(refused.value)
        assert backup.read_text() == "precious"
        assert names_in(backup.parent) == ["data", "garden.backup"]

    def test_a_folder_that_is_not_there(self, garden: Garden, backup: Path) -> None:
        with pytest.raises(BackupFailed, match="can't be written: there is no such file or folder"):
            back_up(garden.path, backup / "no" / "garden.backup", ignore)

    @pytest.mark.parametrize("length", [250, 256])
    def test_a_name_that_is_too_long(self, garden: Garden, backup: Path, length: int) -> None:
        """The shorter one can't be opened any more: SQLite looks for its log under a longer name."""
        with pytest.raises(BackupFailed, match="can't be written: the path is too long"):
            back_up(garden.path, backup.with_name("x" * length), ignore)
        assert names_in(backup.parent) == ["data"]

    @posix
    def test_a_file_that_may_not_be_so_large(self, garden: Garden, tmp_path: Path) -> None:
        told = told_apart(TOO_LARGE, str(garden.path), str(tmp_path / "garden.backup"))
        assert told["refused"].endswith(
            "can't be written: the file would be larger than is allowed (ulimit -f)."
        )
        assert told["there"] == ["data"]

    @posix
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("stage", ["copying", "checking"])
    def test_an_interrupted_one_leaves_nothing(
        self, garden: Garden, backup: Path, number: signal.Signals, stage: str
    ) -> None:
        backup.write_text("precious")
        command = [sys.executable, "-c", INTERRUPTED, str(garden.path), str(backup), stage]
        with interruptible():
            done = subprocess.run([*command, str(int(number))], cwd=ROOT, check=False)
        assert done.returncode == 128 + number
        assert backup.read_text() == "precious"
        assert names_in(backup.parent) == ["data", "garden.backup"]

    @posix
    def test_what_a_killed_one_leaves_goes_with_the_next(
        self, garden: Garden, backup: Path
    ) -> None:
        command = [sys.executable, "-c", INTERRUPTED, str(garden.path), str(backup), "copying"]
        subprocess.run([*command, str(int(signal.SIGKILL))], cwd=ROOT, check=False)
        (part,) = backup.parent.glob(".tgtui-*.part")
        assert not backup.exists()
        during: list[bool] = []

        def tell(_step: CopyStep) -> None:
            """Another one that writes the same file is not taken for a leftover."""
            during.append(part.exists())
            if len(during) == 1:
                back_up(garden.path, backup.with_name("other"), ignore)

        back_up(garden.path, backup, tell)
        assert not any(during)
        assert names_in(backup.parent) == ["data", "garden.backup", "other"]

    @pytest.mark.full
    def test_a_full_disk(self, garden: Garden, tmp_path: Path) -> None:
        if isinstance(command := disk.namespace(), str):
            pytest.skip(command)
        mounted = tmp_path / "disk"
        mounted.mkdir()
        told = told_apart(FULL_DISK, str(garden.path), str(mounted), under=command)
        assert "are free. Free some space." in told["before"]
        assert told["meanwhile"].endswith("can't be written: the disk is full; free some space.")
        assert told["there"] == ["ballast"]


def damage(path: Path) -> None:
    """Where tables are, so that it can be opened."""
    with path.open("r+b") as opened:
        for page in range(3, 40):
            opened.seek(page * 4096)
            opened.write(b"\xa5" * 2048)


class TestBeforeAnUpgrade:
    @pytest.fixture
    def older(self, garden: Garden) -> Garden:
        """Of an earlier schema."""
        database = garden.open()
        downgrade(database.engine, "0008")
        database.close()
        return garden

    @pytest.fixture
    def opened(self) -> Iterator[Any]:
        made: list[Prepared] = []

        def prepare(garden: Garden, **settings: Any) -> Prepared:
            made.append(prepare_database(Settings(data_dir=str(garden.path.parent), **settings)))
            return made[-1]

        yield prepare
        for each in made:
            each.database.close()

    def test_a_file_with_data_is_backed_up_once(self, older: Garden, opened: Any) -> None:
        prepared = opened(older)
        assert prepared.is_migrated
        (backup,) = own_backups(older.path)
        assert prepared.backup == backup
        assert backup.name.startswith("catalogue.sqlite3.schema-0008.20")
        assert tags_in(backup) == ["first"]
        if os.name != "nt":
            assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert opened(older).backup is None
        assert own_backups(older.path) == [backup]

    def test_a_new_file_and_one_without_data_are_not(self, tmp_path: Path, opened: Any) -> None:
        new = Garden(tmp_path / "catalogue.sqlite3")
        assert opened(new).backup is None
        empty = Garden(tmp_path / "empty" / "catalogue.sqlite3")
        empty.path.parent.mkdir()
        database = empty.open()
        migrate.upgrade(database.engine)
        downgrade(database.engine, "0008")
        database.close()
        assert opened(empty).backup is None

    def test_the_newest_are_kept(
        self, older: Garden, opened: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = datetime(2026, 1, 31, 12, tzinfo=UTC)
        strange = older.path.with_name("catalogue.sqlite3.schema-0008.mine.backup")
        strange.touch()
        for day in range(3):
            monkeypatch.setattr(clock, "now", lambda day=day: now + timedelta(days=day))
            opened(older, backups_kept=2).database.close()
            database = older.open()
            downgrade(database.engine, "0008")
            database.close()
        assert [path.name[-23:-7] for path in own_backups(older.path)] == [
            "20260201T120000Z",
            "20260202T120000Z",
        ]
        # A clock that was set back must not make the newest the one that goes.
        monkeypatch.setattr(clock, "now", lambda: now)
        backup = opened(older, backups_kept=1).backup
        assert own_backups(older.path) == [backup]
        assert strange.exists()

    def test_none_is_made_if_none_are_kept(self, older: Garden, opened: Any) -> None:
        assert opened(older, backups_kept=0).backup is None
        assert names_in(older.path.parent)[0] == "catalogue.sqlite3"
        assert own_backups(older.path) == []

    def test_if_it_can_not_be_written_nothing_is_migrated(
        self, older: Garden, opened: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(older.path)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
        with pytest.raises(BackupFailed, match=r"1\.0 MB are free.*set backups_kept to 0"):
            opened(older)
        database = older.open()
        assert migrate.schema_state(database.engine) == "behind"
        database.close()
        assert own_backups(older.path) == []


TOO_LARGE = """
import json, resource, sys
from pathlib import Path
from tgtui.basics.errors import TgtuiError
from tgtui.data.upkeep.backups.taking import back_up

path, backup = map(Path, sys.argv[1:])
size = path.stat().st_size // 2
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
refused = ""
try:
    back_up(path, backup, lambda step: None)
except TgtuiError as error:
    refused = str(error)
print(json.dumps({"refused": refused, "there": [each.name for each in backup.parent.iterdir()]}))
"""
INTERRUPTED = """
import os, sys
from pathlib import Path
from tgtui.basics.leaving import leaving_at_once
from tgtui.data.upkeep.backups import copying
from tgtui.data.upkeep.backups.taking import back_up

copying.PAGES_AT_ONCE, copying.CHECKED_AT_ONCE = 16, 10
path, backup, stage, number = sys.argv[1:]

def tell(step):
    if step.stage == stage:
        os.kill(os.getpid(), int(number))

try:
    with leaving_at_once():
        back_up(Path(path), Path(backup), tell, force=True)
except KeyboardInterrupt:
    sys.exit(130)
"""
FULL_DISK = """
import json, subprocess, sys
from pathlib import Path
from tgtui.basics.errors import TgtuiError
from tgtui.data.upkeep.backups import copying, files
from tgtui.data.upkeep.backups.taking import back_up

copying.PAGES_AT_ONCE = 16
path, folder = map(Path, sys.argv[1:])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tgtui-test", str(folder)], check=True)

def fill(_step):
    try:
        with (folder / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
    except OSError:
        pass

def refused(tell):
    try:
        back_up(path, folder / "garden.backup", tell)
    except TgtuiError as error:
        return str(error)

told = {"before": refused(fill)}
files.RESERVE = 0
told["meanwhile"] = refused(fill)
told["there"] = [each.name for each in folder.iterdir()]
print(json.dumps(told))
"""
