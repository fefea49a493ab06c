"""`tgtui requests`: chains with their counts, errors as sentences, retry and cancel."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry, status
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.full_on("postgresql")


def test_a_chain_is_one_line_with_n_of_m(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "a", "--wait").exit_code == 0
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["completed", "npm:a", "3 of 3"]


def test_mine_unless_everybodys_are_asked_for(cli: Cli, database: Database) -> None:
    database.write_now(lambda session: rows.add_request(session, "seeded"))
    mine = cli("requests")
    assert mine.stdout == ""
    assert "--all" in mine.stderr
    assert "npm:seeded" in cli("requests", "--all").stdout


def test_failed_ones_tell_why_and_can_be_retried(cli: Cli, fake_registry: FakeRegistry) -> None:
    fake_registry.add_package("a")
    fake_registry.fault("a", status(403), always=True)
    assert cli("ask", "a", "--wait").exit_code == 1
    (told,) = cli.json("requests", "--failed")["chains"]
    assert told["chain"]["root"]["error_code"] == "forbidden"
    reason = told["chain"]["root"]["error_message"]
    assert cli("requests", "--failed").stdout.rstrip("\n").split("\t")[-1] == reason
    fake_registry.clear_faults("a")
    assert cli("requests", "retry", "a").stdout == "npm:a is queued.\n"
    assert cli("worker", "--once").exit_code == 0
    assert cli.json("show", "a")["package"]["state"] == "ready"


def test_only_those_in_a_state(cli: Cli) -> None:
    assert cli("ask", "a", "b").exit_code == 0
    assert cli("requests", "cancel", "a").exit_code == 0
    assert [
        line.split("\t")[1] for line in cli("requests", "--status", "pending").stdout.splitlines()
    ] == ["npm:b"]


def test_what_is_cancelled_is_not_fetched(cli: Cli, fake_registry: FakeRegistry) -> None:
    request_id = cli.json("ask", "a")[0]["request_id"]
    assert cli("requests", "cancel", request_id).stdout == "npm:a: 1 request cancelled.\n"
    assert cli("worker", "--once").exit_code == 0
    assert fake_registry.requests == []


def test_cancelling_what_has_ended_says_why_not(cli: Cli, fake_registry: FakeRegistry) -> None:
    fake_registry.add_package("a")
    assert cli("ask", "a", "--wait").exit_code == 0
    result = cli("requests", "cancel", "a")
    assert result.exit_code == 1
    assert "nothing to cancel" in result.stderr


@pytest.mark.parametrize("command", ["retry", "cancel"])
def test_a_package_nobody_asked_for(cli: Cli, command: str) -> None:
    result = cli("requests", command, "nope")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "tgtui ask nope" in result.stderr
