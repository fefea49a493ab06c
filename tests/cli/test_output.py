"""What people see on a terminal: tables that fit, a bar that stays on its line, an outage told once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tgtui.cli import output

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """As if stdout were a terminal of that width."""

    def set_width(columns: int) -> None:
        monkeypatch.setattr(output, "is_terminal", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return set_width


def test_a_table_is_aligned_and_fits_the_width(
    on_terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    on_terminal(20)
    output.emit_table(("NAME", "WHAT"), [("a", "x" * 40), ("日本", None)])
    assert capsys.readouterr().out.splitlines() == ["NAME  WHAT", f"a     {'x' * 13}…", "日本"]


def test_wide_and_combining_characters_are_measured_in_cells() -> None:
    assert output.cells("日本") == 4
    assert output.cells("e\u0301") == 1
    assert output.cut("日本語", 4) == "日…"


def test_cells_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit_table(("A",), [("\x1b[31m\tx\ny",)])
    assert capsys.readouterr().out == "\N{REPLACEMENT CHARACTER}[31m x y\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pseudo-terminal")
def test_on_a_terminal_a_bar_shows_how_far_it_is(cli: Cli, chain: FakeRegistry) -> None:
    ours, theirs = os.openpty()
    process = cli.start("ask", "npm:a", "--wait", stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4_096):
            shown += piece
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(ours)
    code, out, _err = cli.finish(process)
    assert (code, out.startswith("npm:a@2.0.0 and")) == (0, True)
    last = shown.decode().split("\r")[-2:]
    assert "3/3" in "".join(last)


def test_a_registry_that_is_down_is_told_once(cli: Cli, fake_registry: FakeRegistry) -> None:
    fake_registry.stop()
    result = cli("ask", "npm:a", "--wait", "--timeout", "2")
    assert result.exit_code == 1
    told = [line for line in result.stderr.splitlines() if "retrying until it answers" in line]
    assert len(told) == 1
    assert "The rest stays queued." in result.stderr


def test_a_worker_that_dies_ends_the_waiting(
    cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(_self: object, **_: object) -> None:
        raise RuntimeError("the worker died")

    monkeypatch.setattr("tgtui.worker.runner.Worker.run", die)
    result = cli("ask", "npm:a", "--wait")
    assert result.exit_code == 1
    assert "the worker died" in result.stderr
