"""`tgtui analytics`, as a person runs it."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_starting import imported_by
from tests.support.garden import HOSTILE, planted
from tests.support.locks import held_elsewhere
from tgtui.analytics import errors
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.full_on("postgresql")


@pytest.fixture
def garden(cli: Cli, database: Database) -> Cli:
    planted(database)
    return cli


def test_a_day_with_it(garden: Cli, tmp_path: Path) -> None:
    """Status of nothing, export, status, SQL in every form, plain files, clear."""
    nothing = garden("analytics", "status")
    assert (nothing.exit_code, "Nothing was exported yet" in nothing.stderr) == (1, True)

    done = garden.json("analytics", "export", "--quiet")
    assert done["rows"] == {"dependencies": 4, "interactions": 4, "packages": 3, "versions": 4}

    status = garden.json("analytics", "status")
    assert (status["catalog"], status["day"], status["is_interrupted"]) == (
        "local",
        done["day"],
        False,
    )
    assert {each["table"]: each["rows"] for each in status["tables"]} == done["rows"]
    assert status["disk_bytes"] >= status["bytes"] > 0
    shown = garden("analytics", "status").stdout
    assert "packages\t3\t" in shown

    query = "SELECT name, description, is_deprecated, first_seen, tags / 2 AS half FROM packages ORDER BY name"
    found = json.loads(garden("analytics", "sql", query, "--json").stdout)
    assert [each["name"] for each in found] == ["app", "bare", "lib"]
    assert found[0] == {
        "name": "app", "description": HOSTILE, "is_deprecated": False,
        "first_seen": "2026-01-01T12:00:00", "half": 0.5,
    }  # fmt: skip
    read = list(csv.reader(io.StringIO(garden("analytics", "sql", query, "--csv").stdout)))
    assert read[0] == ["name", "description", "is_deprecated", "first_seen", "half"]
    assert [row[0] for row in read[1:]] == ["app", "bare", "lib"]
    table = garden(
        "analytics", "sql", "SELECT name FROM packages ORDER BY 1; SELECT 1 AS one"
    ).stdout
    assert table.splitlines() == ["app", "bare", "lib", "1"]

    folder = tmp_path / "plain"
    assert garden("analytics", "export", "--to", str(folder), "-q").exit_code == 0
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.parquet" for name in ("packages", "versions", "dependencies", "interactions")
    }
    again = garden("analytics", "export", "--to", str(folder), "-q")
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    assert garden("analytics", "export", "--to", str(folder), "-q", "--force").exit_code == 0
    count = f"SELECT count(*) AS n FROM read_parquet('{folder}/packages.parquet')"
    assert json.loads(garden("analytics", "sql", count, "--json").stdout) == [{"n": 3}]

    asked = garden("analytics", "clear")
    assert (asked.exit_code, "--yes" in asked.stderr) == (2, True)
    assert garden("analytics", "clear", "--yes").exit_code == 0
    assert garden("analytics", "status").exit_code == 1


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT nothing FROM packages", "nothing"),
        ("SELEC 1", "syntax error"),
        ("", "no statement"),
        ("INSERT INTO packages VALUES (1)", "packages"),
    ],
)
def test_a_statement_that_is_wrong_is_one_sentence(garden: Cli, statement: str, said: str) -> None:
    result = garden("analytics", "sql", statement)
    assert result.exit_code == 2
    last = result.stderr.splitlines()[-1]
    assert said in last
    assert "Traceback" not in result.stderr


def test_statements_from_stdin(garden: Cli) -> None:
    process = garden.start("analytics", "sql", "--csv", stdin=subprocess.PIPE)
    out, _err = process.communicate("SELECT 1 AS a;\nSELECT 2 AS b;\n", timeout=60)
    assert (process.returncode, out.splitlines()) == (0, ["a", "1", "b", "2"])


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_the_prompt(garden: Cli) -> None:
    """A wrong statement is told, and does not end it."""
    import pty

    master, slave = pty.openpty()
    try:
        process = garden.start("analytics", "sql", "--csv", stdin=slave)
        typed = (
            b"SELECT count(*) AS n\nFROM packages;\n\\d\nSELECT wrong;\nSELECT 7 AS after;\n\\q\n"
        )
        os.write(master, typed)
        code, out, err = garden.finish(process)
    finally:
        os.close(master)
        os.close(slave)
    assert code == 0, err
    assert "n\n0\n" in out.replace("\r", "")
    assert "packages(day DATE, package_id VARCHAR" in out
    assert "after\n7\n" in out.replace("\r", "")
    assert "wrong" in err


def test_without_the_extra_it_says_how_to_install_it(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda _name: None)
    for command in (
        ["status"], ["export"], ["refresh"], ["sql", "SELECT 1"], ["clear", "--yes"],
    ):  # fmt: skip
        result = bare("analytics", *command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines() == [errors.NOT_INSTALLED]
    result = bare("worker", "--analytics", "--once")
    assert (result.exit_code, result.stderr.splitlines()) == (2, [errors.NOT_INSTALLED])


def test_a_catalog_without_an_address(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TGTUI_ANALYTICS_CATALOG", "rest")
    result = bare("analytics", "status")
    assert result.exit_code == 2
    assert "analytics.uri" in result.stderr


def test_help_imports_none_of_the_libraries() -> None:
    for command in ([], ["sql"], ["export"]):
        assert imported_by("analytics", *command, "--help") == ("0", set())


@pytest.mark.parametrize(
    "module", ["tgtui.screens.app", "tgtui.services.refreshing", "tgtui.cli.running.worker"]
)
def test_nothing_else_imports_the_libraries(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}"
        " & {'duckdb', 'pyarrow', 'pyiceberg', 'numpy', 'pandas', 'rustworkx'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_interrupted_it_says_so(garden: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits for another program's lock, which it does for as long as that one runs."""
    lock = Path(os.environ["TGTUI_DATA_DIR"]) / "analytics" / "lock"
    with held_elsewhere(lock):
        process = garden.start("analytics", "export")
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "waiting for another program" in line
        process.send_signal(signal.SIGINT)
        code, _out, err = garden.finish(process)
    assert (code, err.splitlines()[-1]) == (130, "Interrupted.")


@pytest.mark.full
def test_a_worker_refreshes_once_and_says_by_its_exit_code_if_it_could_not(garden: Cli) -> None:
    """In a process of its own."""
    place = Path(os.environ["TGTUI_DATA_DIR"]) / "analytics"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("in the way", encoding="utf-8")
    code, _out, err = garden.run("worker", "--analytics", "--once")
    assert code == 1, err
    assert 'message="analytics failed"' in err
    assert err.splitlines()[-1].startswith("The results of analytics were not refreshed: ")
    place.unlink()
    code, _out, err = garden.run("worker", "--analytics", "--once")
    assert code == 0, err
    assert "analytics refreshed" in err
