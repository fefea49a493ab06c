"""Completion as people have it: a shell on a terminal, letters and a press of tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE_S, Cli
from tests.support.places import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX on a pseudo-terminal")

EXECUTE = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(tgtui completion bash)"'),
    "zsh": (
        ["-f", "-i"],
        'autoload -U compinit && compinit -u -D && eval "$(tgtui completion zsh)"',
    ),
    "fish": (["--no-config", "-i"], "tgtui completion fish | source"),
}
"""Arguments of each, without a person's own configuration, and what turns the completion on."""
START, TAB = "\x01", "\t"
TYPED = {
    "work": "worker",
    "requests --sta": "requests --status",
    "requests --status fai": "requests --status failed",
    "requests --status=fai": "requests --status=failed",
    "tree npm:@babel/core@7.0.0 --form": "tree npm:@babel/core@7.0.0 --format",
    "--database postgresql://me@host/db sear": "--database postgresql://me@host/db search",
    "tags exp": "tags export",
    "help tags exp": "help tags export",
    "import br": "import brew",
    "completion fi": "completion fish",
    "--config my-set": "--config my-settings.toml",
    "--config=my-set": "--config=my-settings.toml",
    "--data-dir my-fol": "--data-dir my-folder",
}
"""Each has one completion, which tab writes."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With `tgtui` in the search path, a settings file and a folder."""
    program = tmp_path / "bin" / "tgtui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tgtui "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    place = tmp_path / "here"
    (place / "my-folder").mkdir(parents=True)
    (place / "my-settings.toml").touch()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return place


def asked(shell: str, line: str, **more: str) -> list[str]:
    """What tgtui answers a shell, line by line."""
    environment = {**os.environ, "_TGTUI_COMPLETE": f"{shell}_complete", **more}
    environment |= {"COMP_LINE": line, "COMP_WORDBREAKS": " \t\n\"'@><=;|&(:"}
    done = subprocess.run(
        [sys.executable, "-m", "tgtui"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout.splitlines()


@posix
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_values_and_files(folder: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    from tests.support.terminal import window

    arguments, turns_on = SHELLS[shell]
    with window("-c", EXECUTE, shell, *arguments) as opened:
        opened.press(f"cd '{folder}'; {turns_on}; printf '%s%s\\n' rea dy\r")
        opened.wait_for("ready")
        for typed, whole in TYPED.items():
            # Then the whole line is an argument of printf, which shows what the shell made of it.
            opened.press(f"tgtui {typed}{TAB}{START}printf '[%s]' \r")
            # Behind a folder's name zsh takes the slash away again.
            opened.wait_for("][".join(("[tgtui", *whole.split(" "))))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("tgtui requests --status=fai", ["plain,failed"]),
        ("tgtui requests --status ", None),
        ("tgtui search 'a b", []),
        ("tgtui nonsense --nothing", []),
    ],
)
def test_bash_is_told_what_follows_the_signs_it_splits_at(
    line: str, answer: list[str] | None
) -> None:
    found = asked("bash", line)
    if answer is None:
        assert "plain,failed" in found
        assert "plain,completed" in found
    else:
        assert [each for each in found if each] == answer


def test_what_a_shell_does_not_know_is_no_start_of_the_app() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tgtui"],
        cwd=ROOT,
        env={**os.environ, "_TGTUI_COMPLETE": "nonsense"},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed(bare: Cli, shell: str) -> None:
    assert "_TGTUI_COMPLETE" in bare("completion", shell).stdout
