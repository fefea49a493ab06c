"""`tgtui ask`: what is refused, what is fetched, when it is done, and what it says where part failed."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import PATIENCE_S, Cli
from tests.support.fake_registry import FakeRegistry, status
from tgtui.cli.asking import attending
from tgtui.cli.asking.ask import SWITCHED_OFF

pytestmark = pytest.mark.full_on("postgresql")


class TestWait:
    def test_the_whole_chain_is_there_when_it_returns(self, cli: Cli, chain: FakeRegistry) -> None:
        result = cli("ask", "npm:a", "--wait")
        assert (result.exit_code, result.stdout) == (
            0,
            "npm:a@2.0.0 and the 2 packages it depends on are in the catalogue.\n",
        )
        tree = cli.json("tree", "npm:a")
        assert [each["package"] for each in tree["packages"]] == [
            "npm:a@2.0.0",
            "npm:b@1.0.0",
            "npm:c@1.0.0",
        ]
        assert tree["totals"]["missing"] == tree["totals"]["not_loaded"] == 0

    def test_a_second_time_within_the_hour_asks_nobody(self, cli: Cli, chain: FakeRegistry) -> None:
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        before = len(chain.requests)
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        assert len(chain.requests) == before

    def test_force_asks_again(self, cli: Cli, chain: FakeRegistry) -> None:
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        assert cli("ask", "npm:a", "--wait", "--force").exit_code == 0
        assert len(chain.requests_for("a")) == 2

    def test_of_a_named_version_the_dependencies_are_loaded_too(
        self, cli: Cli, chain: FakeRegistry
    ) -> None:
        assert cli("ask", "npm:a@1.0.0", "--wait").exit_code == 0
        assert cli.json("tree", "npm:a@1.0.0")["packages"][1]["package"] == "npm:@s/d@1.0.0"

    def test_a_named_version_of_a_package_that_is_there_is_loaded(
        self, cli: Cli, chain: FakeRegistry
    ) -> None:
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        assert cli.json("show", "npm:a@1.0.0")["version"]["dependencies_loaded"] is False
        assert cli("ask", "npm:a@1.0.0", "--wait").exit_code == 0
        assert [edge["name"] for edge in cli.json("show", "npm:a@1.0.0")["dependencies"]] == [
            "@s/d"
        ]

    def test_npms_placeholders_are_installed_as_npm_does(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        fake_registry.add_package(
            "user", {"1.0.0": {"dependencies": {"gone": "*", "was-gone": "^0.0.1-security"}}}
        )
        for name, version in {"gone": "0.0.2-security", "was-gone": "0.0.1-security.1"}.items():
            fake_registry.add_package(name, {version: {}}, description="security holding package")
        asked = cli("ask", "npm:user", "--wait")
        assert asked.exit_code == 0
        tree = cli("tree", "npm:user").stdout.splitlines()
        assert tree[1:3] == [
            "├─ gone * → 0.0.2-security placeholder",
            "└─ was-gone ^0.0.1-security → 0.0.1-security.1 placeholder",
        ]
        shown = cli("show", "npm:gone").stdout
        assert (
            "Placeholder: This version only holds the name of a package that was removed" in shown
        )
        assert "placeholder" in cli("show", "npm:gone", "--versions").stdout
        assert "(placeholder)" in cli("show", "npm:user").stdout

    @pytest.mark.parametrize("wanted", ["workspace:^1.0.0", "catalog:", "link:../x", " npm:x@1"])
    def test_what_npm_refuses_is_not_complete(
        self, cli: Cli, fake_registry: FakeRegistry, wanted: str
    ) -> None:
        fake_registry.add_package("user", {"1.0.0": {"dependencies": {"x": wanted}}})
        fake_registry.add_package("x")
        asked = cli("ask", "npm:user", "--wait")
        assert asked.exit_code != 0
        assert "not all of the" in asked.stdout
        answer = cli("ask", "npm:user", "--wait", "--json")
        (one,) = json.loads(answer.stdout)
        assert one["is_complete"] is False
        assert [each["error_code"] for each in one["shortfalls"]] == ["unresolved"]
        assert " x " in (line := cli("tree", "npm:user").stdout.splitlines()[1])
        assert "→ unresolved !" in line
        bill = json.loads(cli("tree", "npm:user", "--format", "cyclonedx").stdout)
        assert bill["compositions"] == [
            {"aggregate": "incomplete", "dependencies": ["npm:user@1.0.0"]}
        ]

    def test_a_range_of_thousands_of_characters_is_read_whole(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        long = "1.0.0 || " + "9.9.9 || " * 200
        fake_registry.add_package(
            "user", {"1.0.0": {"dependencies": {"x": long + "2.0.0", "y": long * 3 + "2.0.0"}}}
        )
        for name in ("x", "y"):
            fake_registry.add_package(name, {"1.0.0": {}, "2.0.0": {}})
        asked = cli("ask", "npm:user", "--wait")
        assert asked.exit_code != 0
        assert "too long" in asked.stderr
        (x, y) = cli.json("tree", "npm:user")["packages"][0]["dependencies"]
        assert (x["resolved"], x["range"]) == ("2.0.0", long + "2.0.0")
        assert (y["resolved"], "too long" in y["error"]) == (None, True)

    def test_a_document_in_another_case_is_taken_under_the_requested_name(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        fake_registry.add_document("x", {"name": "X", "versions": {"1.0.0": {"name": "X"}}})
        assert cli("ask", "npm:x", "--wait").exit_code == 0
        assert cli("show", "npm:x").stdout.startswith("x@1.0.0")

    def test_a_version_that_does_not_exist_is_a_failure(
        self, cli: Cli, chain: FakeRegistry
    ) -> None:
        result = cli("ask", "npm:a@9.9.9", "--wait")
        assert result.exit_code == 1
        assert "npm:a has no version or tag 9.9.9." in result.stderr

    def test_what_another_request_brings_is_waited_for(self, cli: Cli, chain: FakeRegistry) -> None:
        assert cli("ask", "npm:c").exit_code == 0
        assert cli("ask", "npm:a", "--wait").exit_code == 0
        assert cli.json("show", "npm:c")["package"]["state"] == "ready"

    def test_several_packages_are_one_command(self, cli: Cli, chain: FakeRegistry) -> None:
        result = cli("ask", "b", "pkg:npm/%40s/d@1.0.0", "--wait")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "npm:b@1.0.0 and the 1 package it depends on are in the catalogue.",
            "npm:@s/d@1.0.0 is in the catalogue; it has no dependencies.",
        ]

    def test_json_says_the_same(self, cli: Cli, chain: FakeRegistry) -> None:
        (told,) = cli.json("ask", "npm:a", "--wait")
        assert (told["version"], told["packages"], told["is_complete"]) == ("2.0.0", 3, True)

    def test_quiet_says_nothing_on_stderr(self, cli: Cli, chain: FakeRegistry) -> None:
        assert cli("ask", "npm:a", "--wait", "--quiet").stderr == ""


class TestPartFailed:
    def test_a_package_nobody_has(self, cli: Cli, fake_registry: FakeRegistry) -> None:
        result = cli("ask", "npm:left-padd", "--wait")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "npm:left-padd is not in the registry" in result.stderr

    def test_a_dependency_nobody_has(self, cli: Cli, fake_registry: FakeRegistry) -> None:
        fake_registry.add_package("a", {"1.0.0": {"dependencies": {"gone": "^1"}}})
        result = cli("ask", "npm:a", "--wait")
        assert result.exit_code == 1
        assert "npm:gone is not in the registry" in result.stderr
        assert result.stdout.startswith("npm:a@1.0.0 is in the catalogue, but not all of")

    def test_an_optional_dependency_nobody_has_is_no_failure(
        self, cli: Cli, fake_registry: FakeRegistry
    ) -> None:
        fake_registry.add_package("a", {"1.0.0": {"optionalDependencies": {"gone": "^1"}}})
        assert cli("ask", "npm:a", "--wait").exit_code == 0

    def test_a_dependency_that_can_not_be_read(
        self, cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_WORKER_MAX_ATTEMPTS", "1")
        chain.fault("c", status(500), always=True)
        result = cli("ask", "npm:a", "--wait", "--json")
        assert result.exit_code == 1
        (told,) = json.loads(result.stdout)
        assert not told["is_complete"]
        assert {each["name"] for each in told["shortfalls"]} == {"b", "c"}
        assert "The dependencies of npm:b@1.0.0 are not loaded" in result.stderr
        assert "npm:c" in result.stderr

    def test_asking_again_mends_what_failed(
        self, cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_WORKER_MAX_ATTEMPTS", "1")
        chain.fault("c", status(500), always=True)
        assert cli("ask", "npm:a", "--wait").exit_code == 1
        chain.clear_faults("c")
        assert cli("ask", "npm:a", "--wait").exit_code == 0

    def test_a_bound_that_was_reached_is_told(
        self, cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_WORKER_MAX_DEPTH", "1")
        result = cli("ask", "npm:a", "--wait")
        assert result.exit_code == 1
        assert "npm:c@1.0.0 was not queued" in result.stderr
        said = "1 package was not queued: the chain reached its limit"
        assert said in result.stderr.splitlines()[-1]
        (line,) = cli("requests").stdout.splitlines()
        state, package, count, *_, why = line.split("\t")
        assert (state, package, count) == ("partial", "npm:a", "2 of 3")
        assert why.startswith(f"npm:a: {said}")
        (told,) = cli.json("requests")["chains"]
        assert (told["chain"]["total"], told["chain"]["completed"]) == (2, 2)
        assert told["chain"]["left_out"] == 1
        monkeypatch.delenv("TGTUI_WORKER_MAX_DEPTH")
        (again,) = json.loads(cli("ask", "npm:a", "--wait", "--json").stdout)
        assert (again["is_complete"], again["left_out"]) == (True, 0)

    def test_where_nobody_works_that_is_said_and_it_stays_queued(
        self, cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_WORKER_ENABLED", "false")
        monkeypatch.setattr(attending, "UNATTENDED_S", 0.0)
        result = cli("ask", "npm:a", "--wait")
        assert (result.exit_code, result.stdout) == (6, "")
        assert result.stderr.splitlines()[0].startswith(
            f"{SWITCHED_OFF} No other worker has been seen"
        )
        assert result.stderr.splitlines()[-1] == attending.NOBODY
        assert cli.json("requests")["queue"]["pending"] == 1

    def test_another_programs_worker_is_waited_for(
        self, cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attending, "UNATTENDED_S", PATIENCE_S)
        worker = cli.start("worker")
        try:
            result = cli("ask", "npm:a", "--wait", "--no-worker")
        finally:
            worker.terminate()
            cli.finish(worker)
        assert result.exit_code == 0
        assert result.stdout.startswith("npm:a@2.0.0 and the 2 packages it depends on")

    def test_time_that_runs_out_leaves_it_queued(self, cli: Cli, chain: FakeRegistry) -> None:
        result = cli("ask", "npm:a", "--wait", "--no-worker", "--timeout", "0.01")
        assert result.exit_code == 1
        assert "The rest stays queued." in result.stderr
        assert cli.json("requests")["queue"]["pending"] == 1


class TestRefused:
    @pytest.mark.parametrize(
        "package",
        ["npm:has space", "npm:../etc", "npm:.hidden", "gems:rails", "pkg:npm", "npm:", "jsr:x"],
    )
    def test_a_name_no_registry_accepts_is_refused_before_anything_goes_out(
        self, cli: Cli, fake_registry: FakeRegistry, package: str
    ) -> None:
        result = cli("ask", "npm:good", package, "--wait")
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert fake_registry.requests == []
        assert cli.json("requests")["queue"]["pending"] == 0

    def test_more_than_the_limit_of_an_hour(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_LIMITS_REQUESTS_PER_HOUR", "1")
        assert cli("ask", "one", "and-one", "at-once").exit_code == 0
        result = cli("ask", "two")
        assert result.exit_code == 1
        assert "the limit is 1" in result.stderr


def test_without_wait_it_is_queued_and_nobody_is_asked(
    cli: Cli, fake_registry: FakeRegistry
) -> None:
    first, second = cli("ask", "npm:a"), cli("ask", "npm:a")
    assert (first.exit_code, first.stdout) == (0, "npm:a is queued.\n")
    assert second.stdout == "npm:a is already queued.\n"
    assert fake_registry.requests == []
