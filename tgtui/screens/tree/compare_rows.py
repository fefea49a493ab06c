"""The lines of a comparison: what two versions ask for, and what comes with them, under headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.output.comparison import asked, listed
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column

if TYPE_CHECKING:
    from tgtui.data.graph.comparison import Change, Comparison, Moved

SIGNS = {"+": "bold $text-success", "-": "bold $text-error", "~": "bold $text-warning"}


@dataclass(frozen=True, slots=True)
class CompareRow:
    """A package that differs, or the heading of a group. Its text is hostile."""

    group: str
    sign: str = ""
    """`+`, `-` or `~`; empty for a heading."""
    registry: str = ""
    name: str = ""
    before: str = ""
    after: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same row after it was read again."""
        return (self.group, self.registry, self.name)


def compare_rows(found: Comparison) -> list[CompareRow]:
    """Its own dependencies first, then all that an install brings."""
    rows: list[CompareRow] = []
    for title, sign, changes in (
        ("Added", "+", found.added),
        ("Removed", "-", found.removed),
        ("Asked for differently", "~", found.changed),
    ):
        rows += _group(f"Its own dependencies · {title}", [_of_change(sign, c) for c in changes])
    for title, sign, moves in (
        ("Gained", "+", found.gained),
        ("Lost", "-", found.lost),
        ("In other versions", "~", found.moved),
    ):
        rows += _group(f"All that an install brings · {title}", [_of_move(sign, m) for m in moves])
    return rows


def compare_columns() -> list[Column[CompareRow]]:
    """Sign, name, before, after; what stays where there is room."""
    return [
        Column(lambda row: Content.styled(row.sign, SIGNS.get(row.sign, "")), width=1),
        Column(lambda row: safe(row.name, 214, style="bold"), share=8, at_most=64),
        Column(lambda row: safe(row.before, 200, style=MUTED), share=4, at_most=36),
        Column(lambda row: _arrow(row), width=1),
        Column(lambda row: safe(row.after, 200, style="$text-success"), share=4, at_most=36),
        Column(lambda row: safe(row.note, 120, style=MUTED), share=2, at_most=40, from_width=110),
    ]


def compare_heading(row: CompareRow) -> Content | None:
    """For the list: which rows are headings."""
    return safe(row.group) if not row.sign else None


def _group(title: str, rows: Sequence[dict[str, str]]) -> Iterator[CompareRow]:
    if rows:
        heading = f"{title} {number(len(rows))}"
        yield CompareRow(heading)
        for row in rows:
            yield CompareRow(heading, **row)


def _of_change(sign: str, change: Change) -> dict[str, str]:
    edge, before, after = change.edge, change.before, change.after
    name = f"{edge.declared_name} = {edge.name}" if edge.declared_name else edge.name
    return {
        "sign": sign,
        "registry": edge.registry,
        "name": name,
        "before": asked(before) if before else "",
        "after": asked(after) if after else "",
    }


def _of_move(sign: str, moved: Moved) -> dict[str, str]:
    return {
        "sign": sign,
        "registry": moved.registry,
        "name": moved.name,
        "before": listed(moved.before),
        "after": listed(moved.after),
        "note": f"{listed(moved.kept)} stays" if moved.kept else "",
    }


def _arrow(row: CompareRow) -> Content:
    return Content.styled("→" if row.before and row.after else "", MUTED)
