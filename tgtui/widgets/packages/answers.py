"""The columns of an answer: a name, a bar, the number, and what else is known. A bar is a row that the cursor walks.

Bars are of block characters from zero on, in eighths of a cell: the same in every theme and without colour.
"""

from __future__ import annotations

from msgspec import Struct
from textual.content import Content

from tgtui.data.views.insights import Insight, InsightRow
from tgtui.output.insights import figures, label, value_of
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column

BAR = 14
"""Cells of the longest bar."""
VALUE = 9
"""Cells of the number: `1,345,000`."""
BAR_FROM, FIGURES_FROM = 44, 62
"""Widths in cells from which the list has them."""
EIGHTHS = " ▏▎▍▌▋▊▉"
FIGURE_GAP = " · "


class AnswerLine(Struct, frozen=True):
    """A row of an answer, with what its bar is measured by."""

    insight: Insight
    row: InsightRow
    most: float
    """The largest value in the list."""

    @property
    def key(self) -> tuple[str, int]:
        """A package stays under the cursor by its place: the rows of a new answer are others."""
        return self.insight.name, self.row.rank


def bar(value: float, most: float, width: int = BAR) -> str:
    """From zero; anything that is there at all can be seen."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(value / most * width * 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + EIGHTHS[rest].strip()


def figures_in_words(line: AnswerLine) -> str:
    """`people 5 · views 9`; what is zero is left out."""
    told = zip(line.insight.columns, figures(line.insight, line.row), strict=True)
    return FIGURE_GAP.join(
        f"{heading} {figure}" for (_key, heading), figure in told if figure not in ("", "0")
    )


def answer_columns() -> list[Column[AnswerLine]]:
    """Name, bar, value, further figures with their headings."""

    def name(line: AnswerLine) -> Content:
        return safe(label(line.row), 300)

    def drawn(line: AnswerLine) -> Content:
        # Bar and value are as wide as their columns: what they leave free, a long name would take, and move its bar.
        return Content.styled(bar(line.row.value, line.most).ljust(BAR), "$primary")

    def value(line: AnswerLine) -> Content:
        return Content.styled(value_of(line.insight, line.row).rjust(VALUE), "bold")

    def rest(line: AnswerLine) -> Content:
        return safe(figures_in_words(line), 300, style=MUTED)

    return [
        Column(name, share=4, at_least=12, at_most=50, tells=True),
        Column(drawn, width=BAR, from_width=BAR_FROM),
        Column(value, width=VALUE, align="right"),
        Column(rest, share=5, from_width=FIGURES_FROM),
    ]


def insight_columns() -> list[Column[Insight]]:
    """What there is to ask."""
    return [Column(lambda insight: Content(insight.title), tells=True)]
