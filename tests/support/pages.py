"""Pages of docs/ as they are written: their commands run in a shell, against a PostgreSQL of the test's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.places import ROOT
from tests.support.postgres import PostgresServer

ADDRESS = "@db.example/techgarden"
"""Of the server in the pages."""
PATIENCE_S = 300
"""After so long the test fails instead of hanging."""


def blocks(page: str, language: str = "sh") -> list[str]:
    """What the page has between its fences of this language."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def run(steps: Sequence[str], folder: Path, programs: Path | None = None) -> str:
    """What these commands said, whose `tgtui` is this one and whose other programs are in `programs`. AssertionError."""
    command = folder / "bin" / "tgtui"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tgtui "$@"\n')
    command.chmod(0o755)
    path = [command.parent, *([programs] if programs else []), os.environ["PATH"]]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eu", *steps])],
        cwd=ROOT,
        env={**os.environ, "PATH": ":".join(map(str, path))},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_for_a_team(
    steps: Sequence[str],
    server: PostgresServer,
    registry: FakeRegistry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The same on this server, on which `express` and what it needs can be fetched."""
    registry.add_package("express", {"4.18.1": {"dependencies": {"debug": "^2"}}})
    registry.add_package("debug", {"2.6.9": {}})
    server.own_url()
    monkeypatch.setenv("PGHOST", str(server.folder))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("TGTUI_NPM_REGISTRY", registry.url)
    monkeypatch.setenv("TGTUI_PYPI_INDEX", f"{registry.url}/simple/")
    here = [step.replace(ADDRESS, f"@/techgarden?host={server.folder}") for step in steps]
    assert not any("db.example" in step for step in here)
    return run(here, folder, server.programs)
