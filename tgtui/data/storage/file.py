"""The file of an SQLite catalogue: made for its owner alone, opened so that what can be read is read, and watched.

SQLite's own codes don't tell a full disk from a read-only one, so what is wrong is found by trying.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tgtui.basics.errors import CatalogueLost, DatabaseError
from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import reading_problem, why, writing_problem

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for another program's transaction."""
WAL_PAUSE_S = 0.01
LOOK_S = 1.0
"""Seconds between two looks at whether the file is still there, and can be written again."""
MAX_PATH = 504
"""Bytes of a path that SQLite opens."""
BESIDE = ("-wal", "-shm")
"""Endings of the files that are a part of the catalogue while it is open."""
WAL = "PRAGMA journal_mode = WAL"
"""Readers read during a write. The file remembers it; later connections change nothing."""
PRAGMAS = (
    # Off by default, and cascades then silently do nothing.
    "PRAGMA foreign_keys = ON",
    # With WAL a crash of the program loses no committed transaction, only a power cut may lose the last ones.
    "PRAGMA synchronous = NORMAL",
    # 32 MiB: the indexes of a large catalogue stay in memory.
    "PRAGMA cache_size = -32768",
    # Rows of a large catalogue are read from the system's cache, without a call for each page.
    "PRAGMA mmap_size = 4294967296",
    # Sorting a page needs no file.
    "PRAGMA temp_store = MEMORY",
)

FULL = "The disk is full; free some space. Nothing stored so far is lost."
READ_ONLY = (
    "The catalogue's file or folder is read-only; set TGTUI_DATA_DIR to a folder you can write to."
)
RESTORE = (
    "restore a backup with `tgtui db restore FILE`, or move it away to start again (docs/backup.md)"
)
SENTENCES = {
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "The catalogue's file can't be opened; check the folder, or set TGTUI_DATA_DIR.",
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: "Another program holds the catalogue's write lock; try again in a moment.",
    sqlite3.SQLITE_CORRUPT: f"The catalogue's file is damaged; {RESTORE}.",
    sqlite3.SQLITE_NOTADB: f"The catalogue's file is damaged, or not an SQLite database; {RESTORE}.",
    sqlite3.SQLITE_IOERR: "The catalogue's file can't be read or written; check the disk it is on.",
}
"""By SQLite's primary result code."""
OF_THE_DISK = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)
"""Codes behind which is the disk, the folder or a limit of the system."""


