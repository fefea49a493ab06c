"""stdout or stderr closed, full, or no longer read: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import PATIENCE_S, Cli
from tests.support.mass import mass
from tests.support.openid_provider import Site
from tests.support.places import ROOT
from tests.support.rows import add_package
from tgtui.cli.opening import OUTPUT_LOST
from tgtui.data.storage.database import Database

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="a shell's redirections are POSIX"),
    pytest.mark.full_on("postgresql"),
]

PRINTING = [
    ["--version"],
    ["search", "known"],
]
PRINTING_TOO = [
    ["worker", "--help"],
    ["tags", "export"],
    ["db", "status", "--json"],
    ["--help"],
    ["search", "known", "--json"],
    ["show", "known"],
    ["requests", "--json"],
    ["packages", "deleted", "--json"],
    ["db", "status"],
    ["db", "upgrade"],
    ["whoami"],
]
CLOSED, FULL = "it is closed", "the disk is full; free some space"


def run(args: list[str], redirection: str) -> tuple[int, str]:
    """Exit code and stderr of `tgtui ARGS` with a shell's redirections."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "tgtui", *args],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def known(cli: Cli, database: Database) -> Cli:
    """With a package to print."""
    database.write_now(add_package, "known")
    return cli


@pytest.mark.parametrize("args", mass(*PRINTING, full=PRINTING_TOO), ids=" ".join)
def test_a_result_that_cannot_be_written_is_a_sentence_and_a_code(
    known: Cli, args: list[str]
) -> None:
    code, said = run(args, ">/dev/full")
    assert (code, said) == (OUTPUT_LOST, f"The output can't be written to stdout: {FULL}.\n")


@pytest.mark.parametrize(
    "args", mass(["--version"], full=[["search", "known", "--json"]]), ids=" ".join
)
@pytest.mark.parametrize(
    ("redirection", "said"),
    [
        (">&-", f"The output can't be written to stdout: {CLOSED}.\n"),
        ("<&- >&-", f"The output can't be written to stdout: {CLOSED}.\n"),
        (">&- 2>&-", ""),
        (">/dev/full 2>/dev/full", ""),
        (">/dev/full 2>&-", ""),
    ],
)
def test_closed_and_with_nobody_to_tell(
    known: Cli, args: list[str], redirection: str, said: str
) -> None:
    assert run(args, redirection) == (OUTPUT_LOST, said)


@pytest.mark.parametrize("redirection", mass("2>/dev/full", full=["<&- >&- 2>&-"]))
@pytest.mark.parametrize(
    "case",
    mass(
        (["show", "nowhere"], 4),
        (["--nonsense"], 2),
        full=[(["-v", "show", "nowhere"], 4), ([], 2)],
    ),
    ids=str,
)
def test_what_cannot_be_said_changes_no_exit_code(
    known: Cli, case: tuple[list[str], int], redirection: str
) -> None:
    args, code = case
    assert run(args, redirection) == (code, "")


@pytest.mark.parametrize("redirection", mass("<&- >&- 2>&-", full=["2>/dev/full"]))
def test_a_worker_needs_neither_and_its_files_get_no_number_of_theirs(
    cli: Cli, chain: Any, database: Database, redirection: str
) -> None:
    assert cli("ask", "a").exit_code == 0
    assert run(["worker", "--once"], redirection)[0] == 0
    assert cli("show", "npm:c").exit_code == 0


def test_a_reader_that_has_enough_ends_it_quietly(known: Cli, tmp_path: Any) -> None:
    for args in (["--help"], ["search", "known", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "tgtui", *args],
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_code_that_nobody_sees_is_not_waited_for(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site() as site:
        monkeypatch.setenv("TGTUI_OIDC_ISSUER", site.issuer)
        monkeypatch.setenv("TGTUI_OIDC_CLIENT_ID", "tgtui")
        for redirection in ("2>/dev/full", "2>&-"):
            assert run(["login", "--store", "memory"], redirection) == (OUTPUT_LOST, "")
