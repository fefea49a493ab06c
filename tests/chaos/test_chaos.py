"""The short form of the script: each kind of fault once or twice on a small closure, with --full on both databases."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.chaos import disk
from tests.chaos.runs import SCENARIOS, databases_of, run
from tests.support.places import ROOT
from tests.support.postgres import Databases

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

SEED = 20_261
BY_DEFAULT = ("kill", "sqlite")
"""The others run in full only."""
ROUNDS = {"kill": 2, "cut": 2}
"""Of the others one."""
SIZES = {"packages": 24, "workers": 2}
MUST_HAPPEN = {
    "kill": ["kills", "taken over"],
    "stop": ["stopped with claims", "back, not counted"],
    "pause": ["paused past the lease", "taken over"],
    "registry": ["back, counted"],
    "crowd": ["asked"],
}
"""Without which a run would have proved nothing. What else happens is a matter of moments."""


@pytest.mark.parametrize(
    ("scenario", "database"),
    [
        pytest.param(
            scenario,
            database,
            marks=() if (scenario, database) == BY_DEFAULT else pytest.mark.full,
        )
        for scenario in SCENARIOS
        if scenario != "full"
        for database in databases_of(scenario, "both")
    ],
)
def test_nothing_is_lost(scenario: str, database: str, request: pytest.FixtureRequest) -> None:
    databases: Databases | None = None
    if database == "postgresql":
        databases = request.getfixturevalue("postgres_databases")
    report = run(
        scenario,
        database,
        seed=SEED,
        rounds=ROUNDS.get(scenario, 1),
        is_patient=False,
        databases=databases,
        **SIZES,
    )
    assert report.problems == [], f"the logs are in {report.folder}"
    assert all(report.figures[name] for name in MUST_HAPPEN.get(scenario, [])), report.figures


@pytest.mark.full
def test_nothing_is_lost_on_a_full_disk() -> None:
    if isinstance(why_not := disk.namespace(), str):
        pytest.skip(why_not)
    command = [sys.executable, "-m", "tests.chaos", "full", "--database", "sqlite"]
    sizes = {"seed": SEED, "rounds": 1, **SIZES}
    options = [word for name, number in sizes.items() for word in (f"--{name}", str(number))]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "held" in done.stdout
