"""The unit file of docs/team.md, as it stands: a worker that a manager starts, asks how it is, and stops."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE_S, Cli
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.team import Team

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's")

PROGRAM = "/usr/local/bin/tgtui"


def unit() -> str:
    (found,) = blocks("team.md", "ini")
    return found


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in unit().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found[name].append(value)
    return found


def test_its_command_works_and_ends_when_the_manager_stops_it(
    bare: Cli, team: Team, tmp_path: Path
) -> None:
    given = settings()
    words = [word for line in given["Environment"] for word in shlex.split(line)]
    environment = dict(word.split("=", 1) for word in words)
    assert "@db.example/" in environment["TGTUI_DATABASE_URL"]
    environment["TGTUI_DATABASE_URL"] = team.url("wren")
    for name in ("TGTUI_DATA_DIR", "TGTUI_CACHE_DIR"):
        environment[name] = f"{tmp_path}{environment[name]}"
    (command,) = given["ExecStart"]
    program, *arguments = shlex.split(command)
    assert program == PROGRAM
    worker = subprocess.Popen(
        [sys.executable, "-m", "tgtui", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + PATIENCE_S
    while bare("--database", team.url("wren"), "worker", "--check").exit_code != 0:
        assert worker.poll() is None
        assert time.monotonic() < until
    worker.send_signal(signal.Signals[given["KillSignal"][0]])
    _out, err = worker.communicate(timeout=PATIENCE_S)
    # With 0 it has not failed, and `Restart=on-failure` leaves it stopped.
    assert worker.returncode == 0
    assert "message=stopped" in err.splitlines()[-1]
    assert bare("--database", team.url("wren"), "worker", "--check").exit_code == 1


def test_a_wrong_setting_ends_with_the_code_that_it_is_not_started_again_for(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = settings()["RestartPreventExitStatus"]
    assert bare("worker", "--concurrency", "0").exit_code == int(code)
    monkeypatch.setenv("PGSSLMODE", "x")
    assert bare("--database", "postgresql://127.0.0.1:1/db", "worker").exit_code == int(code)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_it(tmp_path: Path) -> None:
    file = tmp_path / "tgtui-worker.service"
    file.write_text(unit().replace(PROGRAM, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "tgtui-worker" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
