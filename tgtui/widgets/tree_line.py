"""How one node of a dependency tree is written: guides, fold sign, name, range, version, marks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tgtui.data.views import UNRESOLVED
from tgtui.trees import MEANING, Mark
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED
from tgtui.widgets.tree_model import TreeModel, TreeNode

GUIDE = "│  "
INDENT = len(GUIDE)
"""Cells a level is moved to the right."""
OPEN_SIGN = "▼ "
CLOSED_SIGN = "▶ "
NO_SIGN = "  "
DEEP_LEVELS = 2
"""Levels whose guides give way to the number of those left out, in a tree deeper than the screen."""

MAX_NAME = 80
MAX_RANGE = 48
MAX_VERSION = 48
"""Characters within the line; the detail below the tree shows more."""

MARK_STYLE = {
    Mark.UNRESOLVED: "bold $text-error",
    Mark.MISSING: "bold $text-warning",
    Mark.CYCLE: "$text-warning",
    Mark.DEPRECATED: "$text-warning",
}


def tree_line(model: TreeModel, node: TreeNode, width: int, registry: str) -> Content:
    """One line of at most `width` cells. `registry` is the root's, or empty; others are named."""
    marks = model.marks(node)
    parts: list[Content | str | tuple[str, str]] = [
        (guides(node.level, width), "$foreground 30%"),
        (fold_sign(model, node), "$text-accent"),
        *_label(node, registry, marks),
    ]
    for mark in marks:
        parts += [" ", (mark.value, MARK_STYLE.get(mark, MUTED))]
    if node.is_waiting:
        parts.append((" loading…", "italic $text-accent"))
    return Content.assemble(*parts).truncate(width, ellipsis=True)


def guides(level: int, width: int) -> str:
    """A line down from each open ancestor; far down the first ones become `…57`."""
    room = max(DEEP_LEVELS + 1, width // 2 // INDENT)
    if level <= room:
        return GUIDE * level
    kept = room - DEEP_LEVELS
    return f"…{level - kept}".ljust(DEEP_LEVELS * INDENT)[: DEEP_LEVELS * INDENT] + GUIDE * kept


def fold_sign(model: TreeModel, node: TreeNode) -> str:
    """Two cells."""
    if not model.can_unfold(node):
        return NO_SIGN
    return OPEN_SIGN if node.is_open else CLOSED_SIGN


def legend(marks: Sequence[Mark]) -> Content:
    """Explains those of the marks in use that are no words."""
    parts = [
        Content.styled(mark.value, MARK_STYLE.get(mark, MUTED))
        + Content.styled(f" {MEANING[mark]}", MUTED)
        for mark in marks
        if mark in MEANING
    ]
    return Content("   ").join(parts)


def _label(
    node: TreeNode, registry: str, marks: Sequence[Mark]
) -> list[Content | str | tuple[str, str]]:
    """`name range → version`, an alias before its target: `alias → name range → version`."""
    edge = node.edge
    is_quiet = Mark.REPEATED in marks or Mark.CYCLE in marks
    parts: list[Content | str | tuple[str, str]] = []
    if edge.declared_name is not None:
        parts += [safe(edge.declared_name, MAX_NAME), (" → ", MUTED)]
    name = edge.name if registry in ("", edge.registry) else f"{edge.registry}:{edge.name}"
    parts += [safe(name, MAX_NAME, style=MUTED if is_quiet else "bold"), " "]
    parts.append(safe(edge.range or "*", MAX_RANGE, style=MUTED))
    if edge.resolved_version != edge.range or edge.resolved_version_id is not None:
        style = "$text-error" if edge.resolved_version == UNRESOLVED else "$text-success"
        parts += [
            (" → ", MUTED),
            safe(edge.resolved_version, MAX_VERSION, style=MUTED if is_quiet else style),
        ]
    return parts
