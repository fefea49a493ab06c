"""Where the program keeps its files: the folders that were named, whatever their names, closed to other users."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tests.support.names import ALL_IN_ONE
from tgtui.basics.settings import DATABASE_FILE

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="names, rights and signals of POSIX systems"
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_below_the_folders_that_were_named_and_closed(
    bare: Cli, chain: FakeRegistry, tmp_path: Path, own_home: Path
) -> None:
    data = tmp_path / f"data {ALL_IN_ONE}"
    before = os.umask(0)
    try:
        result = bare("--data-dir", str(data), "ask", "npm:a", "--wait")
    finally:
        os.umask(before)
    assert result.exit_code == 0, result.output
    assert [each.name for each in tmp_path.iterdir()] == [data.name]
    assert (data / DATABASE_FILE).is_file()
    assert list(data.glob("cache/??/*.doc"))
    assert list(own_home.iterdir()) == []
    for each in (data, *data.rglob("*")):
        assert mode(each) == (0o700 if each.is_dir() else 0o600), each


def test_what_an_earlier_program_left_open_is_closed(bare: Cli, tmp_path: Path) -> None:
    data, shared = tmp_path / "data", tmp_path / "shared"
    for folder in (data, shared):
        assert bare("--data-dir", str(folder), "db", "upgrade").exit_code == 0
        (folder / "tgtui.log").touch()
        for part in ("cache", "cache/ab", "cache/indexes"):
            (folder / part).mkdir()
        for each in (folder, *folder.rglob("*")):
            each.chmod(0o777 if each.is_dir() else 0o666)
    export = shared / "packages.csv"
    export.write_text("")
    export.chmod(0o644)
    for folder in (data, shared):
        assert bare("--data-dir", str(folder), "search", "express").exit_code in (0, 1)
    assert mode(data) == 0o700
    # Someone keeps more in this one: what is not ours stays as it is.
    assert (mode(shared), mode(export)) == (0o777, 0o644)
    for folder in (data, shared):
        ours = [DATABASE_FILE, "tgtui.log", "cache/ab", "cache/indexes"]
        assert not any(mode(folder / name) & 0o077 for name in ours)


def test_a_file_that_a_url_names_keeps_its_mode(bare: Cli, tmp_path: Path) -> None:
    """Whoever names a file may share it with a group."""
    url = f"sqlite:///{tmp_path}/team.sqlite3"
    assert bare("--database", url, "db", "upgrade").exit_code == 0
    assert mode(tmp_path / "team.sqlite3") == 0o600
    (tmp_path / "team.sqlite3").chmod(0o660)
    assert bare("--database", url, "search", "express").exit_code in (0, 1)
    assert mode(tmp_path / "team.sqlite3") == 0o660


def test_an_export_follows_the_umask(bare: Cli, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        result = bare(
            "--data-dir", str(tmp_path / "data"), "tags", "export", "-o", str(tmp_path / "a.json")
        )
    finally:
        os.umask(before)
    assert result.exit_code == 0, result.output
    assert mode(tmp_path / "a.json") == 0o640


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_leaves_an_older_export_as_it_was(bare: Cli, tmp_path: Path) -> None:
    """/dev/full stands for a device: it is written to, never replaced."""
    before = Path("/dev/full").stat()
    result = bare("--data-dir", str(tmp_path / "data"), "tags", "export", "-o", "/dev/full")
    assert result.exit_code == 2
    assert "/dev/full can't be written: the disk is full; free some space." in result.stderr
    after = Path("/dev/full").stat()
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_worker_whose_catalogue_goes_says_so_and_ends(
    bare: Cli, tmp_path: Path, how: str
) -> None:
    file = tmp_path / DATABASE_FILE
    assert bare("--data-dir", str(tmp_path), "db", "upgrade").exit_code == 0
    copy = tmp_path / "copy"
    shutil.copy(file, copy)
    process = bare.start("--data-dir", str(tmp_path), "worker")
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "message=started" in line:
                break
        if how == "deleted":
            file.unlink()
        else:
            copy.replace(file)
        code, _out, err = bare.finish(process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert code == 3, err
    last = err.splitlines()[-1]
    assert last.startswith(f"The catalogue's file {file} was {how}")
    assert file.exists() == (how == "replaced")
