"""The clients of lock files, each installed once beside the environment, for tests that run with `--clients`.

Packages come from where the user's own npm and pip find them. What can't be had skips its tests, with a word.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from fasteners import InterProcessLock  # type: ignore[import-untyped]
from msgspec import Struct

from tests.support.isolation import NO_PIP

PLACE = Path(sys.prefix) / "tgtui-clients"
"""`dev.py clean` removes it with the environment."""
FROM_NPM: Mapping[str, tuple[str, str]] = {
    "npm": ("npm@11.19.1", "npm/bin/npm-cli.js"),
    "pnpm": ("pnpm@12.21.0", ".bin/pnpm"),
    "yarn": ("yarn@1.22.22", "yarn/bin/yarn.js"),
    "berry": ("@yarnpkg/cli-dist@4.18.1", "@yarnpkg/cli-dist/bin/yarn.js"),
    "bun": ("bun@1.4.5", ".bin/bun"),
    "deno": ("deno@2.9.6", ".bin/deno"),
}
"""What is installed, and the program in node_modules."""
FROM_PIP: Mapping[str, str] = {"uv": "uv==0.13.9", "poetry": "poetry==2.5.1"}
WAIT_S = 300


class Client(Struct, frozen=True):
    """A program that locks, and lists what is locked."""

    name: str
    command: tuple[str, ...]

    def run(self, folder: Path, *args: str, may_fail: bool = False) -> str:
        """What it prints; AssertionError with all it said if it fails."""
        environment = {
            **_environment(),
            "DENO_DIR": str(folder / ".deno"),
            "CI": "1",
            "NO_COLOR": "1",
            "UV_SYSTEM_CERTS": "1",
            "UV_NATIVE_TLS": "1",
            "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",
            "YARN_ENABLE_TELEMETRY": "false",
        }
        done = subprocess.run(
            [*self.command, *args],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
        assert may_fail or done.returncode == 0, (done.stdout + done.stderr)[-2_000:]
        return done.stdout


GetClient = Callable[[str], Client]


@pytest.fixture(scope="session")
def client() -> GetClient:
    """Installed on first use."""
    return _client


def _client(name: str) -> Client:
    if os.name == "nt":
        pytest.skip("the clients are tried on POSIX only")
    folder = PLACE / name
    folder.mkdir(parents=True, exist_ok=True)
    if name in FROM_PIP:
        program = folder / "bin" / name
        with InterProcessLock(folder / "lock"):
            if not program.exists():
                _fetch(name, folder, [sys.executable, "-m", "venv", str(folder)])
                pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
                _fetch(name, folder, [*pip, FROM_PIP[name]])
        return Client(name, (str(program),))
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"{name} is fetched with npm, which is not installed here")
    package, path = FROM_NPM[name]
    program = folder / "node_modules" / path
    with InterProcessLock(folder / "lock"):
        if not program.exists():
            (folder / "package.json").write_text("{}", encoding="utf-8")
            quiet = ("--no-audit", "--no-fund", "--no-progress")
            _fetch(name, folder, ["npm", "install", *quiet, package])
    return Client(name, ("node", str(program)) if path.endswith(".js") else (str(program),))


def _fetch(name: str, folder: Path, command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[-300:]
        pytest.skip(f"{name} can't be had here: {said}")


def _environment() -> dict[str, str]:
    """With the user's own home: npm and pip read there where packages are."""
    own = {name: each for name, each in os.environ.items() if name not in NO_PIP}
    return {**own, "HOME": pwd.getpwuid(os.getuid()).pw_dir}
