"""The scratch database of one run, over plain drivers: nothing of the program's own reads or changes it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from tgtui.basics.files.paths import sqlite_url

BUSY_S = 15.0
"""How long a look or a nudge waits for a program's transaction."""


class Store(Protocol):
    """A catalogue's database."""

    @property
    def kind(self) -> str: ...

    @property
    def skip_locked(self) -> str:
        """For the end of a SELECT whose rows somebody may be writing."""
        ...

    def url(self, program: int | None = None) -> str:
        """For the settings of a program. With a number it has a login of its own, where there are logins."""
        ...

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """`?` stands for a value on both databases."""
        ...

    def change(self, statement: str, *values: Any, patience: float = BUSY_S) -> int | None:
        """How many rows changed; None if somebody held them for longer than `patience` seconds."""
        ...

    def script(self, statements: str) -> None:
        """Statements without values."""
        ...

    def damage(self) -> list[str]:
        """What the database itself finds wrong with its file and its references."""
        ...

    def close(self) -> None: ...


class SqliteStore:
    """A file in a folder of the run."""

    kind = "sqlite"
    skip_locked = ""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "catalogue.sqlite3"

    def url(self, program: int | None = None) -> str:
        return sqlite_url(self.path)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._open() as connection:
            return connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: Any, patience: float = BUSY_S) -> int | None:
        try:
            with self._open(patience) as connection:
                return connection.execute(statement, values).rowcount
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
                return None
            raise

    def script(self, statements: str) -> None:
        with self._open() as connection:
            connection.executescript(statements)

    def damage(self) -> list[str]:
        with self._open() as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        return [text for text in found if text != "ok"] + [f"dangling: {row}" for row in dangling]

    def close(self) -> None:
        pass

    @contextlib.contextmanager
    def _open(self, patience: float = BUSY_S) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


class PostgresStore:
    """A database on a running server; `port` is where programs connect instead, a proxy's for example."""

    kind = "postgresql"
    skip_locked = "FOR UPDATE SKIP LOCKED"

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.port: int | None = None
        self._prefix = f"chaos_{uuid4().hex[:8]}"
        self._logins: set[str] = set()
        self._makes_logins = self.rows("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")

    @property
    def address(self) -> URL:
        """Where the server itself is."""
        return self._url

    @property
    def has_logins(self) -> bool:
        """Whether the audit tells programs apart."""
        return self._makes_logins == [(True,)]

    def login(self, program: int) -> str:
        return f"{self._prefix}_{program}"

    def url(self, program: int | None = None) -> str:
        url = self._url
        if program is not None and self.has_logins:
            url = url.set(username=self._made(self.login(program)))
        if self.port is not None:
            query = {key: value for key, value in url.query.items() if key not in ("host", "port")}
            url = url.set(host="127.0.0.1", port=self.port, query=query)
        return url.render_as_string(hide_password=False)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._open() as connection:
            return connection.execute(_percent(statement), values).fetchall()

    def change(self, statement: str, *values: Any, patience: float = BUSY_S) -> int | None:
        try:
            with self._open(patience) as connection:
                return connection.execute(_percent(statement), values).rowcount
        except psycopg.errors.LockNotAvailable:
            return None

    def script(self, statements: str) -> None:
        with self._open() as connection:
            connection.execute(statements.encode())

    def damage(self) -> list[str]:
        """Every index against its table; references the server has checked by itself."""
        try:
            self.script("CREATE EXTENSION IF NOT EXISTS amcheck")
        except psycopg.Error:
            return []
        broken = []
        for (index,) in self.rows(
            "SELECT i.indexrelid::regclass::text FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE a.amname = 'btree' AND n.nspname = 'public'"
        ):
            try:
                self.rows("SELECT bt_index_check(?::regclass, true)", index)
            except psycopg.Error as error:
                broken.append(f"{index}: {error}")
        return broken

    def backends(self) -> list[int]:
        """The server's processes for the programs' connections, the script's own left out."""
        found = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'tgtui' ORDER BY pid"
        )
        return [pid for (pid,) in found]

    def close(self) -> None:
        with contextlib.suppress(psycopg.OperationalError):  # a server that is gone has no logins
            for login in sorted(self._logins):
                self.script(f"DROP ROLE IF EXISTS {login}")

    def _made(self, login: str) -> str:
        if login not in self._logins:
            self.script(f"CREATE ROLE {login} LOGIN SUPERUSER")
            self._logins.add(login)
        return login

    @contextlib.contextmanager
    def _open(self, patience: float = BUSY_S) -> Iterator[psycopg.Connection[Any]]:
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        options = f"-c lock_timeout={int(patience * 1000)}"
        with psycopg.connect(plain, autocommit=True, options=options) as connection:
            yield connection


def _percent(statement: str) -> bytes:
    return statement.replace("%", "%%").replace("?", "%s").encode()
