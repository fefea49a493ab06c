"""The table of packages side by side: a column for each, numbers with bars, below what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import number
from tgtui.data.insights.comparing.side_by_side import side_by_side
from tgtui.data.storage.reader import Reader
from tgtui.data.views.comparing import SideBySide
from tgtui.output.side_by_side import (
    NOTHING_SHARED,
    SHARED,
    Cell,
    FactRow,
    fact_rows,
    shared_rows,
)
from tgtui.syntax.reference import PackageReference
from tgtui.versions.npm.platform import Platform
from tgtui.widgets.content import MAX_NAME, safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import GAP, Column, fitted
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.answers import bar

LABEL, LONGEST_LABEL = 14, 30
"""Cells of the first column: what facts need, and what names of shared packages may take if there is room."""
ROOMY = 110
"""Cells of the list from which they do."""
NUMBER = 9
"""Cells of a number: `1,345,000`, `812.4 MB`."""
MOST_BAR = 16
SHARED_SHOWN = 500
"""Shared packages that are listed; apt's trees share thousands."""


class Line(Struct, frozen=True):
    """A row of the table, or the heading of what is shared."""

    row: FactRow
    is_head: bool = False
    heading: str = ""

    @property
    def key(self) -> tuple[str, object]:
        """The same row after it was read again."""
        return (self.heading or self.row.label, self.row.package)


class SidesPane(ListPane):
    """Reads the packages each time, as they are now."""

    def __init__(
        self,
        packages: Sequence[PackageReference],
        *,
        read: Reader,
        now: Callable[[], datetime],
        platform: Callable[[], Platform],
    ) -> None:
        """`platform` says for which one installs are weighed."""
        rows = RowList[Line](
            [Column(self._drawn, tells=True)],
            key=lambda line: line.key,
            heading=lambda line: Content(line.heading) if line.heading else None,
            id="sides-list",
        )
        super().__init__(rows, "Side by side", id="sides")
        self._packages = packages
        self._read = read
        self._now = now
        self._platform = platform
        self.found: SideBySide | None = None
        """As last read."""

    async def show(self) -> None:
        """Read them again."""
        found = self.found = await self._read(
            side_by_side, self._packages, self._now(), self._platform()
        )
        head = FactRow("", tuple(Cell(str(each)) for each in self._packages))
        lines = [Line(head, is_head=True), *map(Line, fact_rows(found, self._now()))]
        shared = shared_rows(found)
        if shared:
            lines.append(Line(FactRow("", ()), heading=f"{SHARED} · {number(len(shared))}"))
            lines += map(Line, shared[:SHARED_SHOWN])
        self.list.set_rows(lines)
        self.say(None)
        left_out = len(shared) - SHARED_SHOWN
        more = f"{number(left_out)} more are shared." if left_out > 0 else ""
        self.note(Content.styled(more if shared else NOTHING_SHARED, MUTED))

    def on_resize(self) -> None:
        self.list.redraw()

    def _drawn(self, line: Line) -> Content:
        """All cells in one, so that they stay in line whatever is in them."""
        width = self.list.content_size.width - 2  # the cursor's mark
        count = max(1, len(line.row.cells))
        label = LONGEST_LABEL if width >= ROOMY else LABEL
        each = max(1, (width - label - GAP * count) // count)
        parts = [fitted(safe(line.row.label, MAX_NAME, style=MUTED), label, keeps_end=True)]
        for cell in line.row.cells:
            parts += [
                Content(" " * GAP),
                fitted(_cell(cell, each, line.is_head), each, keeps_end=True),
            ]
        return Content("").join(parts)


def _cell(cell: Cell, width: int, is_head: bool) -> Content:
    if is_head:
        return safe(cell.text, MAX_NAME, style="bold $text-primary")
    if cell.share is None:
        return safe(cell.text, MAX_NAME, style=MUTED if cell.is_muted else "")
    room = min(MOST_BAR, width - NUMBER - 1)
    drawn = bar(cell.share, 1.0, room) if room > 1 else ""
    return Content.assemble((cell.text.rjust(NUMBER), "bold"), " ", (drawn, "$primary"))
