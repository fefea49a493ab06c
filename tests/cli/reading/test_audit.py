"""`tgtui audit`: what is found, how it is told, and when a build fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.advisories import between, record, write_dump
from tests.support.advisory_server import AdvisoryServer
from tgtui.cli.reading.audit import SEVERITIES
from tgtui.data.storage.database import Database
from tgtui.syntax.advisories import ranks


@pytest.fixture
def tree(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """app needs mid, and both need low@1.0.0; low@1.1.0 is here, too."""
    monkeypatch.chdir(tmp_path)

    def fill(connection: Any) -> None:
        app, mid = rows.add_release(connection, "app"), rows.add_release(connection, "mid")
        low = rows.add_release(connection, "low")
        rows.add_version(connection, low[0], "1.1.0")
        rows.add_edge(connection, app, "mid", mid)
        rows.add_edge(connection, app, "low", low)
        rows.add_edge(connection, mid, "low", low)

    database.write_now(fill)


@pytest.fixture
def told(cli: Cli, tree: None, tmp_path: Path) -> None:
    bad = {"database_specific": {"severity": "HIGH"}}
    dump = write_dump(
        tmp_path / "npm.zip",
        [
            record("GHSA-1", "low", *between("0", "1.1.0"), aliases=["CVE-1"], **bad),
            record("MAL-1", "elsewhere", {"introduced": "0"}),
        ],
    )
    assert cli("advisories", "import", str(dump), "-q").exit_code == 0


def test_what_was_never_checked_is_not_clean(cli: Cli, tree: None) -> None:
    result = cli("audit", "npm:app")
    assert result.exit_code == 1
    assert "not checked for advisories" in result.stdout
    assert "never read here" in result.stderr
    assert "not checked for advisories" in cli("show", "npm:app").stdout
    assert " · not checked for advisories · " in cli("tree", "npm:app").stdout
    data = cli("audit", "npm:app", "--json")
    assert json.loads(data.stdout)[0]["is_whole"] is False


def test_what_the_tree_lacks_is_told_and_nothing_else(
    cli: Cli, told: None, database: Database
) -> None:
    def fill(connection: Connection) -> None:
        top = rows.add_release(connection, "top")
        rows.add_edge(connection, top, "absent")

    database.write_now(fill)
    result = cli("audit", "npm:top")
    assert result.exit_code == 1
    said = result.stdout + result.stderr
    assert "The tree is not whole yet: 1 dependency missing. Fetch them: tgtui ask" in said


def test_extras_that_nobody_asked_for_are_not_judged_as_clean(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    """The tree that is here is that without them."""

    def fill(connection: Connection) -> None:
        _package, version = rows.add_release(connection, "flask", "3.0", "pypi")
        environment = rows.add_environment(connection, version)
        rows.add_environment_member(connection, environment, "flask", "3.0")

    database.write_now(fill)
    about = {"package": {"ecosystem": "PyPI", "name": "elsewhere"}, "versions": ["1.0"]}
    dump = write_dump(tmp_path / "pypi.zip", [record("PYSEC-1", affected=[about])])
    assert cli("advisories", "import", str(dump), "-q").exit_code == 0
    assert cli("audit", "pypi:flask").exit_code == 0
    result = cli("audit", "pypi:flask[async]")
    assert result.exit_code == 1
    assert "not worked out yet: tgtui ask 'pypi:flask[async]' --wait" in result.stderr
    assert json.loads(cli("audit", "pypi:flask[async]", "--json").stdout)[0]["is_whole"] is False


def test_a_threat_with_its_paths_and_what_mends_it(cli: Cli, told: None) -> None:
    assert "advisories  no advisories, as of 2026-01-01" in cli("show", "npm:app").stdout
    assert "1 advisory, the worst high (as of" in cli("show", "npm:low@1.0.0").stdout
    result = cli("audit", "npm:app", "--paths", "5")
    assert result.exit_code == 6
    lines = result.stdout.splitlines()
    assert lines[0].startswith(
        "npm:app@1.0.0 and the 2 packages it brings: 1 advisory, 1 high, through 2 paths"
    )
    assert "as of 2026-01-01" in lines[0]
    told_of_tree = cli("tree", "npm:app").stdout
    assert "1 advisory, 1 high, through 2 paths (as of 2026-01-01)" in told_of_tree
    assert " · no advisories, as of 2026-01-01 · " in cli("tree", "npm:low@1.1.0").stdout
    as_of = json.loads(cli("tree", "npm:app", "--json").stdout)["advisories"]
    assert as_of == {"as_of": "2026-01-01T00:00:00+00:00", "not_checked": 0}
    assert lines[1].split() == ["high", "npm:low@1.0.0", "GHSA-1", "(CVE-1)", "About", "GHSA-1"]
    assert lines[2].strip() == "fixed in 1.1.0"
    assert lines[3].strip() == "app@1.0.0 › low@1.0.0 (^1.0.0)"
    assert lines[4].strip() == "app@1.0.0 › mid@1.0.0 (^1.0.0) › low@1.0.0 (^1.0.0)"


@pytest.mark.parametrize(
    ("level", "code"), [("critical", 0), ("high", 6), ("low", 6), ("never", 0), ("any", 6)]
)
def test_a_build_fails_from_the_level_it_names(cli: Cli, told: None, level: str, code: int) -> None:
    assert cli("audit", "npm:app", "--fail-on", level).exit_code == code


@pytest.mark.parametrize(
    ("until", "name", "code"), [("2999-01-01", "cve-1", 0), ("2020-01-01", "GHSA-1", 6)]
)
def test_accepted_until_a_day(
    cli: Cli, told: None, tmp_path: Path, until: str, name: str, code: int
) -> None:
    entry = f'[[accepted]]\nadvisory = "{name}"\nreason = "Ours alone."\nuntil = {until}\n'
    (tmp_path / "tgtui-accepted.toml").write_text(entry)
    result = cli("audit", "npm:app")
    assert result.exit_code == code
    assert ("accepted: Ours alone. (until 2999-01-01)" in result.stdout) == (code == 0)


def test_an_accepted_one_needs_a_reason_and_an_end(cli: Cli, told: None, tmp_path: Path) -> None:
    (tmp_path / "tgtui-accepted.toml").write_text('[[accepted]]\nadvisory = "GHSA-1"\n')
    result = cli("audit", "npm:app")
    assert result.exit_code == 2
    assert "an advisory, a reason and an until" in result.stderr


def test_for_programs(cli: Cli, told: None) -> None:
    (data,) = json.loads(cli("audit", "npm:app", "--json").stdout)
    assert data["paths"] == {"count": 2, "has_more": False}
    (finding,) = data["findings"]
    assert finding["advisory"] == "GHSA-1"
    assert finding["names"] == ["GHSA-1", "CVE-1"]
    assert finding["fixed_in"] == "1.1.0"
    assert [step["package"] for step in finding["paths"][0]] == ["npm:app@1.0.0", "npm:low@1.0.0"]
    sarif = json.loads(cli("audit", "npm:app", "--format", "sarif").stdout)
    (run,) = sarif["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["GHSA-1"]
    assert run["results"][0]["level"] == "error"


def test_registries_without_a_source_say_so(cli: Cli, told: None) -> None:
    result = cli("advisories")
    assert "jsr: nobody publishes advisories about its packages" in result.stdout
    assert "npm: as of 2026-01-01" in result.stdout


def test_malware_is_an_alarm(cli: Cli, tree: None, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "npm.zip", [record("MAL-1", "low", {"introduced": "0"})])
    result = cli("advisories", "import", str(dump), "-q")
    assert "MALWARE in this catalogue: npm:low@1.0.0, npm:low@1.1.0." in result.stderr
    assert "remove it" in cli("audit", "npm:app").stdout
    assert "MALWARE in this catalogue" in cli("news").stderr


def test_one_advisory(cli: Cli, told: None) -> None:
    result = cli("advisories", "show", "CVE-1")
    assert "npm:low" in result.stdout
    assert "not affected" in result.stdout  # the latest version
    assert cli("advisories", "show", "CVE-9").exit_code == 4


def test_the_levels_are_those_of_the_advisories() -> None:
    assert ranks.SEVERITIES[1:] == SEVERITIES


def test_asking_the_sources(cli: Cli, tree: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "set advisories.sources" in cli("advisories", "refresh").stderr
    with AdvisoryServer() as server:
        server.records = {"GHSA-1": record("GHSA-1", "low", *between("0", "1.1.0"))}
        monkeypatch.setenv("TGTUI_ADVISORIES_SOURCES", "osv")
        monkeypatch.setenv("TGTUI_ADVISORIES_OSV", server.url)
        result = cli("advisories", "refresh")
        assert result.stdout == "3 packages asked about; 1 advisory new or changed.\n"
        assert cli("audit", "npm:app").exit_code == 6
        monkeypatch.setenv("TGTUI_ADVISORIES_SOURCES", "nobody")
        assert "there are osv, npm and pypi" in cli("advisories", "refresh").stderr


def test_a_project_is_judged_by_what_it_has_locked(cli: Cli, told: None, tmp_path: Path) -> None:
    """In the catalogue or not; what nobody publishes advisories about is told as not checked."""
    folder = tmp_path / "web"
    folder.mkdir()
    locked = {
        "": {"name": "web", "version": "1.0.0", "dependencies": {"mid": "^1"}},
        "node_modules/mid": {"version": "1.0.0", "dependencies": {"low": "^1", "elsewhere": "1"}},
        "node_modules/low": {"version": "1.0.0"},
        "node_modules/elsewhere": {"version": "1.0.0"},
    }
    lock = {"lockfileVersion": 3, "packages": locked}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    result = cli("audit", "--project", str(folder))
    assert result.exit_code == 6
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0].startswith(
        "web and the 3 packages it has locked: 2 advisories, 1 malware, 1 high, through 2 paths"
    )
    assert lines[1].split()[:3] == ["MALWARE", "npm:elsewhere@1.0.0", "MAL-1"]
    assert "fixed in 1.1.0" in lines
    assert lines[-1] == "web@1.0.0 › mid@1.0.0 (^1) › low@1.0.0 (^1)"
    (data,) = json.loads(cli("audit", "--project", str(folder), "--json").stdout)
    assert data["is_whole"]
    assert {each["file"] for each in data["findings"]} == {"package-lock.json"}
    checked = cli("project", "check", str(folder), "--json")
    counts = json.loads(checked.stdout)["counts"]
    assert (counts["vulnerable"], counts["severities"]) == (2, {"malware": 1, "high": 1})
    sarif = json.loads(cli("audit", "--project", str(folder), "--format", "sarif").stdout)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "package-lock.json"
    assert cli("audit", "npm:app", "--project", str(folder)).exit_code == 2
    assert cli("project", "add", str(folder), "--no-ask").exit_code == 0
    assert "▲ 1 malware of 2" in cli("project", "list").stdout
    assert "web\tnpm:low@1.0.0\tpackage-lock.json" in cli("advisories", "show", "CVE-1").stdout
    shown = json.loads(cli("advisories", "show", "MAL-1", "--json").stdout)
    assert [each["package"] for each in shown["projects"]] == ["npm:elsewhere@1.0.0"]
    bill = json.loads(cli("project", "sbom", "web").stdout)
    assert [
        (each["id"], [one["ref"] for one in each["affects"]]) for each in bill["vulnerabilities"]
    ] == [("GHSA-1", ["pkg:npm/low@1.0.0"]), ("MAL-1", ["pkg:npm/elsewhere@1.0.0"])]


def test_a_project_that_nobody_checked_is_not_clean(cli: Cli, tree: None, tmp_path: Path) -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/low": {"version": "1.0.0"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    result = cli("audit", "--project", str(tmp_path))
    assert result.exit_code == 1
    assert "not checked for advisories" in result.stdout
    assert "never read here" in result.stderr


def test_what_a_project_only_declares_is_not_checked(cli: Cli, told: None, tmp_path: Path) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "package-lock.json").write_text(
        json.dumps({"lockfileVersion": 3, "packages": {"node_modules/mid": {"version": "1.0.0"}}})
    )
    (folder / "Brewfile").write_text('brew "wget"\n')
    clean = cli("audit", "--project", str(folder))
    assert clean.exit_code == 0
    assert "brew, 1 package: nobody publishes advisories about its packages." in clean.stderr
    (folder / "requirements.txt").write_text("flask>=2\n")
    partial = cli("audit", "--project", str(folder))
    assert partial.exit_code == 1
    assert "pypi, 1 declared package: not locked, and so not checked." in partial.stderr


def test_what_is_accepted_is_read_from_the_nearest_file(
    cli: Cli, told: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the project's folder, else one above it; another one only if it is named."""
    folder, elsewhere = tmp_path / "mono" / "web", tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir(parents=True)
    lock = {"lockfileVersion": 3, "packages": {"node_modules/low": {"version": "1.0.0"}}}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    monkeypatch.chdir(elsewhere)

    def accept(place: Path, until: str) -> Path:
        entry = f'[[accepted]]\nadvisory = "GHSA-1"\nreason = "{place.name}."\nuntil = {until}\n'
        (place / "tgtui-accepted.toml").write_text(entry)
        return place / "tgtui-accepted.toml"

    other = accept(elsewhere, "2999-01-01")
    assert "accepted: elsewhere." in cli("audit", "--project", str(folder)).stdout
    accept(folder.parent, "2999-01-01")
    assert "accepted: mono." in cli("audit", "--project", str(folder)).stdout
    accept(folder, "2020-01-01")
    assert cli("audit", "--project", str(folder)).exit_code == 6  # that of the folder is over
    assert cli("audit", "--project", str(folder), "--accepted", str(other)).exit_code == 0
    assert cli("project", "add", str(folder), "--no-ask").exit_code == 0
    assert cli("audit", "--project", "web").exit_code == 6
