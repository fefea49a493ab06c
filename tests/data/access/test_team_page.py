"""docs/team.md as it is written: from an empty PostgreSQL to three people and a worker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.places import ROOT
from tests.support.postgres import PostgresServer

PAGE = ROOT / "docs" / "team.md"
ADDRESS = "@db.example/techgarden"
PATIENCE_S = 120
"""After so long the test fails instead of hanging."""


@pytest.fixture
def empty_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of its own, on which nobody ever made a role."""
    server = PostgresServer.create()
    yield server
    server.stop()


@pytest.mark.pg15
@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="the page is for a shell")
def test_every_command_of_the_page_works_as_it_stands(
    empty_server: PostgresServer,
    fake_registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_registry.add_package("express", {"4.18.1": {"dependencies": {"debug": "^2"}}})
    fake_registry.add_package("debug", {"2.6.9": {}})
    empty_server.own_url()
    command = tmp_path / "bin" / "tgtui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tgtui "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{empty_server.programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PGHOST", str(empty_server.folder))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGOPTIONS", "-c client_min_messages=warning")
    monkeypatch.setenv("TGTUI_NPM_REGISTRY", fake_registry.url)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    script = "set -eu\n" + "\n".join(blocks).replace(
        ADDRESS, f"@/techgarden?host={empty_server.folder}"
    )
    assert "db.example" not in script
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bob" in done.stdout
    assert "anonymous, authenticated (enforced by the database)" in done.stdout
    assert "npm:express is already queued" in done.stdout  # a new catalogue has asked for it
    assert "express@4.18.1 · npm\n└─ debug ^2 → 2.6.9" in done.stdout
