"""`tgtui db`: makes and migrates the database, and describes it without touching it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Cli
from tests.cli.test_starting import make_newer
from tgtui.data.upkeep.migrate import HEAD
from tgtui.data.upkeep.seeds import PACKAGES


@pytest.fixture
def empty(bare: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A database nobody has touched, once of each kind."""
    monkeypatch.setenv("TGTUI_DATABASE_URL", database_url)
    return bare


def test_upgrade_makes_and_fills_it_once(empty: Cli) -> None:
    assert "was created" in empty("db", "upgrade").stdout
    assert f"already has schema {HEAD}" in empty("db", "upgrade").stdout
    facts = empty.json("db", "status")
    assert (facts["state"], facts["revision"]) == ("current", HEAD)
    assert facts["counts"]["packages"] == facts["counts"]["requests pending"] == len(PACKAGES)
    shown = [line.rsplit(maxsplit=1) for line in empty("db", "status").stdout.splitlines()]
    assert ["requests queued", str(len(PACKAGES))] in shown


def test_status_of_a_database_that_is_not_made_yet_makes_nothing(empty: Cli) -> None:
    for _ in range(2):
        result = empty("db", "status", "--json")
        assert result.exit_code == 1
        facts = json.loads(result.stdout)
        assert facts["state"] in {"absent", "empty"}
        assert facts["revision"] is None


def test_status_on_a_new_machine_leaves_no_folder_behind(bare: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert bare("--data-dir", str(folder), "db", "status").exit_code == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    "command", [("db", "status"), ("db", "status", "--quiet"), ("worker", "--check")]
)
def test_a_folder_that_cannot_be_looked_into_is_no_answer(
    bare: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Not 1, which says that an upgrade is due, or that no worker works."""
    result = bare("--data-dir", str(tmp_path / ("x" * 300)), *command)
    assert result.exit_code == 3
    assert "the path is too long" in result.output


def test_status_tells_a_newer_database(bare: Cli, sqlite_url: str) -> None:
    assert bare("--database", sqlite_url, "db", "upgrade").exit_code == 0
    make_newer(sqlite_url)
    result = bare("--database", sqlite_url, "db", "status", "--json")
    assert result.exit_code == 3
    facts = json.loads(result.stdout)
    assert (facts["state"], facts["revision"]) == ("unusable", "9999")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@127.0.0.1:1/none",
        "postgresql://me@127.0.0.1:1/none?password=secret",
    ],
)
def test_no_password_is_shown(bare: Cli, url: str) -> None:
    result = bare("--database", url, "db", "status")
    assert result.exit_code == 3
    assert "127.0.0.1" in result.stdout
    assert "secret" not in result.output


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:1/none",
        "postgresql://me@server:hun/ter2@127.0.0.1:1/none",
        "postgresql://me:p@hunter2@127.0.0.1:1/none",
        "postgresql://me:p?hunter2@127.0.0.1:1/none",
        "postgresql://me:hunter2",
        "postgresql:/me:hunter2@127.0.0.1:1/none",
        "postgresql:///none?host=127.0.0.1&port=1&passwrod=hunter2",
        "postgresql:///none?host=127.0.0.1&port=1&options=-c%20my.token%3Dhunter2",
        "host=127.0.0.1 port=1 password = 'hun ter2'",
        "mysql://me:hunter2@127.0.0.1:1/none",
    ],
)
def test_no_part_of_a_password_is_shown_anywhere(
    bare: Cli, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Not in a sentence, in JSON, in a traceback, in the settings, or if the option is forgotten."""
    runs = [bare("-v", "--database", url, "db", "status", "--json"), bare(url)]
    monkeypatch.setenv("TGTUI_DATABASE_URL", url)
    runs += [bare("-v", "search", "a"), bare("config"), bare("config", "--json")]
    assert [run.exit_code for run in runs[1:2] + runs[3:]] == [2, 0, 0]
    for run in runs:
        assert "ter2" not in run.output
        assert "bug in tgtui" not in run.output


def test_an_empty_option_is_not_taken_for_none(bare: Cli) -> None:
    for option in ("--database", "--data-dir"):
        for command in (("db", "upgrade"), ("db", "status"), ("search", "a")):
            result = bare(option, "", *command)
            assert result.exit_code == 2
            assert "is empty; leave it out" in result.output


def test_quiet_is_only_the_exit_code(bare: Cli, sqlite_url: str) -> None:
    for command, code in ((("status", "-q"), 1), (("upgrade",), 0), (("status", "-q"), 0)):
        result = bare("--database", sqlite_url, "db", *command)
        assert result.exit_code == code
        assert (result.output == "") == ("-q" in command)
    make_newer(sqlite_url)
    result = bare("--database", sqlite_url, "db", "status", "-q")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "update tgtui" in result.stderr


def test_a_standby_is_ready_and_says_that_it_is_only_read(
    bare: Cli, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_DATABASE_URL", postgres_url)
    assert bare("db", "upgrade").exit_code == 0
    assert bare.json("db", "status")["writable"] is True
    with psycopg.connect(
        make_url(postgres_url).set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute(
            f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on"
        )
    facts = bare.json("db", "status")
    assert (facts["state"], facts["writable"]) == ("current", False)
    assert "read-only or a standby" in bare("db", "status").stdout


def test_the_location_is_told(bare: Cli, sqlite_url: str, tmp_path: Path) -> None:
    result = bare("--database", sqlite_url, "db", "status", "--json")
    assert json.loads(result.stdout)["location"] == str(tmp_path / "catalogue.sqlite3")


def test_what_all_workers_follow_is_set_and_shown(cli: Cli) -> None:
    # On PostgreSQL the first program that may work has said what it works for.
    cli("db", "set", "pypi.python_version", "--unset")
    said = cli("db", "set", "pypi.python_version", "3.12").stdout
    assert said == "pypi.python_version is 3.12 for all workers, when they start again.\n"
    assert cli.json("db", "set")["pypi.python_version"] == "3.12"
    assert "left to each worker" in cli("db", "set", "pypi.python_version", "--unset").stdout
    for wrong in (("pypi.platform",), ("--unset",), ("npm.registry", "x"), ("pypi.platform", "z")):
        assert cli("db", "set", *wrong).exit_code == 2
