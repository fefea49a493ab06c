"""The dependency tree's model: what is visible, what is marked, and what survives a change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.edges import edge, missing, unresolved, version_id
from tgtui.data.views.edges import Edge
from tgtui.output.marks import Mark
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode, visible_below

ROOT = version_id("root")


def tree(*edges: Edge) -> TreeModel:
    model = TreeModel(ROOT)
    model.set_children(None, edges)
    return model


def names(model: TreeModel) -> list[str]:
    return [f"{'-' * node.level}{node.edge.name}" for node in model.rows]


def row(model: TreeModel, name: str) -> TreeNode:
    return next(node for node in model.rows if node.edge.name == name)


def grow(model: TreeModel, name: str, *edges: Edge) -> TreeNode:
    node = row(model, name)
    assert model.unfold(node)
    model.set_children(node, edges)
    return node


def test_children_appear_below_their_parent_and_go_with_it() -> None:
    model = tree(edge("a"), edge("b"))
    a = grow(model, "a", edge("c"), edge("d", 0))
    grow(model, "c", edge("e", 0))
    assert names(model) == ["a", "-c", "--e", "-d", "b"]
    model.fold(a)
    assert names(model) == ["a", "b"]


def test_what_was_open_below_a_folded_node_is_open_again() -> None:
    model = tree(edge("a"), edge("b"))
    a = grow(model, "a", edge("c"))
    grow(model, "c", edge("e", 0))
    model.fold(a)
    assert not model.unfold(a), "nothing has to be read again"
    assert names(model) == ["a", "-c", "--e", "b"]


def test_children_that_arrive_after_the_node_was_folded_stay_hidden() -> None:
    model = tree(edge("a"))
    a = row(model, "a")
    model.unfold(a)
    model.fold(a)
    model.set_children(a, [edge("b", 0)])
    assert names(model) == ["a"]
    assert not model.unfold(a)
    assert names(model) == ["a", "-b"]


def test_a_second_place_of_a_version_is_a_repeat_that_cannot_be_unfolded() -> None:
    model = tree(edge("a"), edge("shared"))
    grow(model, "a", edge("shared"))
    second, first = row(model, "shared"), model.rows[2]
    assert model.marks(second) == [Mark.REPEATED]
    assert model.marks(first) == []
    assert not model.can_unfold(second)
    assert model.first_place(second) is first


def test_another_version_of_a_package_is_no_repeat() -> None:
    model = tree(edge("a"), edge("shared"))
    grow(model, "a", edge("shared", resolved_version_id=version_id("shared 2")))
    assert [model.marks(node) for node in model.rows] == [[], [], []]


def test_when_the_first_place_goes_the_next_takes_over() -> None:
    model = tree(edge("a"), edge("shared"))
    grow(model, "a", edge("shared"))
    model.set_children(None, [edge("a")])
    (second,) = (node for node in model.rows if node.edge.name == "shared")
    assert model.marks(second) == []
    assert model.can_unfold(second)


def test_a_version_that_stands_above_itself_is_a_cycle_back_to_that_ancestor() -> None:
    model = tree(edge("a"))
    a = grow(model, "a", edge("b"))
    grow(model, "b", edge("a"))
    again = model.rows[2]
    assert model.marks(again) == [Mark.CYCLE]
    assert not model.can_unfold(again)
    assert model.first_place(again) is a


def test_a_dependency_on_the_root_itself_is_a_cycle_without_a_row_to_go_to() -> None:
    model = tree(edge("root"))
    assert model.marks(model.rows[0]) == [Mark.CYCLE]
    assert model.first_place(model.rows[0]) is None


def test_a_dependency_on_itself_is_a_cycle() -> None:
    model = tree(edge("a"))
    a = grow(model, "a", edge("a"))
    assert model.marks(model.rows[1]) == [Mark.CYCLE]
    assert model.first_place(model.rows[1]) is a


@pytest.mark.parametrize(
    ("given_edge", "marks"),
    [
        (missing("x"), [Mark.MISSING]),
        (unresolved("x"), [Mark.UNRESOLVED]),
        (missing("x", resolved_version="git+ssh://host/x.git"), [Mark.EXTERNAL]),
        (edge("x", type="optional", is_optional=True), [Mark.OPTIONAL]),
        (edge("x", type="peer"), [Mark.PEER]),
        (edge("x", is_yanked=True), [Mark.DEPRECATED]),
        (missing("x", type="optional", is_optional=True), [Mark.MISSING, Mark.OPTIONAL]),
    ],
)
def test_each_state_of_an_edge_has_its_mark(given_edge: Edge, marks: list[Mark]) -> None:
    model = tree(given_edge)
    assert model.marks(model.rows[0]) == marks
    assert model.marks_to_explain(model.rows) == set(marks)


def test_only_what_may_have_children_can_be_unfolded() -> None:
    not_loaded = edge("unknown", 0, is_loaded=False)
    model = tree(edge("some", 3), edge("none", 0), not_loaded, missing("gone"), unresolved("bad"))
    assert [model.can_unfold(node) for node in model.rows] == [True, False, True, False, False]


def test_the_same_edges_again_change_nothing() -> None:
    model = tree(edge("a"), edge("b"))
    before = list(model.rows)
    assert not model.set_children(None, [edge("a"), edge("b")])
    assert model.rows == before


def test_nodes_that_remain_keep_what_is_open_below_them() -> None:
    model = tree(edge("a"), edge("c"))
    a = grow(model, "a", edge("x", 0))
    assert model.set_children(None, [replace(edge("a"), is_yanked=True), edge("b"), edge("c")])
    assert names(model) == ["a", "-x", "b", "c"]
    assert model.rows[0] is a


def test_a_missing_node_that_was_stored_is_the_same_node_and_can_be_unfolded() -> None:
    model = tree(missing("a"), edge("b"))
    a = row(model, "a")
    model.set_children(None, [edge("a"), edge("b")])
    assert model.rows[0] is a
    assert model.can_unfold(a)


def test_a_node_that_resolves_to_another_version_starts_folded() -> None:
    model = tree(edge("a"), edge("b"))
    grow(model, "a", edge("x", 0))
    newer = replace(edge("a"), resolved_version="2.0.0", resolved_version_id=version_id("a 2"))
    model.set_children(None, [newer, edge("b")])
    assert names(model) == ["a", "b"]
    assert model.unfold(row(model, "a"))


def test_levels_are_unfolded_one_at_a_time_and_folded_the_deepest_first() -> None:
    model = tree(edge("a"), edge("b"))
    model.set_many((node, [edge(f"{node.edge.name}1")]) for node in model.unfold_many(model.rows))
    assert names(model) == ["a", "-a1", "b", "-b1"]
    assert [node.edge.name for node in model.next_level()] == ["a1", "b1"]
    model.set_many((node, [edge("leaf", 0)]) for node in model.unfold_many(model.next_level()))
    model.fold_deepest()
    assert names(model) == ["a", "-a1", "b", "-b1"]
    model.fold_deepest()
    assert names(model) == ["a", "b"]


def test_a_node_that_is_folded_away_can_be_revealed() -> None:
    model = tree(edge("a"))
    a = grow(model, "a", edge("b"))
    grow(model, "b", edge("c", 0))
    deep = row(model, "c")
    model.fold(a)
    assert model.position(deep) is None
    assert model.nearest_visible(deep) is a
    model.reveal(deep)
    assert model.position(deep) == 2


def test_a_chain_of_three_thousand_is_walked_without_recursion() -> None:
    model = tree(edge("0"))
    node = model.rows[0]
    for level in range(1, 3000):
        model.unfold(node)
        model.set_children(node, [edge(str(level))])
        node = model.rows[-1]
    assert node.level == 2999
    model.fold(model.rows[0])
    assert len(model.rows) == 1
    model.reveal(node)
    assert len(model.rows) == 3000


@given(st.lists(st.tuples(st.sampled_from("ufs"), st.integers(0, 40), st.integers(0, 5))))
def test_rows_are_always_what_is_open_in_order(steps: list[tuple[str, int, int]]) -> None:
    model = tree(*(edge(f"n{i}") for i in range(4)))
    for step, index, count in steps:
        node = model.rows[index % len(model.rows)]
        if step == "u":
            model.unfold(node)
        elif step == "f":
            model.fold(node)
        else:
            model.set_children(node, [edge(f"n{(index + i) % 12}") for i in range(count)])
        assert model.rows == list(visible_below(model.top or ()))
        for shown in model.rows:
            place = model.first_place(shown)
            assert place is None or place.edge.resolved_version_id == shown.edge.resolved_version_id
            assert not (shown.is_open and model.is_repeated(shown))
            model.marks(shown)
        if not model.rows:
            break
