"""Copies an SQLite database, page by page and as it was at one moment, while other programs write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tgtui.basics.errors import DatabaseError
from tgtui.basics.formatting import size
from tgtui.basics.leaving import HANG_UP, INTERRUPT, TERMINATE, Left, leaving
from tgtui.data.storage.file import OF_THE_DISK, SqliteFile, code_of
from tgtui.data.upkeep.schemas import REVISION_NAME

PAGES_AT_ONCE = 2_048
"""Pages, of 4 KiB as a rule, between two looks at whether to stop."""
CHECKED_AT_ONCE = 100_000
"""Steps of SQLite's machine between two looks."""
HOLD_TIMEOUT_S = 2.0
"""Seconds that other programs have to let go of the file: a command that is just ending does."""
CACHE = "PRAGMA cache_size = -32768"
"""32 MiB, however large the database is."""
DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""Codes of a file that is not what it should be."""

IN_USE = (
    "Other programs have the catalogue open: leave tgtui everywhere (the app, workers, commands), then try again."
    " Nothing was changed."
)
STAGES = {
    "dumping": "pg_dump is writing",
    "copying": "copying",
    "checking": "checking the copy",
    "upgrading": "upgrading the copy",
    "keeping": "keeping what is there now",
    "replacing": "replacing",
}
"""In order."""


class CopyStep(Struct, frozen=True):
    """The progress of a backup or a restore."""

    stage: str
    """A key of STAGES."""
    done: int = 0
    """Bytes."""
    total: int | None = None

    @property
    def words(self) -> str:
        """`copying, 12.1 MB of 1.2 GB`."""
        of = f" of {size(self.total)}" if self.total else ""
        return f"{STAGES[self.stage]}, {size(self.done)}{of}" if self.done else STAGES[self.stage]


Tell = Callable[[CopyStep], None]


def ignore(_step: CopyStep) -> None:
    """For those who don't want to know."""


class InUse(DatabaseError):
    """Another program has the catalogue open."""


class Unreadable(DatabaseError):
    """The file is so damaged that SQLite does not open it: no program can."""


def open_to_read(path: Path) -> sqlite3.Connection:
    """Without changing the file, as far as that is possible. sqlite3.Error."""
    connection = sqlite3.connect(_uri(path), uri=True, isolation_level=None)
    try:
        connection.execute(CACHE)
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if code_of(error) not in OF_THE_DISK:
            raise
        return SqliteFile(path).connect()  # reads also what no file can be made beside
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def to_fill(part: Path) -> Iterator[sqlite3.Connection]:
    """A new file to copy into. It is locked, so that no one takes it for one that was left."""
    connection = sqlite3.connect(_uri(part), uri=True, isolation_level=None)
    try:
        connection.execute(CACHE)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # It is worth nothing until it is whole: no journal, and one sync at the end.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        yield connection
    finally:
        connection.close()


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """The file to oneself, by SQLite's own locks: every open connection has one. InUse, Unreadable, sqlite3.Error."""
    connection = sqlite3.connect(_uri(path), uri=True, isolation_level=None, timeout=HOLD_TIMEOUT_S)
    try:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Leaving WAL needs to be alone, and writes into the file what is in the log.
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise InUse(IN_USE) from None
            if code_of(error) in DAMAGES:
                raise Unreadable(SqliteFile(path).problem(error)) from None
            raise
        if mode != "delete":
            raise InUse(IN_USE)
        connection.execute(CACHE)
        # An older file stays until the new one is on the disk, also in a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        yield connection
    finally:
        connection.close()


def copy(source: sqlite3.Connection, target: sqlite3.Connection, tell: Tell, stage: str) -> None:
    """Make `target` what `source` is now, in one transaction. Other programs read and write meanwhile. sqlite3.Error.

    A signal to leave stops it, and nothing is written.
    """
    (page,) = source.execute("PRAGMA page_size").fetchone()
    source.execute("PRAGMA mmap_size = 0")  # else a large file would seem to fill the memory
    with _stoppable() as stop:

        def look(status: int, remaining: int, total: int) -> None:
            stop.require()
            if status in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            ):  # else it would wait for good
                raise sqlite3.OperationalError("another program has locked the file")
            tell(CopyStep(stage, (total - remaining) * page, total * page))

        source.execute("BEGIN")
        try:
            # With a snapshot a commit of another program does not make the copy begin anew.
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=PAGES_AT_ONCE, progress=look)
        finally:
            source.execute("ROLLBACK")


def in_one_file(connection: sqlite3.Connection) -> None:
    """Let it need no file beside it. A copy of a catalogue is in WAL mode, as that is."""
    connection.execute("PRAGMA journal_mode = DELETE")


def damage_of(connection: sqlite3.Connection, tell: Tell, *, is_quick: bool = False) -> str:
    """The first thing that SQLite finds wrong; empty if it is whole. `is_quick` leaves out whether indexes are right."""
    tell(CopyStep("checking"))
    with _stoppable() as stop:
        connection.set_progress_handler(lambda: bool(stop.number), CHECKED_AT_ONCE)
        try:
            pragma = "quick_check" if is_quick else "integrity_check"
            (found,) = connection.execute(f"PRAGMA {pragma}(1)").fetchone()
        except sqlite3.DatabaseError as error:
            stop.require()
            if code_of(error) not in DAMAGES:
                raise
            found = str(error)
        finally:
            connection.set_progress_handler(None, 0)
    return "" if found == "ok" else " ".join(str(found).split())


def revision_in(connection: sqlite3.Connection) -> str | None:
    """The revision of its schema; None if it is not a catalogue of tgtui. sqlite3.Error if it can't be read."""
    table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.execute(table).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row is not None and REVISION_NAME.fullmatch(str(row[0])) else None


def bytes_of(connection: sqlite3.Connection) -> int:
    """The size of the database, with what is still in its log."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(page)


class _Stop:
    """A signal to leave, noted: raised inside of SQLite it would be lost."""

    number = 0

    def note(self, number: int) -> None:
        self.number = self.number or number

    def require(self) -> None:
        if self.number == INTERRUPT:
            raise KeyboardInterrupt
        if self.number:
            raise Left(self.number)


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    with leaving(stop.note, INTERRUPT, TERMINATE, HANG_UP):
        yield stop
    stop.require()


def _uri(path: Path) -> str:
    return f"{path.as_uri()}?mode=rw"
