"""Next to apt's own choice: 540 random packages of a release, recorded by tests/oracle/apt_answers.py,
and some more where apt is on this machine."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.apt_archive import MADE
from tests.support.places import RECORDINGS, TESTS
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.base import DeclaredDependency

RECORDED = RECORDINGS / "apt" / "answers.json.gz"
AGREEMENT = 0.99
EXPLAINED = {
    # Something else the package needs brings a provider (perl, python3), which apt then takes as satisfying it.
    ("dgit", "libdigest-sha-perl"),
    ("dmarcts-report-parser", "libio-socket-ip-perl"),
    ("libjson-maybexs-perl", "libjson-pp-perl"),
    ("libjson-path-perl", "libscalar-list-utils-perl"),
    ("libtest2-plugin-nowarnings-perl", "libtest-simple-perl (>= 1.302167)"),
    ("pinto", "libjson-pp-perl"),
    ("pinto", "libmodule-corelist-perl"),
    ("python3-lazr.restfulclient", "python3-importlib-metadata | python3 (>> 3.8)"),
}
"""Groups where what else is installed decides: that is worked out when a tree is read (`data/graph/choosing/marking.py`)."""


LIVE_PACKAGES, LIVE_SEED = 30, 11
LIVE_AGREEMENT = 0.97
"""Of a hundred groups or so, in which one that apt's state decides weighs a percent."""
SYSTEM_PYTHON = Path("/usr/bin/python3")
"""The one that Debian's python3-apt is for."""


def test_choices_are_apts(tmp_path: Path) -> None:
    recorded: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    groups, differences = compared(recorded, tmp_path)
    assert len(recorded["answers"]) >= 500
    assert differences == EXPLAINED
    assert 1 - len(differences) / groups >= AGREEMENT


@pytest.mark.full
def test_choices_are_those_of_the_apt_of_this_machine(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json.gz"
    oracle = TESTS / "oracle" / "apt_answers.py"
    command = [str(SYSTEM_PYTHON), str(oracle), str(answers), str(LIVE_PACKAGES), str(LIVE_SEED)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("python3-apt, or apt's lists, are not on this machine")
    groups, differences = compared(json.loads(gzip.decompress(answers.read_bytes())), tmp_path)
    assert groups
    assert 1 - len(differences) / groups >= LIVE_AGREEMENT, differences


def compared(recorded: dict[str, Any], folder: Path) -> tuple[int, set[tuple[str, str]]]:
    """How many groups there are, and (package, group) where the index chooses otherwise than apt did."""
    source, target = folder / "Packages", folder / "recorded.index"
    source.write_text(recorded["packages"], encoding="utf-8")
    part = {"path": str(source), "compression": "", "label": "recorded", "sha256": "", "size": 0}
    facts = {"architecture": "amd64", "digest": "d", "suites": '[{"name": "bookworm", "pin": 500}]'}
    build(
        {
            "path": str(target),
            "architecture": "amd64",
            "problems": [],
            "parts": [{**part, "source": 0, "pin": 500}],
            "facts": facts,
        }
    )
    index = AptIndex(target, MADE, recommends=True)
    groups = 0
    differences: set[tuple[str, str]] = set()
    for package, told in recorded["answers"].items():
        for field, text, taken in told:
            asked = DeclaredDependency("apt", package, text, "", "runtime", field)
            (edge,) = index.resolve([asked])
            groups += 1
            agrees = edge.declared.name in taken if taken else edge.version is None
            if not agrees:
                differences.add((package, text))
    index.close()
    return groups, differences
