"""A piece as lines of a width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tgtui.basics.text import harmless
from tgtui.widgets.packages.reading.blocks import MUTED, Block, blocks_of
from tgtui.widgets.packages.reading.inline import addresses
from tgtui.widgets.packages.reading.pieces import Piece
from tgtui.widgets.packages.reading.runs import (
    LEAST,
    Line,
    Run,
    folded,
    plain_of,
    width_of,
    wrapped,
)

BLANK = Line()
HEADINGS = ("bold $primary", "bold $primary", "bold $text-secondary", "bold", "bold", "bold")
"""By level."""
RULES = {1: "━", 2: "─"}
"""Below headings of a level."""
CODE, CODE_FILL = "$foreground on $panel", "on $panel"
CODE_PAD = "  "
GAP = Run(" │ ", MUTED)
LEAST_CELL = 6
"""Cells that a column gets; where there is no room for them all, each cell gets a line."""


class Laid(Struct, frozen=True):
    """A piece's lines."""

    lines: Sequence[Line]
    headings: Sequence[int]
    """The lines where headings begin."""


def laid_out(piece: Piece, width: int, references: Mapping[str, Any]) -> Laid:
    """In at most `width` cells. A blank line ends it, unless the text goes on in the next piece."""
    if piece.kind == "hidden":
        return Laid((), ())
    if piece.kind == "markdown":
        return _of_blocks(blocks_of(piece.text, references), width)
    if piece.kind == "code":
        return Laid(_code(piece.text, width, (), ()), ())
    runs = addresses([Run(harmless(piece.text))])
    return Laid([Line(line) for line in wrapped(runs, width)], ())


def _of_blocks(blocks: Sequence[Block], width: int) -> Laid:
    lines: list[Line] = []
    headings: list[int] = []
    for block in blocks:
        if lines and not block.is_close and lines[-1] != BLANK:
            lines.append(BLANK)
        if block.kind == "heading":
            headings.append(len(lines))
        lines += _of_block(block, width)
    if lines:
        lines.append(BLANK)
    return Laid(lines, headings)


def _of_block(block: Block, width: int) -> list[Line]:
    room = max(LEAST, width - width_of(plain_of(block.rest)))
    if block.kind == "code":
        return _code(block.code, width, block.first, block.rest)
    if block.kind == "rule":
        return [Line((*block.first, Run("─" * room, MUTED)))]
    if block.kind == "table":
        return _below(_table(block.rows, room), block)
    runs: Sequence[Run] = block.runs
    if block.kind == "heading":
        style = HEADINGS[min(block.level, len(HEADINGS)) - 1]
        runs = [run._replace(style=f"{style} {run.style}".strip()) for run in runs]
    found = wrapped(runs, room)
    rule = RULES.get(block.level, "") if block.kind == "heading" else ""
    if rule:
        longest = max(width_of(plain_of(line)) for line in found)
        found.append((Run(rule * max(1, longest), MUTED),))
    return _below(found, block)


def _below(lines: Sequence[tuple[Run, ...]], block: Block) -> list[Line]:
    return [
        Line((*(block.rest if place else block.first), *runs)) for place, runs in enumerate(lines)
    ]


def _code(code: str, width: int, first: tuple[Run, ...], rest: tuple[Run, ...]) -> list[Line]:
    room = max(LEAST, width - width_of(plain_of(rest)) - 2 * len(CODE_PAD))
    parts = [part for line in harmless(code).split("\n") for part in folded(line, room)]
    return [
        Line((*(rest if place else first), Run(f"{CODE_PAD}{part}", CODE)), CODE_FILL)
        for place, part in enumerate(parts)
    ]


def _table(rows: Sequence[Sequence[Sequence[Run]]], width: int) -> list[tuple[Run, ...]]:
    if not rows:
        return [()]
    columns = max(map(len, rows))
    gaps = (columns - 1) * len(GAP.text)
    widths = _widths(rows, columns, width - gaps)
    if widths is None:
        return _listed(rows, width)
    lines: list[tuple[Run, ...]] = []
    has_head = any(plain_of(cell).strip() for cell in rows[0])
    for place, row in enumerate(rows if has_head else rows[1:]):
        is_head = has_head and not place
        cells = [
            wrapped(_styled(cell, "bold") if is_head else cell, widths[at])
            for at, cell in enumerate(row)
        ]
        lines += [
            _row([cell[line] if line < len(cell) else () for cell in cells], widths)
            for line in range(max(map(len, cells)))
        ]
        if is_head:
            lines.append((Run("─┼─".join("─" * each for each in widths), MUTED),))
    return lines


def _row(cells: Sequence[tuple[Run, ...]], widths: Sequence[int]) -> tuple[Run, ...]:
    found: list[Run] = []
    for at, cell in enumerate(cells):
        if at:
            found.append(GAP)
        found += cell
        missing = widths[at] - width_of(plain_of(cell))
        if missing > 0 and at < len(cells) - 1:
            found.append(Run(" " * missing))
    return tuple(found)


def _widths(rows: Sequence[Sequence[Sequence[Run]]], columns: int, room: int) -> list[int] | None:
    """Of each column; None if there is no room for a table."""
    if room < columns * LEAST_CELL:
        return None
    wanted = [LEAST_CELL] * columns
    for row in rows:
        for at, cell in enumerate(row):
            wanted[at] = max(wanted[at], *(width_of(line) for line in plain_of(cell).split("\n")))
    widths = [min(each, room // columns) for each in wanted]
    left = room - sum(widths)
    for at in sorted(range(columns), key=lambda at: wanted[at]):  # the short ones get all they want
        more = min(left, wanted[at] - widths[at])
        share = more if wanted[at] - widths[at] <= left // 2 else max(0, min(more, left))
        widths[at] += share
        left -= share
    return widths


def _listed(rows: Sequence[Sequence[Sequence[Run]]], width: int) -> list[tuple[Run, ...]]:
    """A table that is too wide: each cell on lines of its own, behind the name of its column."""
    head, lines = rows[0], list[tuple[Run, ...]]()
    for row in rows[1:] or rows:
        for at, cell in enumerate(row):
            name = plain_of(head[at]) if at < len(head) and row is not head else ""
            label = [Run(f"{name}: ", f"bold {MUTED}")] if name else []
            lines += wrapped([*label, *cell], width)
        lines.append((Run("─" * LEAST, MUTED),))
    return lines


def _styled(runs: Sequence[Run], style: str) -> list[Run]:
    return [run._replace(style=f"{style} {run.style}".strip()) for run in runs]
