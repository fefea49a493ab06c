"""`tgtui worker`: what it works on, what it logs, what it exits with."""

from __future__ import annotations

import re
import signal
from typing import Any

import pytest
from sqlalchemy import text

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry
from tgtui.basics.settings import WorkerSettings
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.full_on("postgresql")


def log_lines(err: str) -> list[dict[str, str]]:
    """Each line as its pairs; a line that is not made of pairs is a fault."""
    found = []
    for line in err.splitlines():
        assert re.fullmatch(r'(\w+=("([^"\\]|\\.)*"|[^ "]+)( |$))+', line), line
        found.append(
            {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', line)}
        )
    return found


def messages(err: str, message: str) -> list[dict[str, str]]:
    return [line for line in log_lines(err) if line["message"] == message]


def test_each_event_is_a_line_of_pairs(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "a", "nowhere").exit_code == 0
    code, out, err = cli.run("worker", "--once")
    assert (code, out) == (0, "")
    done = {(line["package"], line["attempt"]) for line in messages(err, "completed")}
    assert done == {("npm:a", "1"), ("npm:b", "1"), ("npm:c", "1")}
    (failed,) = messages(err, "failed")
    assert (failed["package"], failed["code"]) == ("npm:nowhere", "not_found")
    (started,) = messages(err, "started")
    assert started["concurrency"] == str(WorkerSettings().concurrency)
    assert "npm" in started["registries"].split(",")


@pytest.mark.full
def test_health_is_said_again_and_again(
    cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_WORKER_HEALTH_SECONDS", "1")
    gate = chain.hang("b")
    assert cli("ask", "a").exit_code == 0
    process = cli.start("worker")
    assert process.stderr is not None
    seen: list[dict[str, str]] = []
    while not seen:
        seen = messages(process.stderr.readline(), "health")
    process.send_signal(signal.SIGTERM)
    gate.open()
    code, _out, _err = cli.finish(process)
    assert code == 0
    (health,) = seen
    assert health["database"] == "ok"
    assert health["outages"] == "none"
    assert {
        "pending",
        "fetching",
        "due",
        "oldest_due_seconds",
        "completed",
        "lost",
    } <= health.keys()


def test_only_the_given_registries_are_worked_on(
    cli: Cli, chain: FakeRegistry, database: Database
) -> None:
    database.write_now(rows.add_request, "c")
    other = database.write_now(rows.add_request, "hello", registry="apt")
    code, _out, err = cli.run("worker", "--once", "--registry", "npm")
    assert code == 0
    assert [line["package"] for line in messages(err, "completed")] == ["npm:c"]
    status = database.read_now(
        lambda connection: connection.scalar(
            text("SELECT status FROM package_requests WHERE id = :id"),
            {"id": other.bytes if database.is_sqlite else other},
        )
    )
    assert status == "pending"


def test_a_registry_there_is_none_of_is_refused_with_those_there_are(cli: Cli) -> None:
    code, _out, err = cli.run("worker", "--registry", "cpan")
    assert code == 2
    assert "There is no registry 'cpan'; known: npm" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["worker", "--concurrency", "0"], 2),
        (["--database", "postgresql://nobody@127.0.0.1:1/none", "worker", "--once"], 3),
    ],
)
def test_what_can_not_work_ends_with_its_code(cli: Cli, arguments: list[Any], code: int) -> None:
    ended, _out, err = cli.run(*arguments)
    assert ended == code
    assert "Traceback" not in err


def test_a_worker_whose_database_is_migrated_by_a_newer_program_ends_with_3(
    cli: Cli, chain: FakeRegistry, database: Database
) -> None:
    gate = chain.hang("b")
    assert cli("ask", "a").exit_code == 0
    process = cli.start("worker")
    assert process.stderr is not None
    while "message=started" not in process.stderr.readline():
        pass
    database.write_now(
        lambda connection: connection.execute(
            text("UPDATE alembic_version SET version_num = '9999'")
        )
    )
    gate.open()
    code, _out, err = cli.finish(process)
    assert code == 3
    assert "update tgtui and restart it" in err
