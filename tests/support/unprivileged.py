"""Runs a few lines as a user who may not write everywhere, in a process of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.apart import told_apart

NOBODY = 65534
PRELUDE = """
import json, os, resource, sys
from pathlib import Path
from sqlalchemy import text
from tgtui.basics.errors import TgtuiError
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

if os.geteuid() == 0:
    os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
path = Path(os.fsdecode(bytes.fromhex(sys.argv[1])))
told = dict(read=None, kind="", sentence="", reads_only=False)
database = Database(open_engine(parse_url(sqlite_url(path))))

def seeds(session):
    return list(session.scalars(text("SELECT name FROM seeds")))

def fill(session):
    session.execute(text("INSERT INTO seeds VALUES ('poppy')"))

def say_read(found):
    told["read"] = found

try:
{lines}
except TgtuiError as error:
    told["kind"], told["sentence"] = type(error).__name__, str(error)
told["reads_only"] = bool(database.file.reads_only)
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Outcome:
    """What the lines told."""

    read: list[str] | None
    kind: str
    """Of the error; empty without one."""
    sentence: str
    reads_only: bool


def as_nobody(lines: str, path: Path) -> Outcome:
    """The lines have `database` of that path, `seeds`, `fill`, `say_read`."""
    indented = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    program = PRELUDE.format(nobody=NOBODY, lines=indented)
    return Outcome(**told_apart(program, os.fsencode(path).hex()))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="tgtui-open-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for each in [*folder.rglob("*")]:
            each.chmod(0o700)
