"""Bills of materials: as the format's own library has them, and no slower than the tree grows."""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from msgspec.structs import replace

from tests.support.outlines import edge, made_up_tree
from tgtui.basics import clock
from tgtui.data.graph.outline import Outline
from tgtui.data.graph.weighing import NOTHING_WEIGHED, Weighed
from tgtui.data.views.advisories import Finding
from tgtui.data.views.edges import TreeTotals
from tgtui.data.views.facts import VersionFacts
from tgtui.output.trees import cyclonedx
from tgtui.output.trees import json as plain
from tgtui.output.trees.tree import ExportedTree
from tgtui.registries.base import Facts
from tgtui.syntax.advisories.ranks import HIGH
from tgtui.syntax.licences import read_licence


def bill_of(tree: ExportedTree) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(cyclonedx.write(tree)))
    return found


def calls(writer: Any, packages: int) -> int:
    """Of Python and C functions while a tree is written."""
    tree = made_up_tree(packages)
    count = 0

    def tell(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    kept = sys.getprofile()
    sys.setprofile(tell)
    try:
        for _line in writer.write(tree):
            pass
    finally:
        sys.setprofile(kept)
    return count


@pytest.mark.parametrize("packages", [1, 2, 60])
def test_the_library_reads_it_and_writes_the_same(packages: int) -> None:
    bill = bill_of(made_up_tree(packages))
    assert len(bill["dependencies"]) == packages
    read = Bom.from_json(bill)  # type: ignore[attr-defined]
    outputter = make_outputter(read, OutputFormat.JSON, SchemaVersion.V1_6)
    again = json.loads(outputter.output_as_string())
    del bill["compositions"]  # which the library does not know
    assert again == bill


def test_the_work_grows_as_the_tree_does() -> None:
    calls(cyclonedx, 2)  # imports
    small, large = calls(cyclonedx, 100), calls(cyclonedx, 800)
    assert large < 8.5 * small
    assert large < 6 * calls(plain, 800)


def test_names_that_are_cleaned_to_the_same_stay_two_components() -> None:
    ids = [UUID(int=number) for number in range(3)]
    edges = {
        ids[0]: tuple(edge(f"b{sign}", id) for sign, id in zip("\x1b\x07", ids[1:], strict=True))
    }
    totals = TreeTotals(3, 1, 0, 0, 0, 0, 0)
    outline = Outline(ids[0], edges, {id: int(id.int > 0) for id in ids}, totals, frozenset())
    bill = bill_of(ExportedTree("npm", "a", "1.0.0", outline, None, clock.now()))
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(set(references)) == 2
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert needs["npm:a@1.0.0"] == sorted(references)
    assert bill["compositions"] == [
        {"aggregate": "complete", "dependencies": sorted(["npm:a@1.0.0", *references])}
    ]


def test_a_flaw_is_one_vulnerability_with_all_that_it_affects() -> None:
    tree = made_up_tree(3)
    ids = list(tree.outline.levels)
    findings = {
        id: (Finding(id, "GHSA-1", ("GHSA-1",), HIGH, 7.5, "Bad", aliases=("CVE-1",)),)
        for id in ids[1:]
    }
    bill = bill_of(replace(tree, outline=replace(tree.outline, findings=findings)))
    assert bill["vulnerabilities"] == [
        {
            "affects": [{"ref": "npm:package-1@1.0.0"}, {"ref": "npm:package-2@1.0.0"}],
            "id": "GHSA-1",
            "ratings": [{"severity": "high", "score": 7.5}],
            "source": {"name": "OSV", "url": "https://osv.dev"},
            "references": [{"id": "CVE-1", "source": {"name": "OSV", "url": "https://osv.dev"}}],
            "description": "Bad",
        }
    ]
    assert Bom.from_json(bill).vulnerabilities  # type: ignore[attr-defined]


def test_licences_are_as_the_library_would_write_them() -> None:
    tree = made_up_tree(4)
    ids = list(tree.outline.levels)
    said = ("MIT", "(MIT OR Apache-2.0)", "SEE LICENSE IN x", "LicenseRef-Foo")
    facts = {
        id: VersionFacts(id, read_licence(words), None, None, None, False, Facts())
        for id, words in zip(ids, said, strict=True)
    }
    weighed = Weighed(NOTHING_WEIGHED.closure, facts, NOTHING_WEIGHED.platform)
    bill = bill_of(replace(tree, outline=replace(tree.outline, weighed=weighed)))
    licences = [bill["metadata"]["component"]["licenses"]]
    licences += [part["licenses"] for part in bill["components"]]
    assert licences == [
        [{"license": {"id": "MIT"}}],
        [{"expression": "(MIT OR Apache-2.0)"}],
        [{"license": {"name": "SEE LICENSE IN x"}}],
        [{"expression": "LicenseRef-Foo"}],
    ]
    outputter = make_outputter(
        Bom.from_json(bill),  # type: ignore[attr-defined]
        OutputFormat.JSON,
        SchemaVersion.V1_6,
    )
    again = json.loads(outputter.output_as_string())
    assert [part["licenses"] for part in again["components"]] == licences[1:]
