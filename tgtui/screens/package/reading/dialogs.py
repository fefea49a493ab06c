"""Dialogs over a text: its headings, and where its links lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.screens.dialogs.dialog import Dialog
from tgtui.screens.package.reading.links import MOST, Target
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.reading.contents import Heading

INDENT = 2
"""Cells for each level of a heading."""
WORDS = {"heading": "heading", "file": "file", "page": "", "none": ""}
"""What a link leads to, if that can't be seen."""


class ContentsScreen(Dialog[Heading | None]):
    """Returns the chosen heading, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", "Close", id="contents.close")
    ]

    def __init__(self, headings: Sequence[Heading], current: Heading | None) -> None:
        """`current` is the one in sight."""
        super().__init__(
            "Contents",
            f"{key('list.select')} goes there · {key('contents.close')} closes",
            is_large=True,
        )
        self._headings = headings
        self._current = current
        self._top = min((heading.level for heading in headings), default=1)

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[Heading](
            [Column(self._line, tells=True)],
            key=lambda heading: (heading.piece, heading.ordinal),
            click_selects=True,
        )

    def on_mount(self) -> None:
        start = self._current
        self.query_one(RowList).set_rows(
            self._headings, start=(start.piece, start.ordinal) if start is not None else None
        )

    def _line(self, heading: Heading) -> Content:
        indent = " " * INDENT * (heading.level - self._top)
        style = "bold" if heading.level == self._top else ""
        return Content(indent) + safe(heading.text or "…", style=style)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)


class LinksScreen(Dialog[Target | None]):
    """Shows the real address of each link before one is opened; returns the chosen one, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "dismiss", "Close", id="links.close")
    ]

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__(
            "Links in sight",
            f"{key('list.select')} opens · {key('links.close')} closes",
            is_large=True,
        )
        self._targets = targets

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[Target](
            [
                Column(lambda target: safe(target.text), share=2, at_most=30),
                Column(_address, share=5, tells=True),
                Column(lambda target: safe(target.warning, style="$text-warning"), share=2),
            ],
            key=lambda target: (target.address, target.text),
            click_selects=True,
        )

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(self._targets)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)


def _address(target: Target) -> Content:
    word = WORDS[target.kind]
    address = safe(target.address, MOST)
    return Content.assemble((f"{word} ", MUTED), address) if word else address
