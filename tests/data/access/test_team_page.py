"""docs/team.md as it is written: from an empty PostgreSQL to three people and a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tests.support.pages import blocks, run_for_a_team
from tests.support.postgres import PostgresServer


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
    said = run_for_a_team(blocks("team.md"), empty_server, fake_registry, tmp_path, monkeypatch)
    assert "bob" in said
    assert "anonymous, authenticated (enforced by the database)" in said
    assert "npm:express is already queued" in said  # a new catalogue has asked for it
    assert "express@4.18.1 · npm\n└─ debug ^2 → 2.6.9" in said
