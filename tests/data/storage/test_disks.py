"""A disk that is full, then mounted read-only: what was stored is read, and the sentence says which it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import disk
from tests.support.apart import told_apart

INSIDE = """
import json, os, subprocess, sys
from pathlib import Path
from sqlalchemy import text
from tgtui.basics.errors import DatabaseReadOnly
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tgtui-test", str(folder)], check=True)
path = folder / "catalogue.sqlite3"
told = {}

def opened():
    return Database(open_engine(parse_url(sqlite_url(path))))

def seeds(connection):
    return list(connection.scalars(text("SELECT name FROM seeds")))

def fill(connection):
    connection.execute(text("INSERT INTO seeds VALUES (:body)"), {"body": "x" * 200_000})

def fill_disk():
    try:
        with (folder / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
    except OSError:
        pass

def look(database, name):
    try:
        read = len(database.read_now(seeds))
        database.write_now(fill)
        refused = ""
    except DatabaseReadOnly as error:
        refused = str(error)
    told[name] = [read, refused, bool(database.file.reads_only)]

first = opened()
first.write_now(lambda connection: connection.execute(text("CREATE TABLE seeds (name TEXT)")) and None)
first.write_now(fill)
fill_disk()
look(first, "full while it runs")
(folder / "ballast").unlink()
first.close()
fill_disk()
second = opened()
look(second, "full at the start")
(folder / "ballast").unlink()
told["is usual again"] = second.file.is_usual_again()
second.engine.dispose()
second.file.be_usual()
look(second, "freed")
second.close()
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
third = opened()
look(third, "read-only")
third.close()
print(json.dumps(told))
"""


@pytest.mark.full
def test_a_read_only_file_system_and_a_full_one(tmp_path: Path) -> None:
    if isinstance(command := disk.namespace(), str):
        pytest.skip(command)
    full = "The disk is full; free some space. Nothing stored so far is lost."
    read_only = (
        f"The catalogue's file {tmp_path / 'catalogue.sqlite3'} can't be written: the file system is"
        " read-only; set TGTUI_DATA_DIR to a folder you can write to."
    )
    assert told_apart(INSIDE, str(tmp_path), under=command) == {
        "full while it runs": [1, full, False],
        "full at the start": [1, full, True],
        "is usual again": True,
        "freed": [1, "", False],
        "read-only": [2, read_only, True],
    }
