"""What drawings of the closure share: nodes by number, arrows between them, each version once."""

from __future__ import annotations

from msgspec import Struct

from tgtui.basics.text import clean
from tgtui.output.ranges import asks
from tgtui.output.trees.tree import ExportedTree, full_name

WITHDRAWN_COLOR = "#d97706"
"""Of the box of a deprecated or yanked version."""


class Node(Struct, frozen=True):
    """A version, or a placeholder for one that is not here."""

    label: str
    """Clean, not yet escaped."""
    is_here: bool
    is_yanked: bool = False


class Arrow(Struct, frozen=True):
    """From the number of a node to that of another."""

    source: int
    target: int
    label: str
    is_firm: bool
    """A runtime dependency; the others are drawn dashed."""


class Diagram(Struct, frozen=True):
    """Ready to be written in a language for drawings."""

    nodes: tuple[Node, ...]
    """The root is 0."""
    arrows: tuple[Arrow, ...]


def diagram_of(tree: ExportedTree) -> Diagram:
    """Down to the tree's depth."""
    numbers: dict[object, int] = {tree.outline.root_id: 0}
    nodes = [Node(clean(tree.root), is_here=True)]
    arrows: list[Arrow] = []
    for version_id, _level in tree.versions():
        for edge in tree.outline.edges.get(version_id, ()):
            key = edge.target_id or (edge.registry, edge.name, edge.resolved_version)
            if key not in numbers:
                numbers[key] = len(nodes)
                nodes.append(
                    Node(clean(full_name(edge)), edge.target_id is not None, edge.is_yanked)
                )
            arrows.append(
                Arrow(numbers[version_id], numbers[key], clean(asks(edge)), edge.type == "runtime")
            )
    return Diagram(tuple(nodes), tuple(arrows))
