"""The tree is what npm would take, edge by edge: real documents, and the answers npm's own modules gave on them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tests.support.places import RECORDINGS

pytestmark = pytest.mark.full_on("postgresql")

RECORDING = RECORDINGS / "npm_trees.json.gz"
RECORDED: dict[str, Any] = json.loads(gzip.decompress(RECORDING.read_bytes()))


@pytest.mark.parametrize("root", sorted(RECORDED["trees"]))
def test_every_edge_is_npms_own_choice_once_all_is_there(
    cli: Cli, fake_registry: FakeRegistry, root: str
) -> None:
    for document in RECORDED["documents"].values():
        fake_registry.add_document(document["name"], document)
    assert cli("ask", f"npm:{root}", "--wait").exit_code == 0
    found = cli.json("tree", f"npm:{root}")
    assert found["totals"]["not_loaded"] == found["totals"]["missing"] == 0
    ours = {
        package["package"].removeprefix("npm:"): sorted(
            [e["alias"] or e["name"], e["range"], e["type"], f"{e['name']}@{e['resolved']}"]
            for e in package["dependencies"]
        )
        for package in found["packages"]
    }
    expected = RECORDED["trees"][root]
    assert found["root"] == f"npm:{expected['root']}"
    assert ours == {name: sorted(edges) for name, edges in expected["edges"].items()}
