"""How one node of a dependency tree is written: guides, fold sign, name, range, version, marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.data.views.edges import UNRESOLVED
from tgtui.output.marks import Mark, Tone
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode

GUIDE = "│  "
INDENT = len(GUIDE)
"""Cells a level is moved to the right."""
OPEN_SIGN = "▼ "
CLOSED_SIGN = "▶ "
NO_SIGN = "  "
DEEP_LEVELS = 2
"""Levels whose guides give way to the number of those left out, in a tree deeper than the screen."""

COUNT_WIDTH = 8
"""Cells on the right for how many packages a node brings."""

MAX_NAME = 80
MAX_RANGE = 48
MAX_VERSION = 48
"""Characters within the line; the detail below the tree shows more."""

STYLES = {
    Tone.FAULT: "bold $text-error",
    Tone.ABSENT: "bold $text-warning",
    Tone.WARNING: "$text-warning",
    Tone.QUIET: MUTED,
}
"""Of marks."""


@dataclass(slots=True)
class LineLook:
    """What all lines of one tree share."""

    registry: str = ""
    """The root's; others are written before a name. Empty: none is."""
    brings: Mapping[UUID, int] = field(default_factory=dict)
    """How many packages a version brings in total, as far as that is known."""
    found: str = ""
    """What was searched for, casefolded; names that hold it are highlighted."""


def tree_line(model: TreeModel, node: TreeNode, width: int, look: LineLook) -> Content:
    """One line of at most `width` cells."""
    marks = model.marks(node)
    is_quiet = Mark.REPEATED in marks or Mark.CYCLE in marks
    label = _label_up if model.is_upwards else _label
    parts: list[Content | str | tuple[str, str]] = [
        (guides(node.level, width), "$foreground 30%"),
        (fold_sign(model, node), "$text-accent"),
        *label(node, look, is_quiet=is_quiet),
    ]
    for mark in marks:
        parts += [" ", (mark.behind(node.edge.registry), STYLES[mark.tone])]
    if node.is_waiting:
        parts.append((" loading…", "italic $text-accent"))
    line = Content.assemble(*parts)
    count = look.brings.get(node.edge.resolved_version_id) if node.edge.resolved_version_id else 0
    if not count or is_quiet:
        return line.truncate(width, ellipsis=True)
    room = max(1, width - COUNT_WIDTH)
    line = line.truncate(room, ellipsis=True)
    told = number(count).rjust(width - line.cell_length)
    return line + Content.styled(told, MUTED)


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


def _label(
    node: TreeNode, look: LineLook, *, is_quiet: bool
) -> list[Content | str | tuple[str, str]]:
    """`name range → version`, an alias before its target: `alias = name range → version`."""
    edge = node.edge
    parts: list[Content | str | tuple[str, str]] = []
    if edge.declared_name is not None:
        parts += [_name(edge.declared_name, look, is_quiet), (f" {Mark.ALIAS.sign} ", MUTED)]
    parts += [_target(node, look, is_quiet), " ", safe(edge.range or "*", MAX_RANGE, style=MUTED)]
    if edge.resolved_version != edge.range or edge.resolved_version_id is not None:
        style = "$text-error" if edge.resolved_version == UNRESOLVED else "$text-success"
        parts += [
            (" → ", MUTED),
            safe(edge.resolved_version, MAX_VERSION, style=MUTED if is_quiet else style),
        ]
    return parts


def _label_up(
    node: TreeNode, look: LineLook, *, is_quiet: bool
) -> list[Content | str | tuple[str, str]]:
    """`name version`, and what it needs of the line above: `needs ^2.0.0`."""
    edge = node.edge
    parts: list[Content | str | tuple[str, str]] = [
        _target(node, look, is_quiet),
        " ",
        safe(edge.resolved_version, MAX_VERSION, style=MUTED if is_quiet else "$text-success"),
    ]
    if edge.source_field:
        alias = f"{edge.declared_name} {Mark.ALIAS.sign} " if edge.declared_name else ""
        parts += [
            ("  needs ", MUTED),
            safe(f"{alias}{edge.range or '*'}", MAX_RANGE, style=MUTED),
        ]
    return parts


def _target(node: TreeNode, look: LineLook, is_quiet: bool) -> Content:
    edge = node.edge
    is_own = look.registry in ("", edge.registry)
    return _name(edge.name if is_own else f"{edge.registry}:{edge.name}", look, is_quiet)


def _name(text: str, look: LineLook, is_quiet: bool) -> Content:
    name = safe(text, MAX_NAME, style=MUTED if is_quiet else "bold")
    sought = look.found.partition("@")[0] or look.found
    place = name.plain.casefold().find(sought) if sought else -1
    if place < 0:
        return name
    return name.stylize("reverse", place, place + len(sought))
