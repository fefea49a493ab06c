"""docs/backup.md as it is written: backups that come back, of a file and of a team's PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.pages import ADDRESS, blocks, run, run_for_a_team
from tests.support.postgres import PostgresServer

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


def test_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TGTUI_DATA_DIR", str(tmp_path / "data"))
    said = run(["tgtui db upgrade", *blocks("backup.md")[:2]], tmp_path)
    assert said.splitlines()[-1].startswith("The catalogue is restored.")


def test_of_a_team(
    new_server: PostgresServer,
    fake_registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = blocks("backup.md")
    steps = [
        *blocks("team.md"),
        ours[0].splitlines()[0],  # the folder
        *ours[2:],
        f"tgtui --database postgresql://guy{ADDRESS} tree npm:express",
    ]
    said = run_for_a_team(steps, new_server, fake_registry, tmp_path, monkeypatch)
    assert said.count("express@4.18.1 · npm\n└─ debug ^2 → 2.6.9") == 2
    assert "The backup is complete." in said
