"""The tree as a picture: a line of text an edge, with guides, readable in any browser."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from tgtui.basics.formatting import as_of
from tgtui.basics.text import clean
from tgtui.output.marks import Tone, totals_in_words
from tgtui.output.trees.tree import ExportedTree, Line, label_of, lines_of

LINE_PX = 18
INDENT_PX = 18
CHARACTER_PX = 7.3
"""Width of a character at 12 px, monospaced."""
MARGIN_PX = 16
MAX_GUIDES = 40
"""Levels that are indented; further down the number of the level says the rest."""
COLORS = {
    Tone.FAULT: "#dc2626",
    Tone.ABSENT: "#b45309",
    Tone.WARNING: "#b45309",
}
STYLE = (
    "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2937}"
    "path{fill:none;stroke:#cbd5e1}.m{fill:#6b7280}.r{font-weight:bold}"
    "rect{fill:#fff}"
)


def write(tree: ExportedTree) -> Iterator[str]:
    """The size comes before the lines, so they are laid out first."""
    lines = list(lines_of(tree, MAX_GUIDES))
    totals = totals_in_words(tree.outline.totals, tree.registry, tree.outline.trust)
    words = [*totals, as_of(tree.fetched_at, tree.now)]
    head = clean(f"{tree.name}@{tree.version} · {tree.registry}")
    told = " · ".join(words)
    rows = [_row(line, tree.registry) for line in lines]
    widest = max([len(head), len(told), *(width for width, _ in rows)])
    width = round(2 * MARGIN_PX + widest * CHARACTER_PX)
    height = 2 * MARGIN_PX + (len(rows) + 2) * LINE_PX
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">'
    )
    yield f"<title>{escape(head)}</title><style>{STYLE}</style>"
    yield f'<rect width="{width}" height="{height}"/>'
    yield _text(MARGIN_PX, 0, f'<tspan class="r">{escape(head)}</tspan>')
    for place, (line, (_width, content)) in enumerate(zip(lines, rows, strict=True), 1):
        yield _guides(line, place) + _text(_x(line.level) + INDENT_PX, place, content)
    yield _text(MARGIN_PX, len(rows) + 1, f'<tspan class="m">{escape(told)}</tspan>')
    yield "</svg>"


def _row(line: Line, registry: str) -> tuple[int, str]:
    """Characters from the margin on, and the line's text."""
    deep = f"[{line.level}] " if line.level >= MAX_GUIDES else ""
    label = deep + clean(label_of(line.edge, registry))
    name, _, rest = label.partition(" ")
    parts = [escape(name), f'<tspan class="m"> {escape(rest)}</tspan>']
    length = len(label)
    for mark in line.marks:
        color = COLORS.get(mark.tone)
        word = mark.behind(line.edge.registry)
        kind = f'style="fill:{color}"' if color else 'class="m"'
        parts.append(f"<tspan {kind}> {escape(word)}</tspan>")
        length += 1 + len(word)
    indent = (_x(line.level) + INDENT_PX - MARGIN_PX) / CHARACTER_PX
    return round(indent + length), "".join(parts)


def _guides(line: Line, place: int) -> str:
    """A line down from each ancestor that has more to come, and the elbow of this one."""
    top, middle, bottom = (MARGIN_PX + (place + part) * LINE_PX for part in (-0.5, 0, 0.5))
    first = line.level + 1 - len(line.more)
    strokes = [
        f"M{_x(level)} {top:g}V{bottom:g}"
        for level, has_more in enumerate(line.more[:-1], first)
        if has_more and level < MAX_GUIDES
    ]
    end = bottom if line.more[-1] else middle
    x = _x(line.level)
    strokes.append(f"M{x} {top:g}V{end:g}M{x} {middle:g}H{x + INDENT_PX - 5}")
    return f'<path d="{"".join(strokes)}"/>'


def _x(level: int) -> int:
    return MARGIN_PX + 4 + min(level, MAX_GUIDES) * INDENT_PX


def _text(x: int, place: int, content: str) -> str:
    return (
        f'<text x="{x}" y="{MARGIN_PX + place * LINE_PX + 4}" xml:space="preserve">{content}</text>'
    )
