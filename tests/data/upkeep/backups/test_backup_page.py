"""docs/backup.md as it is written: backups that come back, of a file and of a team's PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.access.test_team_page import ADDRESS
from tests.support.fake_registry import FakeRegistry
from tests.support.places import ROOT
from tests.support.postgres import PostgresServer

PATIENCE_S = 300
"""After so long the test fails instead of hanging."""

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(os.name == "nt", reason="the page is for a shell"),
]


@pytest.fixture
def new_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of its own: databases are renamed."""
    server = PostgresServer.create()
    yield server
    server.stop()


def blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def run(script: str, programs: Path, folder: Path) -> str:
    command = folder / "bin" / "tgtui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tgtui "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f"set -eu\n{script}"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{command.parent}:{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TGTUI_DATA_DIR", str(tmp_path / "data"))
    script = "\n".join(["tgtui db upgrade", *blocks("backup.md")[:2]])
    said = run(script, tmp_path, tmp_path)
    assert said.splitlines()[-1].startswith("The catalogue is restored.")


def test_of_a_team(
    new_server: PostgresServer,
    fake_registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_registry.add_package("express", {"4.18.1": {"dependencies": {"debug": "^2"}}})
    fake_registry.add_package("debug", {"2.6.9": {}})
    new_server.own_url()
    monkeypatch.setenv("PGHOST", str(new_server.folder))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGOPTIONS", "-c client_min_messages=warning")
    monkeypatch.setenv("TGTUI_NPM_REGISTRY", fake_registry.url)
    ours = blocks("backup.md")
    steps = [
        *blocks("team.md"),
        ours[0].splitlines()[0],  # the folder
        *ours[2:],
        f"tgtui --database postgresql://guy{ADDRESS} tree npm:express",
    ]
    script = "\n".join(steps).replace(ADDRESS, f"@/techgarden?host={new_server.folder}")
    said = run(script, new_server.programs, tmp_path)
    assert said.count("express@4.18.1 · npm\n└─ debug ^2 → 2.6.9") == 2
    assert "The backup is complete." in said
