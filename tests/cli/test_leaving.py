"""Signals and closed windows are an ordinary leave: the terminal is as before, what was at work is handed back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Cli, interruptible
from tests.cli.test_stopping import states
from tests.support.fake_registry import FakeRegistry
from tests.support.http_thread import Gate
from tests.support.mass import mass
from tgtui.data.storage.database import Database

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from tests.support.terminal import Window, window

pytestmark = pytest.mark.full_on("postgresql")

APP = ("-m", "tgtui")
HANDED_BACK = ("pending", 0, None)
SIGNALS = mass(signal.SIGHUP, full=[signal.SIGTERM, signal.SIGINT])
ON, OFF = "\x1b[?1049h", "\x1b[?1049l"
"""The screens take the terminal, and give it back."""


@pytest.fixture
def gate(cli: Cli, chain: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """a is queued, and its registry does not answer for b."""
    monkeypatch.setenv("TERM", "xterm-256color")
    assert cli("ask", "npm:a").exit_code == 0
    return chain.hang("b")


@contextmanager
def app(*, is_read: bool = True) -> Iterator[Window]:
    with interruptible(), window(*APP, is_read=is_read) as opened:
        yield opened


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_leaves_the_app_as_ctrl_q_does(
    gate: Gate, database: Database, number: int
) -> None:
    with interruptible(number), app() as opened:
        asyncio.run(gate.arrived())
        opened.process.send_signal(number)
        assert opened.end() == 128 + number
        opened.wait_for(OFF)
        assert opened.is_restored()
    assert states(database)["a"] == HANDED_BACK


def test_a_closed_window_costs_nothing_however_often(gate: Gate, database: Database) -> None:
    for _ in range(2):
        with app() as opened:
            opened.wait_for(ON)  # the second one finds the gate reached already
            asyncio.run(gate.arrived())
            opened.close()
            assert opened.end() == 129
        assert states(database)["a"] == HANDED_BACK


@pytest.mark.full
def test_with_a_dialog_open(gate: Gate, database: Database) -> None:
    with app() as opened:
        asyncio.run(gate.arrived())
        opened.press("\x10")  # ctrl+p
        opened.wait_for("Search for")
        opened.process.terminate()
        assert opened.end() == 143
        opened.wait_for(OFF)
        assert opened.is_restored()
    assert states(database)["a"] == HANDED_BACK


def test_before_the_first_screen(gate: Gate, database: Database) -> None:
    with app() as opened:
        opened.wait_for(ON)
        opened.process.terminate()
        assert opened.end() == 143
        opened.wait_for(OFF)
        assert opened.is_restored()
    assert states(database)["a"] == HANDED_BACK


@pytest.mark.full
def test_further_signals_while_it_leaves_change_nothing(gate: Gate, database: Database) -> None:
    with interruptible(signal.SIGHUP), app() as opened:
        asyncio.run(gate.arrived())
        opened.process.terminate()
        opened.wait_for(OFF)  # what is at work is handed back only now
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
            opened.process.send_signal(number)
        assert opened.end() == 143
        assert opened.is_restored()
    assert states(database)["a"] == HANDED_BACK


@pytest.mark.full
def test_a_terminal_that_reads_nothing_keeps_it_from_nothing(
    gate: Gate, database: Database
) -> None:
    with app(is_read=False) as opened:
        opened.wait_until_full("react", "\x15")
        opened.process.terminate()
        assert opened.end() == 143
    assert states(database)["a"] == HANDED_BACK


@pytest.mark.full
def test_a_stopped_app_leaves_when_it_goes_on(gate: Gate, database: Database) -> None:
    with app() as opened:
        asyncio.run(gate.arrived())
        # No shell could continue it after SIGTSTP, which it ignores therefore.
        opened.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, opened.process.pid, os.WSTOPPED)
        opened.process.terminate()
        opened.process.send_signal(signal.SIGCONT)
        assert opened.end() == 143
        assert opened.is_restored()
    assert states(database)["a"] == HANDED_BACK


@pytest.mark.full
def test_a_window_that_closes_without_a_signal_is_noticed(
    gate: Gate, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ignoring(signal.SIGHUP), app() as opened:
        asyncio.run(gate.arrived())
        opened.close()
        assert opened.end() == 129
    assert states(database)["a"] == HANDED_BACK


def test_a_worker_under_nohup_goes_on_and_stops_when_asked(
    cli: Cli, gate: Gate, database: Database
) -> None:
    with ignoring(signal.SIGHUP):
        process = cli.start("worker", "--once")
    asyncio.run(gate.arrived())
    process.send_signal(signal.SIGHUP)
    gate.open()
    code, _out, err = cli.finish(process)
    assert (code, "stopping" in err) == (0, False)
    assert {state[0] for state in states(database).values()} == {"completed"}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_that_waits_for_what_reads_it_leaves_with_its_code(cli: Cli, number: int) -> None:
    """The pipe is full after the first part: nothing of the loop is at work that could hear the signal."""
    script = "import sys; from tgtui.cli import main; import tgtui.cli.root as r; import click\n"
    script += "@r.root.command()\ndef much(): click.echo('x' * 1_000_000)\nsys.argv = ['tgtui', 'much']; main()"
    with (
        interruptible(number),
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.read(1) == "x"
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@contextmanager
def ignoring(number: int) -> Iterator[None]:
    """Programs started here inherit it."""
    kept = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, kept)
