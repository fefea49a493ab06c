"""ctrl+z, fg and stops from outside, in a shell with job control; and terminals that can't show screens."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Cli, interruptible

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from tests.support.terminal import PATIENCE_S, Window, window

pytestmark = pytest.mark.full_on("postgresql")

EXECUTE = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
ON, OFF = "\x1b[?1049h", "\x1b[?1049l"
RAW = "\x1b[?2004h"
"""From here on keys are the app's, and no longer the terminal's own."""
CTRL_Z = "\x1a"
SHOWN = " Search "
"""In the first paint, and whenever all is painted."""


@pytest.fixture
def shell(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """In which the app is shown."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    monkeypatch.setenv("TERM", "xterm-256color")
    with interruptible(), window("-c", EXECUTE, "bash", "--norc", "--noprofile", "-i") as opened:
        opened.press(f"set -b; (echo pid=$BASHPID. ; exec '{sys.executable}' -m tgtui)\r")
        opened.wait_for(SHOWN)
        yield opened


def process_of(shell: Window) -> int:
    """The app's number."""
    found = re.search(r"pid=(\d+)\.", shell.written)
    assert found is not None
    return int(found[1])


def shows_again(shell: Window) -> None:
    """All that is painted, on a terminal that was taken again."""
    for text in (ON, RAW, SHOWN):
        shell.wait_for(text)
        shell.forget(text)


def test_ctrl_z_goes_to_the_shell_and_fg_comes_back(shell: Window) -> None:
    for _ in range(2):
        shell.forget()
        shell.press(CTRL_Z)
        shell.wait_for_written("Stopped")
        assert OFF in shell.written
        assert "\x1b[<u" in shell.written
        shell.forget()
        shell.press("fg\r")
        shows_again(shell)
    shell.forget()
    shell.press("\x11")
    shell.wait_for(OFF)
    shell.press("echo left=$?.\r")
    shell.wait_for("left=0.")


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP], ids=lambda each: each.name)
def test_a_stop_from_outside_is_painted_again(shell: Window, number: signal.Signals) -> None:
    process = process_of(shell)
    shell.forget()
    os.kill(process, number)
    shell.wait_for_written("Stopped")
    shell.forget()
    shell.press("fg\r")
    shows_again(shell)


def test_continued_in_the_background_it_leaves_the_terminal_alone(shell: Window) -> None:
    shell.press(CTRL_Z)
    shell.wait_for_written("Stopped")
    shell.forget()
    # It stops again as soon as it would change the terminal.
    shell.press("bg\r")
    shell.wait_for_written("Stopped")
    assert ON not in shell.written
    shell.forget()
    shell.press("fg\r")
    shows_again(shell)


def test_without_a_shell_to_go_to_it_stays(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with interruptible(), window("-m", "tgtui") as opened:
        opened.wait_for(SHOWN)
        opened.forget()
        opened.press(CTRL_Z)
        shows_again(opened)
        opened.press("\x11")
        assert opened.end() == 0


@pytest.mark.parametrize("terminal", ["dumb", "unknown"])
def test_a_terminal_without_a_cursor_gets_a_sentence(
    bare: Cli, monkeypatch: pytest.MonkeyPatch, terminal: str
) -> None:
    monkeypatch.setenv("TERM", terminal)
    with window("-m", "tgtui") as opened:
        assert opened.process.wait(PATIENCE_S) == 2
        opened.wait_for(f"TERM is {terminal}")
        assert "\x1b" not in opened.written
        assert len(opened.written.splitlines()) == 1
