"""`tgtui db backup` and `restore`: what they say, and with which code they end."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from tests.cli.conftest import Cli
from tests.conftest import SERVER
from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tests.support.postgres import PostgresServer
from tests.support.team import Team
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.migrate import HEAD, downgrade
from tgtui.data.upkeep.seeds import PACKAGES

WAIT_S = 30.0


@pytest.fixture
def filled(bare: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """A new catalogue in a folder of its own, with its first packages queued."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("TGTUI_DATA_DIR", str(tmp_path / "data"))
    assert bare("db", "upgrade").exit_code == 0
    return bare


def test_a_backup_comes_back(filled: Cli, tmp_path: Path) -> None:
    backup = str(tmp_path / "garden.backup")
    made = filled("db", "backup", backup)
    assert made.exit_code == 0
    assert made.stdout.splitlines()[-1] == "The backup is complete."
    assert ("schema", HEAD) in [tuple(line.split()) for line in made.stdout.splitlines()]
    assert "backup: checking the copy" in made.stderr
    assert filled("db", "backup", backup).exit_code == 2
    quiet = filled("db", "backup", "--force", "--quiet", backup)
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert filled("ask", "npm:left-pad").exit_code == 0
    restored = filled("db", "restore", backup)
    assert restored.exit_code == 0
    last = restored.stdout.splitlines()[-1]
    assert last == "The catalogue is restored. What was there before is kept as a backup."
    assert filled.json("db", "status")["counts"]["requests pending"] == len(PACKAGES)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_backup_is_a_file(
    bare: Cli, postgres_url: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for options in ((), ("--database", postgres_url)):
        told = bare(*options, "db", command, "-")
        assert told.exit_code == 2
        assert "A backup is a file: name one" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_says_where_what_was_there_is(filled: Cli, tmp_path: Path) -> None:
    backup = tmp_path / "old.backup"
    assert filled("db", "backup", str(backup)).exit_code == 0
    for path in (tmp_path / "data" / "catalogue.sqlite3", backup):
        database = Database(opened_engine(path))
        downgrade(database.engine, "0008")
        database.close()
    upgraded = filled("db", "upgrade")
    assert f"was migrated to schema {HEAD}" in upgraded.stdout
    assert "catalogue.sqlite3.schema-0008." in upgraded.stdout
    restored = filled("db", "restore", str(backup))
    assert f"restored, upgraded from schema 0008 to {HEAD}." in restored.stdout


@pytest.mark.parametrize("command", [("search", "x"), ("ask", "npm:left-pad")])
def test_any_command_that_upgrades_says_so(
    filled: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    database = Database(opened_engine(tmp_path / "data" / "catalogue.sqlite3"))
    downgrade(database.engine, "0008")
    database.close()
    said = f"was migrated to schema {HEAD}. What was there before is in {tmp_path}"
    assert said in filled(*command).stderr
    assert said not in filled(*command).stderr


def opened_engine(path: Path) -> Engine:
    return open_engine(parse_url(sqlite_url(path)))


@pytest.mark.full
def test_beside_a_worker_it_is_backed_up_and_not_restored(
    filled: Cli, chain: FakeRegistry, tmp_path: Path
) -> None:
    """The restored queue is taken over by the next worker: also what was at work when the backup was taken."""
    backup = str(tmp_path / "garden.backup")
    assert filled("ask", "npm:a").exit_code == 0
    gate = chain.hang("b")
    worker = filled.start("worker", "--concurrency", "64")
    asyncio.run(gate.arrived())
    assert filled("db", "backup", backup).exit_code == 0
    refused = filled("db", "restore", backup)
    assert refused.exit_code == 3
    assert "Other programs have the catalogue open" in refused.stderr
    worker.terminate()
    gate.open()
    assert filled.finish(worker)[0] == 0
    assert filled("db", "restore", backup).exit_code == 0
    database = Database(opened_engine(tmp_path / "data" / "catalogue.sqlite3"))
    # The copy is so new that the lease of the worker has not run out.
    late = text(
        "UPDATE package_requests SET lease_expires_at = '2026-01-01' WHERE status = 'fetching'"
    )
    left = database.write_now(lambda connection: connection.execute(late).rowcount)
    database.close()
    assert left > 0
    assert filled.run("worker", "--once")[0] == 0
    assert filled("show", "npm:c").exit_code == 0


class TestOnPostgresql:
    def test_pg_dump_writes_it_and_pg_restore_reads_it(
        self,
        bare: Cli,
        team: Team,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> None:
        """Whole, guarded as it was, and no password where others see it."""
        programs = server_programs(request)
        seen = tmp_path / "seen"
        tools = tmp_path / "tools"
        tools.mkdir()
        (tools / "pg_dump").write_text(
            f'#!/bin/sh\n[ "$1" = --version ] || echo "$@" "$PGPASSWORD" > "{seen}"\n'
            f'exec "{programs}/pg_dump" "$@"\n'
        )
        (tools / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        owner = make_url(team.url("owner")).set(password="se'cret word")
        monkeypatch.setenv("TGTUI_DATABASE_URL", owner.render_as_string(hide_password=False))
        database = team.open("owner")
        database.write_now(rows.add_tag, "first")
        database.close()
        backup = tmp_path / "garden.dump"
        made = bare("db", "backup", str(backup))
        assert made.exit_code == 0, made.output
        arguments, _, password = seen.read_text().rpartition(" se'cret")
        assert password == " word\n"
        assert "cret" not in arguments
        assert backup.stat().st_mode & 0o777 == 0o600
        assert backup.read_bytes().startswith(b"PGDMP")
        assert bare("db", "backup", str(backup)).exit_code == 2

        with psycopg.connect(plain(team.address), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        command = [str(programs / "pg_restore"), "--exit-on-error", "--single-transaction"]
        subprocess.run([*command, f"--dbname={plain(team.address)}", str(backup)], check=True)
        assert team.read("guest", "SELECT slug FROM tags") == ["first"]
        assert team.read("ada", "SELECT count(*) FROM package_requests") == [0]
        status = bare.json("db", "status")
        assert (status["state"], status["counts"]["tags"]) == ("current", 1)
        refused = bare("db", "restore", str(backup))
        assert refused.exit_code == 2
        assert "pg_restore" in refused.stderr

    def test_who_does_not_see_everything_is_refused(
        self, bare: Cli, team: Team, tmp_path: Path
    ) -> None:
        refused = bare("--database", team.url("wren"), "db", "backup", str(tmp_path / "x"))
        assert refused.exit_code == 3
        assert "back up as the owner of the tables" in refused.stderr

    @pytest.mark.parametrize("version", ["", "9"])
    def test_without_a_tool_that_fits_it_says_what_to_do(
        self,
        bare: Cli,
        team: Team,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        version: str,
    ) -> None:
        tools = tmp_path / "tools"
        tools.mkdir()
        if version:
            (tools / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}.1"\n')
            (tools / "pg_dump").chmod(0o755)
        sh = shutil.which("sh")
        assert sh is not None
        (tools / "sh").symlink_to(sh)
        monkeypatch.setenv("PATH", str(tools))
        refused = bare("--database", team.url("owner"), "db", "backup", str(tmp_path / "x"))
        assert refused.exit_code == 1
        expected = "is of version 9, the server of" if version else "pg_dump is not on this machine"
        assert expected in refused.stderr
        assert "pg_dump --format=custom --file=FILE DATABASE" in refused.stderr
        assert not (tmp_path / "x").exists()

    def test_interrupted_it_leaves_no_file_and_no_tool(
        self, bare: Cli, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tools = tmp_path / "tools"
        tools.mkdir()
        held = tmp_path / "held"
        os.mkfifo(held)
        (tools / "pg_dump").write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.0" && exit\n'
            f'exec 9>{held}; echo half > "${{3#--file=}}"; echo begun >&9; exec sleep 600\n'
        )
        (tools / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        backup = tmp_path / "backups" / "garden.dump"
        backup.parent.mkdir()
        process = bare.start("--database", team.url("owner"), "db", "backup", str(backup))
        with held.open() as tool:
            assert tool.readline() == "begun\n"
            process.terminate()
            assert bare.finish(process)[0] == 128 + signal.SIGTERM
            assert list(backup.parent.iterdir()) == []
            assert select.select([tool], [], [], WAIT_S)[0]
            assert tool.read() == "", "the tool has ended"

    def test_what_the_tool_says_is_said(
        self, bare: Cli, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tools = tmp_path / "tools"
        tools.mkdir()
        (tools / "pg_dump").write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.0" && exit\n'
            "echo half > \"${3#--file=}\"; echo 'pg_dump: error: no luck' >&2; exit 1\n"
        )
        (tools / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        backup = tmp_path / "backups" / "garden.dump"
        backup.parent.mkdir()
        refused = bare("--database", team.url("owner"), "db", "backup", str(backup))
        assert refused.exit_code == 1
        assert "pg_dump says: pg_dump: error: no luck" in refused.stderr
        assert list(backup.parent.iterdir()) == []


def plain(address: str) -> str:
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def server_programs(request: pytest.FixtureRequest) -> Path:
    """PostgreSQL's own, of the version that the tests' server has."""
    server: PostgresServer = request.config.stash[SERVER]
    return server.programs
