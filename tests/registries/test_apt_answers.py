"""Next to apt's own choice: 540 random packages of a release, recorded by tests/oracle/apt_answers.py."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tests.support.apt_archive import MADE
from tgtui.registries.apt_build import build
from tgtui.registries.apt_index import AptIndex
from tgtui.registries.base import DeclaredDependency

RECORDED = Path(__file__).parents[1] / "recordings" / "apt" / "answers.json.gz"
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
    # Providers of equal rank, one of which another dependency brings.
    ("php8.2-ast", "phpapi-20220829"),
}
"""Groups where apt's state decides, which a catalogue does not have."""


def test_choices_are_apts(tmp_path: Path) -> None:
    recorded: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    source, target = tmp_path / "Packages", tmp_path / "recorded.index"
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
    assert len(recorded["answers"]) >= 500
    assert differences == EXPLAINED
    assert 1 - len(differences) / groups >= AGREEMENT
