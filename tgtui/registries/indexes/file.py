"""A registry's index on disk: entries by name, other names that lead to them, and facts about the whole.

It is an SQLite file, so that any number of programs can look things up in milliseconds without keeping an index
of 60,000 packages in memory. It is written completely under another name and never changed afterwards.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tgtui.basics.files.private import create

FORMAT = 2
"""In the file's name: another format is another file."""
ROWS_AT_ONCE = 1_000
SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE names (name TEXT NOT NULL, entry INTEGER NOT NULL, detail TEXT);
"""
LOOK_UPS = """
CREATE INDEX entries_by_name ON entries (name);
CREATE INDEX names_by_name ON names (name);
"""


class OtherName(Struct, frozen=True):
    """Another name of an entry."""

    name: str
    entry: int
    """Number of the entry, in the order they are written, from 1."""
    detail: str | None = None
    """More data: the version of a provided name."""


def write_index(
    path: Path,
    entries: Iterable[tuple[str, bytes]],
    names: Iterable[OtherName],
    facts: Callable[[], Mapping[str, str]],
) -> None:
    """`entries` is consumed before `names` and `facts` are read. OSError or sqlite3.Error if the disk fails."""
    path.unlink(missing_ok=True)
    os.close(create(path))
    file = sqlite3.connect(path.absolute())
    try:
        # It is not read before it is complete, and a broken one is discarded.
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.executescript(SCHEMA)
        file.execute("BEGIN")
        file.executemany("INSERT INTO entries (name, body) VALUES (?, ?)", entries)
        file.executemany(
            "INSERT INTO names VALUES (?, ?, ?)", ((n.name, n.entry, n.detail) for n in names)
        )
        file.executemany("INSERT INTO facts VALUES (?, ?)", facts().items())
        file.commit()
        file.executescript(LOOK_UPS)
    finally:
        file.close()


class IndexFile:
    """Reads what `write_index` wrote. Threads may share it. sqlite3.Error if the file is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            self.facts: dict[str, str] = dict(self._file.execute("SELECT name, value FROM facts"))
        except sqlite3.Error:
            self._file.close()
            raise
        # One that a newer index replaced is closed when the last who reads it lets go of it.
        self._close = weakref.finalize(self, self._file.close)

    def close(self) -> None:
        self._close()

    def entries(self, name: str) -> list[bytes]:
        """Every entry of that name, in the order they were written."""
        with self._lock:
            rows = self._file.execute(
                "SELECT body FROM entries WHERE name = ? ORDER BY id", (name,)
            ).fetchall()
        return [body for (body,) in rows]

    def by_other_name(self, name: str) -> list[tuple[str, bytes, str | None]]:
        """(name, body, detail) of the entries that have this as another name."""
        with self._lock:
            return self._file.execute(
                "SELECT entries.name, body, detail FROM names JOIN entries ON id = entry"
                " WHERE names.name = ? ORDER BY id",
                (name,),
            ).fetchall()

    def all_entries(self) -> Iterator[tuple[str, bytes]]:
        """By name; entries of one name in the order they were written."""
        yield from self._rows("SELECT name, body FROM entries ORDER BY name, id")

    def numbered_entries(self) -> Iterator[tuple[int, bytes]]:
        """(number, body) of every entry."""
        yield from self._rows("SELECT id, body FROM entries ORDER BY id")

    def all_names(self) -> Iterator[tuple[str, int, str | None]]:
        """(other name, number of the entry, detail)."""
        yield from self._rows("SELECT name, entry, detail FROM names ORDER BY entry")

    def _rows(self, statement: str) -> Iterator[Any]:
        """In batches, because whole indexes are tens of megabytes."""
        with self._lock:
            cursor = self._file.execute(statement)
        while True:
            with self._lock:
                rows = cursor.fetchmany(ROWS_AT_ONCE)
            if not rows:
                return
            yield from rows

    def count(self) -> int:
        """Different names."""
        with self._lock:
            found: int = self._file.execute("SELECT count(DISTINCT name) FROM entries").fetchone()[
                0
            ]
        return found
