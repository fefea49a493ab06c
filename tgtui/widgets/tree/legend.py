"""What the marks of a tree mean, below it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from textual.content import Content
from textual.widgets import Static

from tgtui.output.marks import Mark, in_legend
from tgtui.widgets.labels import MUTED
from tgtui.widgets.tree.line import STYLES


class TreeLegend(Static):
    """Explains the marks seen so far: it does not shrink while people scroll."""

    DEFAULT_CSS = """
    TreeLegend { height: auto; max-height: 3; padding: 0 1; color: $foreground-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="tree-legend")
        self._seen: set[Mark] = set()

    def clear_marks(self) -> None:
        """Another tree is shown."""
        self._seen.clear()

    def show(self, marks: Iterable[Mark], *, is_upwards: bool, has_counts: bool) -> None:
        """These marks came into sight; `has_counts` if there are numbers on the right."""
        self._seen.update(marks)
        self.update(legend(self._seen, is_upwards=is_upwards, has_counts=has_counts))


def legend(marks: Collection[Mark], *, is_upwards: bool, has_counts: bool) -> Content:
    """Explains the marks that are not words, and the numbers on the right."""
    parts = [
        Content.styled(mark.sign, STYLES[mark.tone]) + Content.styled(f" {mark.meaning}", MUTED)
        for mark in in_legend(marks)
    ]
    if has_counts:
        words = "how many depend on it in total" if is_upwards else "packages it brings in total"
        parts.append(Content.styled(f"number on the right: {words}", MUTED))
    if is_upwards:
        parts.append(Content.styled("known here: only what the catalogue has fetched", MUTED))
    return Content("   ").join(parts)
