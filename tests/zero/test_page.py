"""docs/zero.md as it is written: from an empty PostgreSQL to a live query."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.node import Node
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.zero


def test_every_command_of_the_page_works_as_it_stands(
    node: Node, replicated: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = replicated.own_url().port
    monkeypatch.setenv("PGHOST", str(replicated.folder))
    monkeypatch.setenv("PGPORT", str(port))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setattr(pages, "PATIENCE_S", 900)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "node").symlink_to(node.program)
    (programs / "psql").symlink_to(replicated.programs / "psql")
    # What npm would install, the group has installed from the same list.
    (programs / "npm").write_text(f'#!/bin/sh\nln -s "{node.modules}" node_modules\n')
    (programs / "npm").chmod(0o755)
    here = f"@127.0.0.1:{port}/techgarden"
    steps = [step.replace(pages.ADDRESS, here) for step in pages.blocks("zero.md")]
    ended = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"  # also where a step fails
    said = pages.run([ended, *steps], tmp_path / "page", programs)
    answers = [json.loads(line) for line in said.splitlines() if line.startswith('{"')]
    nobody, found, asked, mine, package = answers
    assert nobody == {"accountID": None}
    assert [each["name"] for each in found["data"]] == ["express"]
    assert asked["outcome"] == "new"
    (chain,) = mine["data"]
    assert chain["members"][0]["request"]["packageName"] == "koa"
    assert (package["type"], package["data"]["name"]) == ("complete", "express")
    assert "tgtui_zero now publishes these 10 tables." in said
