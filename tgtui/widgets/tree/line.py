"""How one node of a dependency tree is written: guides, fold sign, name, range, version, marks."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct, field
from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.data.views.edges import UNRESOLVED, Edge
from tgtui.output.marks import Mark, Tone
from tgtui.widgets.content import MAX_NAME, MAX_RANGE, MAX_VERSION, safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.cutting import Part, cut_to_fit
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

LABEL_ROOM = 56
"""Cells that the guides leave for the rest of the line, if they would take less than half of it."""
LEAST_RANGE, LEAST_VERSION, LEAST_NAME = 8, 12, 24
"""Cells that each keeps where a line doesn't fit."""

STYLES = {
    Tone.FAULT: "bold $text-error",
    Tone.ABSENT: "bold $text-warning",
    Tone.WARNING: "$text-warning",
    Tone.QUIET: MUTED,
}
"""Of marks."""


class LineLook(Struct):
    """What all lines of one tree share."""

    registry: str = ""
    """The root's; others are written before a name. Empty: none is."""
    brings: Mapping[UUID, int] = field(default_factory=dict)
    """How many packages a version brings in total, as far as that is known."""
    found: str = ""
    """What was searched for, casefolded; names that hold it are highlighted."""


def tree_line(model: TreeModel, node: TreeNode, width: int, look: LineLook) -> Content:
    """One line of at most `width` cells. Where it doesn't fit its range is cut first, then its version, then its name."""
    marks = model.marks(node)
    is_quiet = Mark.REPEATED in marks or Mark.CYCLE in marks
    label = _label_up if model.is_upwards else _label
    parts = [
        _whole(guides(node.level, width), "$foreground 30%"),
        _whole(fold_sign(model, node), "$text-accent"),
        *label(node, look, is_quiet=is_quiet),
    ]
    for mark in marks:
        parts += [_whole(" "), _whole(mark.behind(node.edge.registry), STYLES[mark.tone])]
    if node.is_waiting:
        parts.append(_whole(" loading…", "italic $text-accent"))
    count = look.brings.get(node.edge.resolved_version_id) if node.edge.resolved_version_id else 0
    if not count or is_quiet:
        return cut_to_fit(parts, width)
    told = number(count)
    line = cut_to_fit(parts, max(1, width - len(told) - 1))
    return line + Content.styled(told.rjust(width - line.cell_length), MUTED)


def guides(level: int, width: int) -> str:
    """A line down from each open ancestor; far down the first ones become `…57`."""
    cells = min(width // 2, width - LABEL_ROOM)
    room = max(DEEP_LEVELS + 1, cells // INDENT)
    if level <= room:
        return GUIDE * level
    kept = room - DEEP_LEVELS
    return f"…{level - kept}".ljust(DEEP_LEVELS * INDENT)[: DEEP_LEVELS * INDENT] + GUIDE * kept


def fold_sign(model: TreeModel, node: TreeNode) -> str:
    """Two cells."""
    if not model.can_unfold(node):
        return NO_SIGN
    return OPEN_SIGN if node.is_open else CLOSED_SIGN


def _label(node: TreeNode, look: LineLook, *, is_quiet: bool) -> list[Part]:
    """`name range → version`, an alias before its target: `alias = name range → version`."""
    edge = node.edge
    parts: list[Part] = []
    if edge.declared_name is not None:
        parts += [
            Part(_name(edge.declared_name, look, is_quiet), LEAST_NAME),
            _whole(f" {Mark.ALIAS.sign} ", MUTED),
        ]
    parts += [_target(node, look, is_quiet), _whole(" "), _range(edge.range or "*")]
    if edge.resolved_version != edge.range or edge.resolved_version_id is not None:
        style = "$text-error" if edge.resolved_version == UNRESOLVED else "$text-success"
        parts += [_whole(" → ", MUTED), _version(edge, MUTED if is_quiet else style)]
    return parts


def _label_up(node: TreeNode, look: LineLook, *, is_quiet: bool) -> list[Part]:
    """`name version`, and what it needs of the line above: `needs ^2.0.0`."""
    edge = node.edge
    parts = [
        _target(node, look, is_quiet),
        _whole(" "),
        _version(edge, MUTED if is_quiet else "$text-success"),
    ]
    if edge.source_field:
        alias = f"{edge.declared_name} {Mark.ALIAS.sign} " if edge.declared_name else ""
        parts += [_whole("  needs ", MUTED), _range(f"{alias}{edge.range or '*'}")]
    return parts


def _target(node: TreeNode, look: LineLook, is_quiet: bool) -> Part:
    edge = node.edge
    is_own = look.registry in ("", edge.registry)
    name = edge.name if is_own else f"{edge.registry}:{edge.name}"
    return Part(_name(name, look, is_quiet), LEAST_NAME)


def _range(text: str) -> Part:
    return Part(safe(text, MAX_RANGE, style=MUTED), LEAST_RANGE)


def _version(edge: Edge, style: str) -> Part:
    return Part(safe(edge.resolved_version, MAX_VERSION, style=style), LEAST_VERSION)


def _whole(text: str, style: str = "") -> Part:
    return Part(Content.styled(text, style) if style else Content(text))


def _name(text: str, look: LineLook, is_quiet: bool) -> Content:
    name = safe(text, MAX_NAME, style=MUTED if is_quiet else "bold")
    sought = look.found.partition("@")[0] or look.found
    place = name.plain.casefold().find(sought) if sought else -1
    if place < 0:
        return name
    return name.stylize("reverse", place, place + len(sought))
