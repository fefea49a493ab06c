"""How the command line starts: quick, without screens, and with one sentence where it can't."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.apart import told_apart
from tests.support.fake_registry import FakeRegistry
from tests.support.mass import mass
from tests.support.places import ROOT
from tgtui import __version__
from tgtui.data.storage.database import Database

COMMANDS = [
    [],
    ["search"],
    ["show"],
    ["tree"],
    ["ask"],
    ["requests"],
    ["requests", "retry"],
    ["requests", "cancel"],
    ["worker"],
    ["db"],
    ["db", "upgrade"],
    ["db", "status"],
    ["login"],
    ["logout"],
    ["whoami"],
]
SEARCH_AS_NOBODY = """
import json, os, sys
from click.testing import CliRunner
from tgtui.cli.root import root

def search(folder):
    return CliRunner().invoke(root, ["--data-dir", folder, "search", "a"])

search(sys.argv[1])  # imports what nobody may not be able to read
if os.geteuid() == 0:  # to whom every folder is open
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = search(sys.argv[2])
print(json.dumps([found.exit_code, found.stdout, found.stderr]))
"""
HEAVY = {
    "textual",
    "rich",
    "sqlalchemy",
    "sqlalchemy.dialects.postgresql",
    "httpx",
    "alembic",
    "keyring",
    "joserfc",
    "segno",
    "fasteners",
    "rapidfuzz",
    "duckdb",
    "pyarrow",
    "pyiceberg",
}
IMPORTED = """
import sys
sys.argv = ["tgtui", *{args!r}]
from tgtui.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
print(code or 0, *sorted(sys.modules.keys() & {heavy!r}))
"""


def imported_by(*args: str) -> tuple[str, set[str]]:
    """Exit code and the heavy libraries a command imports in a fresh process."""
    code = IMPORTED.format(args=list(args), heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first, *libraries = done.stdout.splitlines()[-1].split(" ")
    return first, set(libraries)


@pytest.mark.parametrize("command", mass(*COMMANDS[:2], full=COMMANDS[2:]), ids=" ".join)
def test_help_teaches_and_imports_nothing_heavy(command: list[str]) -> None:
    assert imported_by(*command, "--help") == ("0", set())


def test_the_version_is_told_at_once() -> None:
    """By few modules of our own, and none that an event loop needs."""
    assert imported_by("--version") == ("0", set())
    code = (
        "import sys; sys.argv = ['tgtui', '--version']\n"
        "from tgtui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(len([m for m in sys.modules if m.startswith('tgtui')]), 'asyncio' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours, has_loop = done.stdout.splitlines()[-1].split()
    assert int(ours) <= 25
    assert has_loop == "False"


def test_the_http_library_comes_without_its_command_line() -> None:
    code = (
        "import sys\n"
        "from tgtui.registries.http.library import without_command_line\n"
        "httpx = without_command_line('httpx')\n"
        "assert httpx.AsyncClient and without_command_line('httpx') is httpx\n"
        "assert not sys.modules.keys() & {'rich', 'pygments', 'httpx._main'}, 'they take 0.1 s'\n"
        "import httpx._main"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_http_library_is_whole_for_who_asks_while_another_thread_imports_it() -> None:
    code = (
        "import sys\n"
        "from threading import Thread\n"
        "from tgtui.registries.http.library import without_command_line\n"
        "sys.setswitchinterval(1e-6)\n"
        "other = Thread(target=without_command_line, args=('httpx',))\n"
        "other.start()\n"
        "while 'httpx' not in sys.modules:\n"
        "    pass\n"
        "assert without_command_line('httpx').Limits\n"
        "other.join()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("line", ["tgtui requests --status fai", "tgtui import br"])
def test_completing_imports_nothing_heavy(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("_TGTUI_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", line)
    assert imported_by() == ("0", set())


@pytest.mark.parametrize("words", [["help", "--all"], ["config"]], ids=" ".join)
def test_what_is_said_of_the_program_itself_imports_nothing_heavy(words: list[str]) -> None:
    assert imported_by(*words) == ("0", set())


@pytest.mark.parametrize(
    "command",
    mass(
        ["search", "a"],
        ["worker", "--once"],
        full=[
            ["show", "a"],
            ["tree", "a"],
            ["ask", "a", "--wait"],
            ["requests"],
            ["db", "status"],
            ["db", "upgrade"],
        ],
    ),
    ids=" ".join,
)
def test_no_command_imports_the_screens_or_the_other_database(
    bare: Cli,
    fake_registry: FakeRegistry,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    fake_registry.add_package("a")
    monkeypatch.setenv("TGTUI_DATABASE_URL", sqlite_url)
    assert bare("ask", "a", "--wait").exit_code == 0
    code, libraries = imported_by(*command)
    assert code == "0"
    unneeded = {"textual", "sqlalchemy.dialects.postgresql"}
    if command != ["search", "a"]:
        unneeded.add("rapidfuzz")
    assert libraries & unneeded == set()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_examples_and_exits_with_0(bare: Cli, command: list[str]) -> None:
    result = bare(*command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: tgtui")


def test_the_version(bare: Cli) -> None:
    assert bare("--version").stdout == f"tgtui, version {__version__}\n"


def test_without_a_terminal_the_app_says_so(bare: Cli) -> None:
    code, out, err = bare.finish(bare.start(stdin=subprocess.DEVNULL))
    assert (code, out) == (2, "")
    assert err.startswith("tgtui needs a terminal")
    assert len(err.splitlines()) == 1


class TestOneSentence:
    """Nothing that a person can do something about ends in a traceback."""

    @pytest.fixture
    def fails(self, bare: Cli) -> object:
        def check(expected_code: int, *args: str) -> str:
            result = bare(*args)
            assert result.exit_code == expected_code
            assert result.stdout == ""
            assert len(result.stderr.splitlines()) == 1
            return result.stderr

        return check

    def test_a_setting_that_is_wrong(self, fails: object, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TGTUI_WORKER_CONCURRENCY", "lots")
        assert "TGTUI_WORKER_CONCURRENCY" in fails(2, "search", "a")  # type: ignore[operator]

    def test_a_settings_file_that_is_broken(self, fails: object, tmp_path: Path) -> None:
        file = tmp_path / "settings.toml"
        file.write_text("theme = ", encoding="utf-8")
        assert str(file) in fails(2, "--config", str(file), "search", "a")  # type: ignore[operator]

    def test_a_database_that_can_not_be_reached(self, fails: object) -> None:
        url = "postgresql://user:secret@127.0.0.1:1/none"
        said = fails(3, "--database", url, "ask", "a")  # type: ignore[operator]
        assert "can't be reached" in said
        assert "secret" not in said

    def test_a_database_of_another_kind(self, fails: object) -> None:
        assert "mysql" in fails(2, "--database", "mysql://host/db", "search", "a")  # type: ignore[operator]

    def test_a_database_that_is_newer(self, fails: object, bare: Cli, sqlite_url: str) -> None:
        assert bare("--database", sqlite_url, "db", "upgrade").exit_code == 0
        make_newer(sqlite_url)
        for command in (["search", "a"], ["ask", "a"], ["worker", "--once"], ["db", "upgrade"]):
            assert "newer" in fails(3, "--database", sqlite_url, *command)  # type: ignore[operator]

    def test_a_file_that_is_no_database(self, fails: object, tmp_path: Path) -> None:
        file = tmp_path / "notes.txt"
        file.write_text("no database at all, only notes\n" * 100, encoding="utf-8")
        assert "not an SQLite database" in fails(
            3, "--database", f"sqlite:///{file}", "search", "a"
        )  # type: ignore[operator]

    @pytest.mark.skipif(sys.platform == "win32", reason="folders have other permissions there")
    def test_a_folder_that_is_read_only(
        self, bare: Cli, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TGTUI_CONFIG", os.devnull)  # nobody can't look into this run's home
        usual, locked = open_folder / "usual", open_folder / "locked"
        locked.mkdir(mode=0o555)
        code, out, err = told_apart(SEARCH_AS_NOBODY, str(usual), str(locked))
        assert (code, out, len(err.splitlines())) == (3, "", 1)
        assert str(locked) in err
        assert "TGTUI_DATA_DIR" in err

    def test_a_folder_that_can_not_be_made(self, fails: object, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert "TGTUI_DATA_DIR" in fails(3, "--data-dir", str(file / "below"), "search", "a")  # type: ignore[operator]


def make_newer(sqlite_url: str) -> None:
    """As if a later tgtui had migrated it."""
    from sqlalchemy import text

    from tgtui.data.storage.engine import open_engine, parse_url

    database = Database(open_engine(parse_url(sqlite_url)))
    statement = text("UPDATE alembic_version SET version_num = '9999'")
    database.write_now(lambda connection: connection.execute(statement) and None)
    database.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a POSIX shell")
def test_a_pipe_that_is_closed_early_is_silent(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "a", "--wait").exit_code == 0
    process = cli.start("search", "npm:")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    code, _out, err = cli.finish(process)
    assert (code, err) == (0, "")


def test_verbose_shows_the_traceback(bare: Cli) -> None:
    result = bare("-v", "ask", "npm:../x")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr


def test_a_mistake_of_the_program_is_a_sentence_too(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("a \x1b[31mbug")

    monkeypatch.setattr("tgtui.services.opening.prepare_database", broken)
    result = bare("search", "a")
    assert result.exit_code == 1
    assert "RuntimeError" in result.stderr
    assert "tgtui -v" in result.stderr
    assert "Traceback" not in result.stderr
    assert "\x1b" not in result.stderr


def test_a_command_looks_through_what_it_imported_for_garbage_at_no_time(
    sqlite_url: str,
) -> None:
    """Python does so twice as a program ends, with a fifth of a command's time."""
    watched = (
        "import gc, sys;"
        " gc.callbacks.append(lambda when, told: when == 'start'"
        " and print('walked', len(gc.get_objects()), file=sys.stderr));"
        " sys.argv[0] = 'tgtui'; from tgtui.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched, "--database", sqlite_url, "search", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    walked = [int(each) for each in re.findall(r"^walked (\d+)$", done.stderr, re.MULTILINE)]
    assert walked
    assert max(walked) < 50_000
