"""A fifth registry comes with one module, one line and one migration (docs/adding-a-registry.md)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.cli.conftest import PATIENCE_S, Cli
from tests.support import rows
from tests.support.file_server import FileServer
from tests.support.places import ROOT
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import WRITES
from tgtui.data.upkeep.admitting import admit_registries
from tgtui.registries.base import REGISTRIES

pytestmark = pytest.mark.full_on("postgresql")

TOY = {
    "shed": {"1.0.0": {}, "2.0.0": {"rake": "^1"}},
    "rake": {"1.0.0": {}, "1.5.0": {"handle": "3"}},
    "handle": {"3.0.0": {}},
}


def admit(database: Database, *names: str) -> None:
    engine = database.engine.execution_options(**{WRITES: True})
    with engine.begin() as connection:
        admit_registries(connection, names)


def toy(*args: str) -> str:
    """What tgtui with the fifth registry prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.toy_program", *args],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_toy_registry_works_like_the_others(
    cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_now(rows.add_package, "old")
    admit(database, *REGISTRIES, "toy")
    files = {f"/{name}.json": json.dumps({"versions": v}).encode() for name, v in TOY.items()}
    with FileServer(files) as server:
        monkeypatch.setenv("TOY_REGISTRY", server.url)
        assert "2 packages it depends on are in the catalogue" in toy("ask", "toy:shed", "--wait")
    tree = toy("tree", "toy:shed")
    assert "rake ^1 → 1.5.0" in tree
    assert "handle 3 → 3.0.0" in tree
    assert "Needs (1)" in toy("show", "toy:shed")
    found = json.loads(toy("search", "toy: shed", "--json"))
    assert [row["name"] for row in found["packages"]] == ["shed"]
    # What was there is there, and is still found.
    assert cli.json("search", "old")["packages"][0]["name"] == "old"


def test_the_schema_admits_what_a_migration_names_and_nothing_else(database: Database) -> None:
    with pytest.raises(IntegrityError):
        database.write_now(rows.add_package, "shed", "toy")
    admit(database, *REGISTRIES, "toy")
    database.write_now(rows.add_package, "shed", "toy")
    with pytest.raises(IntegrityError):
        database.write_now(rows.add_package, "shed", "other")
    with database.engine.connect() as connection:
        searched = "SELECT count(*) FROM package_search WHERE registry = 'toy'"
        assert connection.execute(text(searched)).scalar_one() == 1
    with pytest.raises(ValueError, match="rust'"):
        admit(database, "rust'); --")
