"""`tgtui requests`: chains with their counts, errors as sentences, retry and cancel."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import Connection, update

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry, status
from tests.support.working import REQUESTS
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.full_on("postgresql")


def test_a_chain_is_one_line_with_n_of_m(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "a", "--wait").exit_code == 0
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["completed", "npm:a", "3 of 3"]


def test_mine_unless_everybodys_are_asked_for(cli: Cli, database: Database) -> None:
    database.write_now(lambda connection: rows.add_request(connection, "seeded"))
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
    asked_for = told["chain"]["root"]["id"]
    assert told["chain"]["root"]["root_request_id"] == asked_for
    assert cli("requests", "--failed").stdout.rstrip("\n").split("\t")[-1] == reason
    fake_registry.clear_faults("a")
    assert cli("requests", "retry", "a").stdout == "npm:a is queued.\n"
    assert cli("worker", "--once").exit_code == 0
    package = cli.json("show", "a")["package"]
    assert (package["state"], package["request"]["root_request_id"]) == ("ready", asked_for)


def test_only_those_in_a_state(cli: Cli) -> None:
    for name in "ab":
        assert cli("ask", name).exit_code == 0
    assert cli("requests", "cancel", "a").exit_code == 0
    assert [
        line.split("\t")[1] for line in cli("requests", "--status", "queued").stdout.splitlines()
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


def test_several_are_one_chain_and_one_line(cli: Cli, fake_registry: FakeRegistry) -> None:
    for name in "abc":
        fake_registry.add_package(name)
    told = cli.json("ask", "a", "b", "c")
    assert len({each["chain_id"] for each in told}) == 1
    assert [each["refused"] for each in told] == [None] * 3
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["queued", "npm:a and 2 more", "0 of 3"]
    assert cli("requests", "cancel", "b").stdout == "npm:b: 1 request cancelled.\n"
    assert cli("worker", "--once").exit_code == 0
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["partial", "npm:a and 2 more", "2 of 3"]
    again = cli("requests", "retry", told[0]["chain_id"])
    assert again.stdout == "npm:a and 2 more: 1 request is queued again.\n"


def test_a_retry_of_a_root_tries_what_failed_of_it(
    cli: Cli, chain: FakeRegistry, database: Database
) -> None:
    assert cli("ask", "a", "--wait").exit_code == 0
    failed = {"status": "failed", "error_code": "unreachable", "error_message": "It was away."}
    is_c = REQUESTS.c.package_name == "c"
    database.write_now(lambda s: s.execute(update(REQUESTS).where(is_c).values(**failed)))
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["partial", "npm:a", "2 of 3"]
    (told,) = cli.json("requests")["chains"]
    (failure,) = told["failed"]
    assert (failure["name"], failure["root_request_id"]) == ("c", told["chain"]["root"]["id"])
    assert cli("requests", "retry", "npm:a").stdout == "npm:a is queued.\n"
    assert cli("worker", "--once").exit_code == 0
    (line,) = cli("requests").stdout.splitlines()
    assert line.split("\t")[:3] == ["completed", "npm:a", "3 of 3"]


def test_what_is_left_to_others_is_said(cli: Cli, database: Database) -> None:
    request_id = UUID(cli.json("ask", "a")[0]["request_id"])

    def share(connection: Connection) -> None:
        shared = rows.add_request(connection, "shared", chain=request_id, is_auto_queued=True)
        rows.follow(connection, shared, rows.add_account(connection, "bob"))

    database.write_now(share)
    told = cli("requests", "cancel", "a").stdout
    assert told == "npm:a: 1 request cancelled, 1 left to others who need it.\n"
    assert cli.json("requests", "--all")["queue"]["pending"] == 1


def test_a_refused_name_does_not_stop_the_others(cli: Cli, fake_registry: FakeRegistry) -> None:
    fake_registry.add_package("a")
    assert cli("ask", "nowhere", "--wait").exit_code == 1
    result = cli("ask", "nowhere", "a")
    assert (result.exit_code, result.stdout) == (1, "npm:a is queued.\n")
    assert "npm:nowhere" in result.stderr
    assert "not asked again before" in result.stderr
    told = json.loads(cli("ask", "nowhere", "a", "--wait", "--json").stdout)
    assert [each["is_complete"] for each in told] == [False, True]
    assert "not asked again before" in told[0]["refused"]
