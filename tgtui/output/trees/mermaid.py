"""The closure as a Mermaid flowchart. Sources: Mermaid's "Flowcharts - Basic Syntax", its entity codes."""

from __future__ import annotations

from collections.abc import Iterator

from tgtui.output.trees.diagram import WITHDRAWN_COLOR, diagram_of
from tgtui.output.trees.tree import ExportedTree

MAX_EDGES = 500
"""Mermaid's own `maxEdges`; it draws no more unless told to."""

_CODES = {
    ord(sign): code
    for sign, code in {
        "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;",
    }.items()
}  # fmt: skip


def write(tree: ExportedTree) -> Iterator[str]:
    """Dashed arrows are not runtime dependencies; dashed boxes are not in the catalogue."""
    diagram = diagram_of(tree)
    if len(diagram.arrows) > MAX_EDGES:
        yield "%%{init: {'maxEdges': " + str(len(diagram.arrows)) + ", 'maxTextSize': 10000000}}%%"
    yield "flowchart LR"
    for number, node in enumerate(diagram.nodes):
        kind = "" if node.is_here else ":::absent"
        yield f'  n{number}["{node.label.translate(_CODES)}"]{":::old" if node.is_yanked else kind}'
    for arrow in diagram.arrows:
        line = "-->" if arrow.is_firm else "-.->"
        yield f'  n{arrow.source} {line}|"{arrow.label.translate(_CODES)}"| n{arrow.target}'
    yield "  classDef absent stroke-dasharray: 4"
    yield f"  classDef old stroke: {WITHDRAWN_COLOR}"
