"""`tgtui worker --check`: a probe that tells by exit code whether a worker works."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.cli.conftest import Cli
from tests.cli.test_starting import make_newer
from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tests.support.team import Team
from tgtui.data.requests.signs import give_sign, signs
from tgtui.data.storage.database import Database
from tgtui.data.storage.times import database_now

PATIENCE_S = 60


def age_signs(connection: Connection, seconds: float) -> None:
    then = database_now(connection) - timedelta(seconds=seconds)
    connection.execute(update(signs).values(looked_at=then))


def test_without_a_worker_it_ends_with_1(cli: Cli) -> None:
    result = cli("worker", "--check")
    assert result.exit_code == 1
    assert "No worker works on this catalogue: start `tgtui worker`" in result.stdout


def test_one_that_looked_at_the_queue_works_whatever_there_is_to_do(
    cli: Cli, database: Database
) -> None:
    database.write_now(give_sign, "garden:4711:abc")
    assert "1 worker at work." in cli("worker", "--check").stdout
    database.write_now(rows.add_request, "waits")
    database.write_now(rows.add_outage, "https://registry.example:443")
    found = cli.json("worker", "--check")
    assert (found["works"], found["queue"]["pending"]) == (True, 1)
    assert [each["worker"] for each in found["workers"]] == ["garden:4711:abc"]
    database.write_now(age_signs, 20)
    assert cli("worker", "--check").exit_code == 0


def test_one_that_has_not_looked_for_a_minute_hangs_or_is_gone(
    cli: Cli, database: Database
) -> None:
    database.write_now(give_sign, "garden:4711:abc")
    database.write_now(age_signs, 200)
    result = cli("worker", "--check")
    assert result.exit_code == 1
    assert re.search(r"the last, garden:4711:abc, looked at the queue 2\d\d s ago", result.stdout)
    database.write_now(give_sign, "other:1:def")
    assert cli("worker", "--check").exit_code == 0
    database.write_now(age_signs, -1)
    assert cli("worker", "--check").exit_code == 0
    database.write_now(age_signs, -7_200)
    result = cli("worker", "--check")
    assert result.exit_code == 1
    assert "looked at the queue before a clock was set back" in result.stdout


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.full_on("postgresql")
def test_a_worker_gives_signs_while_it_runs(
    cli: Cli, chain: FakeRegistry, database: Database
) -> None:
    """With nothing to do as well; and after it was killed its sign is left, as that of one that hangs."""
    for number, left in ((signal.SIGTERM, 0), (signal.SIGKILL, 1)):
        worker = cli.start("worker")
        until = time.monotonic() + PATIENCE_S
        while cli("worker", "--check").exit_code != 0:
            assert worker.poll() is None
            assert time.monotonic() < until
        os.kill(worker.pid, number)
        cli.finish(worker)
        found = database.read_now(
            lambda connection: connection.scalars(select(signs.c.worker)).all()
        )
        assert len(found) == left
    database.write_now(age_signs, 90_000)
    database.write_now(give_sign, "other:1:def")
    found = database.read_now(lambda connection: connection.scalars(select(signs.c.worker)).all())
    assert found == ["other:1:def"]


def test_it_makes_and_migrates_nothing(bare: Cli, tmp_path: Any, sqlite_url: str) -> None:
    result = bare("--data-dir", str(tmp_path / "none"), "worker", "--check")
    assert (result.exit_code, (tmp_path / "none").exists()) == (1, False)
    assert "There is no catalogue here yet" in result.stdout
    assert bare("--database", sqlite_url, "db", "upgrade").exit_code == 0
    make_newer(sqlite_url)
    assert bare("--database", sqlite_url, "worker", "--check").exit_code == 3


@pytest.mark.parametrize(
    "wrong", [("--check", "--once"), ("--check", "--registry", "npm"), ("--json",)]
)
def test_options_that_do_not_go_together_are_refused(cli: Cli, wrong: tuple[str, ...]) -> None:
    assert cli("worker", *wrong).exit_code == 2


def test_who_may_not_see_workers_is_told_who_may(bare: Cli, team: Team) -> None:
    for login, code in (("wren", 1), ("cleo", 1), ("owner", 1), ("ada", 3), ("guest", 3)):
        result = bare("--database", team.url(login), "worker", "--check")
        assert result.exit_code == code
        assert ("may not see workers" in result.stderr) == (code == 3)


def test_a_database_that_is_away_ends_with_3(bare: Cli) -> None:
    assert (
        bare("--database", "postgresql://me@127.0.0.1:1/none", "worker", "--check").exit_code == 3
    )
