"""Stopping and being killed: what was under way is handed back or taken over, and the next start finishes it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import select

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tests.support.mass import mass
from tgtui.data.models.tables import package_requests, package_versions, packages
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

WORKING = [["ask", "npm:a", "--wait"], ["worker"]]


def states(database: Database) -> dict[str, tuple[str, int, Any]]:
    """Status, attempts and lease of each package's request."""
    columns = (
        package_requests.c.package_name,
        package_requests.c.status,
        package_requests.c.attempt_count,
        package_requests.c.lease_token,
    )
    found = database.read_now(lambda connection: connection.execute(select(*columns)).all())
    return {name: (status, attempts, lease) for name, status, attempts, lease in found}


def stored(database: Database) -> list[str]:
    """Packages that have versions."""
    statement = select(packages.c.name).join(package_versions).distinct().order_by(packages.c.name)
    return list(database.read_now(lambda connection: connection.scalars(statement).all()))


def start_and_stand_at_b(
    cli: Cli, registry: FakeRegistry, command: list[str]
) -> subprocess.Popen[str]:
    """A program that is in the middle of a: the registry doesn't answer for b yet."""
    assert cli("ask", "npm:a").exit_code == 0
    gate = registry.hang("b")
    process = cli.start(*command)
    try:
        asyncio.run(gate.arrived())
    except BaseException:
        process.kill()
        cli.finish(process)
        raise
    return process


@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize("command", mass(WORKING[0], full=WORKING[1:]))
def test_killed_in_the_middle_nothing_is_half_written_and_a_second_start_finishes(
    cli: Cli, chain: FakeRegistry, database: Database, command: list[str]
) -> None:
    process = start_and_stand_at_b(cli, chain, command)
    process.kill()
    cli.finish(process)
    assert states(database)["a"][0] == "fetching"
    assert stored(database) == []
    code, out, _err = cli.run("ask", "npm:a", "--wait")
    assert (code, out) == (
        0,
        "npm:a@2.0.0 and the 2 packages it depends on are in the catalogue.\n",
    )


@pytest.mark.full
@pytest.mark.full_on("postgresql")
def test_a_worker_takes_over_from_one_that_was_killed(
    cli: Cli, chain: FakeRegistry, database: Database
) -> None:
    process = start_and_stand_at_b(cli, chain, ["worker"])
    process.kill()
    cli.finish(process)
    code, _out, err = cli.run("worker", "--once")
    assert code == 0
    assert "message=completed package=npm:a attempt=1" in err
    assert {name: state[0] for name, state in states(database).items()} == {
        "a": "completed",
        "b": "completed",
        "c": "completed",
    }


@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize(
    "case",
    mass(
        (WORKING[0], signal.SIGTERM, 143),
        full=[
            (WORKING[1], signal.SIGHUP, 0),
            (WORKING[0], signal.SIGINT, 130),
            (WORKING[0], signal.SIGHUP, 129),
            (WORKING[1], signal.SIGTERM, 0),
            (WORKING[1], signal.SIGINT, 130),
        ],
    ),
)
def test_a_signal_hands_back_what_is_under_way(
    cli: Cli,
    chain: FakeRegistry,
    database: Database,
    case: tuple[list[str], int, int],
) -> None:
    command, number, code = case
    process = start_and_stand_at_b(cli, chain, command)
    process.send_signal(number)
    ended, _out, err = cli.finish(process)
    assert ended == code
    assert "Traceback" not in err
    assert states(database)["a"] == ("pending", 0, None)


@pytest.mark.full_on("sqlite")
def test_two_workers_share_one_queue(cli: Cli, chain: FakeRegistry, database: Database) -> None:
    assert cli("ask", "a", "@s/d").exit_code == 0
    both = [cli.start("worker", "--once", "--concurrency", "1") for _ in range(2)]
    for process in both:
        code, _out, err = cli.finish(process)
        assert (code, "Traceback" in err) == (0, False)
    assert cli("worker", "--once").exit_code == 0
    assert {state[0] for state in states(database).values()} == {"completed"}
    assert stored(database) == ["@s/d", "a", "b", "c"]
