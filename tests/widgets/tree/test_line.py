"""How a node of a tree is written where there is little room."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rich.cells import cell_len

from tests.support.edges import edge, version_id
from tgtui.widgets.tree.detail import Spot, way_to
from tgtui.widgets.tree.line import LineLook, tree_line
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode

LONG = "@babel/plugin-syntax-optional-catch-binding"
RANGE, VERSION = "^7.0.0-beta.1 || ^8.0.0-alpha.1", "7.25.9"


def one(**values: Any) -> tuple[TreeModel, TreeNode]:
    model = TreeModel(version_id("root"))
    model.set_children(None, [edge(LONG, range=RANGE, resolved_version=VERSION, **values)])
    return model, model.rows[0]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (100, f"▶ {LONG} {RANGE} → {VERSION} ~"),
        (80, f"▶ {LONG} ^7.0.0-beta…0.0-alpha.1 → {VERSION} ~"),
        (60, f"▶ @babel/plugin-synta…onal-catch-binding ^7.0…a.1 → {VERSION} ~"),
    ],
)
def test_the_range_gives_way_before_the_name_and_the_version_and_its_marks_stay(
    width: int, shown: str
) -> None:
    line = tree_line(*one(is_optional=True), width, LineLook()).plain
    assert line.startswith(shown[:10])
    assert line == shown


@pytest.mark.parametrize("width", [1, 10, 30, 47, 60, 200])
@pytest.mark.parametrize("name", [LONG, "日本語-パッケージ-とても長い名前の-プラグイン-開発"])
def test_a_line_keeps_to_its_width_at_any_depth(width: int, name: str) -> None:
    model = TreeModel(version_id("root"))
    parent = None
    look = LineLook(brings={version_id(f"{name}{level}"): 12_345 for level in range(60)})
    for level in range(60):
        model.set_children(parent, [edge(f"{name}{level}", range=RANGE)])
        parent = model.rows[-1]
        model.unfold(parent)
    for node in model.rows:
        assert cell_len(tree_line(model, node, width, look).plain) <= max(width, 7)


def test_the_path_to_a_node_leaves_out_what_is_far_from_it() -> None:
    model = TreeModel(version_id("root"))
    names = ["@typescript-eslint/parser", "@typescript-eslint/types", "@babel/traverse", LONG]
    parent = None
    for name in names:
        model.set_children(parent, [edge(name, id=uuid4())])
        parent = model.rows[-1]
        model.unfold(parent)
    spot = Spot(model.rows[-1], model, "eslint-plugin@8.18.2", 0, is_first_place=False)
    whole = " › ".join(["eslint-plugin@8.18.2", *names])
    assert way_to(spot, 200).plain == whole
    assert way_to(spot, 120).plain == (
        f"eslint-plugin@8.18.2 › … 2 more … › @babel/traverse › {LONG}"
    )
    assert way_to(spot, 80).plain == f"eslint-plugin@8.18.2 › … 3 more … › {LONG}"
    assert way_to(spot, 60).plain.endswith("optional-catch-binding")
