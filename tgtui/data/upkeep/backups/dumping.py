"""Takes a backup of a PostgreSQL catalogue: PostgreSQL's own tool knows all that is in a database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo
from sqlalchemy import Engine, text

from tgtui.basics.errors import DatabaseError
from tgtui.basics.leaving import unbroken
from tgtui.data.storage.database import explained
from tgtui.data.upkeep.backups.copying import CopyStep, Tell
from tgtui.data.upkeep.backups.files import BackupFailed, part_of, put_in_place, target_of
from tgtui.data.upkeep.backups.taking import Backup

TOOL = "pg_dump"
LOOK_S = 0.5
"""Seconds between two looks at how much is written."""
STOP_S = 5.0
"""Seconds that the tool has to end when it is told to."""
MAX_SAID = 300
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
SECRETS = ("password", "sslpassword")
"""Parameters of a connection that no command line may have, where others see it."""

_FACTS = text(
    """
    SELECT current_setting('server_version_num')::integer / 10000 AS version,
           to_regclass('alembic_version') IS NOT NULL AS is_catalogue,
           coalesce((SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
                     WHERE oid = to_regclass('alembic_version')), false)
           OR (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS sees_all
    """
)
BY_HAND = (
    " A backup of PostgreSQL is made with {tool} {version} or newer, of the packages of PostgreSQL's client:"
    " pg_dump --format=custom --file=FILE DATABASE (docs/backup.md)."
)


def dump(engine: Engine, target: Path, tell: Tell, *, force: bool = False) -> Backup:
    """Let pg_dump write the catalogue to `target`. BackupRefused, BackupFailed, DatabaseError."""
    target = target_of(target, None, force=force)
    with explained(engine), engine.connect() as connection:
        facts = connection.execute(_FACTS).one()
    if not facts.is_catalogue:
        raise DatabaseError(
            "The database has no catalogue of tgtui, so there is nothing to back up."
        )
    if not facts.sees_all:
        raise DatabaseError(
            "This database login does not see everything; back up as the owner of the tables, or as a superuser."
        )
    tool = _tool(facts.version)
    with part_of(target) as part:
        _run(tool, engine, part, target, tell)
        size = part.stat().st_size
        put_in_place(part, target, force=force)
    return Backup(target, size, None)


def _tool(server: int) -> str:
    """Its path. BackupFailed if it is not here, or older than the server, which it would refuse."""
    by_hand = BY_HAND.format(tool=TOOL, version=server)
    path = shutil.which(TOOL)
    if path is None:
        raise BackupFailed(f"{TOOL} is not on this machine.{by_hand}")
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = VERSION.search(asked.stdout)
    if version is None or int(version[1]) < server:
        found = version[1] if version is not None else "unknown"
        raise BackupFailed(f"{path} is of version {found}, the server of {server}.{by_hand}")
    return path


def _run(tool: str, engine: Engine, part: Path, target: Path, tell: Tell) -> None:
    _args, given = engine.dialect.create_connect_args(engine.url)
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    parameters = {name: value for name, value in given.items() if name in known}
    secrets = {name: str(parameters.pop(name)) for name in SECRETS if name in parameters}
    if "sslpassword" in secrets:
        raise BackupFailed(
            f"{TOOL} can't be given the password of a key without showing it to others; run it yourself"
            " (docs/backup.md)."
        )
    environment = {**os.environ, "LC_MESSAGES": "C"}
    if "password" in secrets:
        environment["PGPASSWORD"] = secrets["password"]
    command = [
        tool,
        "--format=custom",
        "--no-password",  # it would ask on the terminal, below the progress
        f"--file={part}",
        f"--dbname={make_conninfo(**parameters)}",
    ]
    with tempfile.TemporaryFile() as said:
        code = _code_of(command, environment, said, lambda: tell(_step(part)))
        if code:
            said.seek(0)
            words = " ".join(said.read().decode(errors="replace").split())[-MAX_SAID:]
            raise BackupFailed(f"{target} was not written. {TOOL} says: {words}")


def _step(part: Path) -> CopyStep:
    return CopyStep("dumping", part.stat().st_size)


def _code_of(
    command: Sequence[str],
    environment: Mapping[str, str],
    said: IO[bytes],
    look: Callable[[], None],
) -> int:
    """The exit code of the tool, which ends with us. BackupFailed if it can't be started."""
    process: subprocess.Popen[bytes] | None = None
    try:
        # Interrupted between its start and its return, the tool would be running, and no one would know it.
        with unbroken():
            process = _start(command, environment, said)
        while True:
            try:
                return process.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                look()
    except BaseException:
        if process is not None:
            _end(process)
        raise


def _start(
    command: Sequence[str], environment: Mapping[str, str], said: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    except OSError as failed:
        raise BackupFailed(f"{command[0]} can't be started: {failed.strerror}.") from failed


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
