"""A real PgBouncer in front of a PostgreSQL server, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.postgres import UNPRIVILEGED_USER
from tgtui.data.storage.engine import parse_url

PORT = 6432
"""Only of the socket's name: no port is opened."""
SESSIONS = 3
"""Of the server, for each login: fewer than a program has connections, so that they are shared."""
INI = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
{more}
"""

MakePooler = Callable[..., str]


@pytest.fixture
def make_pooler() -> Iterator[MakePooler]:
    """`make_pooler(url, "pool_mode = transaction", logins=[...])`: the same database through a PgBouncer."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with ExitStack() as running:

        def make(url: str, *settings: str, logins: Sequence[str] = ()) -> str:
            return running.enter_context(_pooler(program, url, settings, logins))

        yield make


@contextmanager
def _pooler(
    program: str, url: str, settings: Sequence[str], logins: Sequence[str]
) -> Iterator[str]:
    address = parse_url(url)
    with tempfile.TemporaryDirectory(prefix="tgtui-pb-", dir="/tmp") as name:
        folder = Path(name)
        ini, users = folder / "ini", folder / "users"
        ini.write_text(
            INI.format(
                host=address.host or address.query["host"],
                port=address.port or 5432,
                own_port=PORT,
                folder=folder,
                more="\n".join(settings),
            )
        )
        users.write_text("".join(f'"{login}" ""\n' for login in (address.username, *logins)))
        user = {"user": UNPRIVILEGED_USER} if os.geteuid() == 0 else {}
        if user:
            for path in (folder, ini, users):
                shutil.chown(path, UNPRIVILEGED_USER)
        process = subprocess.Popen(
            [program, str(ini)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            **user,  # type: ignore[call-overload]
        )
        try:
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                if "process up" in line:
                    break
            else:
                raise RuntimeError(f"PgBouncer did not start:\n{''.join(said)}")
            there = make_url(url).set(
                host=None, port=None, query={"host": str(folder), "port": str(PORT)}
            )
            yield there.render_as_string(hide_password=False)
        finally:
            process.terminate()
            process.wait()
            process.stderr.close()