class SqliteFile:
    """Threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.reads_only = ""
        """Why the catalogue can only be read now, a sentence; empty if it can be written as far as is known."""
        self.lost = ""
        """A sentence once the file is no longer the one that was opened."""
        self.committed = threading.Event()
        """Set by each commit of this program, for whoever watches the file."""
        self._opened: tuple[int, int] | None = None
        self._held: dict[Path, tuple[int, int]] = {}
        self._looked = time.monotonic()
        self._is_makeshift = False
        """Connections are made that need nothing written: SQLite could not open it as usual."""
        self._lock = threading.Lock()

    @property
    def is_absent(self) -> bool:
        """There certainly is none; if the folder can't be looked into, opening it says why."""
        return _is_gone(self.path)

    def connect(self) -> sqlite3.Connection:
        """A configured connection, one that only reads if nothing else is possible. sqlite3.Error.

        The first one creates the file and its folder if they are missing; DatabaseError if they can't be created.
        """
        if self._opened is None:
            self._make()
        with self._lock:
            connection = self._makeshift() if self._is_makeshift else self._usual_or_makeshift()
            if self._opened is None:
                self._opened = _identity(self.path)
        return connection

    def problem(self, error: sqlite3.Error) -> str:
        """A sentence with a remedy; empty if the statement is wrong, not the file."""
        code = code_of(error)
        if self.lost and code in (*OF_THE_DISK, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return self.lost
        if code in OF_THE_DISK and code != sqlite3.SQLITE_FULL:
            found = reading_problem(self.path)
            if found is not None:
                return (
                    f"The catalogue's file {self.path} can't be opened: {why(found)}."
                    " Check its folder, or set TGTUI_DATA_DIR."
                )
            parts = [self.path, *(each for each in self._beside() if each.exists())]
            found = writing_problem(self.path.parent, parts)
            if found is not None:
                return _not_written(self.path, found)
        return SENTENCES.get(code, "")

    def is_usual_again(self) -> bool:
        """Whether connections that only read can be replaced by usual ones, because the disk can be written again."""
        if not self.reads_only or self.lost:
            return False
        try:
            self._usual().close()
        except sqlite3.Error:
            return False
        return not self._refused()

    def be_usual(self) -> None:
        """Make usual connections from now on. Those that only read are closed: closing one, which knows no locks,
        would drop those of the others."""
        self._is_makeshift, self.reads_only = False, ""

    def look(self) -> bool:
        """Update `lost`: whether the files are still those that were opened. True if it changed."""
        before, self.lost, self._looked = self.lost, self._told(), time.monotonic()
        return self.lost != before

    def require(self) -> None:
        """CatalogueLost if the file was deleted or replaced; looks at most once a second."""
        if self._opened is not None and time.monotonic() - self._looked >= LOOK_S:
            self.look()
        if self.lost:
            raise CatalogueLost(self.lost)

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """While a connection is open: then the files beside it must not go either."""
        beside = [] if self._is_makeshift else self._beside()
        self._held = {each: found for each in beside if (found := _identity(each)) is not None}
        try:
            yield
        finally:
            self._held = {}

    def _told(self) -> str:
        if self._opened is None:
            return ""
        for path, identity in {self.path: self._opened, **self._held}.items():
            now = _identity(path)
            if now is not None and now != identity:
                return (
                    f"The catalogue's file {path} was replaced by another one while tgtui ran."
                    " Restart tgtui to use the new one."
                )
            if now is None and _is_gone(path):
                return (
                    f"The catalogue's file {path} was deleted while tgtui ran."
                    " Put it back, or restart tgtui to begin a new one."
                )
        return ""

    def _make(self) -> None:
        """Create the folder and an empty file if they are missing."""
        self._require_short()
        real = Path(os.path.realpath(self.path))
        try:
            make_folder(real.parent)
            if not real.exists():
                os.close(create(real))
        except FileExistsError:
            pass  # another program was faster
        except OSError as error:
            raise DatabaseError(
                f"The catalogue's file {self.path} can't be created: {why(error)}."
                " Set TGTUI_DATA_DIR to a folder you can write to."
            ) from None

    def _usual(self) -> sqlite3.Connection:
        return self._open("mode=rw", WAL)

    def _usual_or_makeshift(self) -> sqlite3.Connection:
        try:
            connection = self._usual()
        except sqlite3.OperationalError as error:
            if code_of(error) not in OF_THE_DISK or not self.path.exists():
                raise
            connection = self._makeshift(error)
            self._is_makeshift = True
            self.reads_only = f"{self.problem(error)} The catalogue can be read, not changed."
        else:
            self.reads_only = self._refused()
        return connection

    def _makeshift(self, reason: sqlite3.OperationalError | None = None) -> sqlite3.Connection:
        """Needs no file beside the catalogue's own. What a program that was killed left in a WAL is read as well."""
        ways = ["mode=ro&immutable=1"]
        if any(_size(each) for each in self._beside()[:1]):
            ways.insert(0, "mode=ro&vfs=unix-none")
        failed = reason
        for way in ways:
            try:
                # Alone with the file SQLite needs no memory that programs share.
                return self._open(way, "PRAGMA locking_mode = EXCLUSIVE")
            except sqlite3.OperationalError as error:
                failed = reason or error
        assert failed is not None
        raise failed

    def _open(self, how: str, first: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{how}",
            uri=True,
            timeout=BUSY_TIMEOUT_MS / 1000,
            check_same_thread=False,
            # The driver must not open transactions itself: it would begin them deferred.
            isolation_level=None,
        )
        try:
            _switch(connection, first)
            for pragma in PRAGMAS:
                connection.execute(pragma)
            # Now the files beside it are opened, or not.
            connection.execute("PRAGMA schema_version").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _refused(self) -> str:
        """What the system already says of writing, without trying."""
        if os.access(self.path, os.W_OK):
            return ""
        found = writing_problem(self.path.parent, [self.path])
        if found is None:
            return ""
        return f"{_not_written(self.path, found)} The catalogue can be read, not changed."

    def _beside(self) -> list[Path]:
        """SQLite puts them beside the file that a link leads to."""
        real = Path(os.path.realpath(self.path))
        return [real.with_name(real.name + ending) for ending in BESIDE]

    def _require_short(self) -> None:
        size = len(os.fsencode(os.path.realpath(self.path)))
        if size > MAX_PATH:
            raise DatabaseError(
                f"The path of the catalogue's file has {size} bytes; SQLite opens at most {MAX_PATH}."
                " Set TGTUI_DATA_DIR to a shorter one."
            )


def _switch(connection: sqlite3.Connection, pragma: str) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute(pragma)
            return
        except sqlite3.OperationalError as error:
            # SQLite's busy timeout does not cover programs that switch a new file to WAL at the same time.
            if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE_S)


def _not_written(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return FULL
    elsewhere = "; set TGTUI_DATA_DIR to a folder you can write to"
    is_for_good = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    return (
        f"The catalogue's file {path} can't be written: {why(error)}"
        f"{elsewhere if is_for_good else ''}."
    )


def is_of_the_disk(error: BaseException | None) -> bool:
    """SQLite could not write or open a file; reading may still be possible."""
    return isinstance(error, sqlite3.Error) and code_of(error) in OF_THE_DISK


def code_of(error: sqlite3.Error) -> int:
    """The primary one; the extended code says more in its upper bytes."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _identity(path: Path) -> tuple[int, int] | None:
    """The same for as long as it is the same file; None if it can't be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_gone(path: Path) -> bool:
    """There certainly is none; a folder that can't be looked into says nothing."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
