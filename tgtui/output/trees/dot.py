"""The closure as a Graphviz digraph. Source: "The DOT Language", quoted strings."""

from __future__ import annotations

from collections.abc import Iterator

from tgtui.output.trees.diagram import WITHDRAWN_COLOR, diagram_of
from tgtui.output.trees.tree import ExportedTree


def write(tree: ExportedTree) -> Iterator[str]:
    """Dashed arrows are not runtime dependencies; dashed boxes are not in the catalogue."""
    diagram = diagram_of(tree)
    yield f"digraph {_quoted(diagram.nodes[0].label)} {{"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    for number, node in enumerate(diagram.nodes):
        style = "" if node.is_here else ", style=dashed"
        color = f', color="{WITHDRAWN_COLOR}"' if node.is_yanked else ""
        yield f"  n{number} [label={_quoted(node.label)}{style}{color}];"
    for arrow in diagram.arrows:
        style = "" if arrow.is_firm else ", style=dashed"
        yield f"  n{arrow.source} -> n{arrow.target} [label={_quoted(arrow.label)}{style}];"
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
