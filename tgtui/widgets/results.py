"""The result list of a search, and what stands in its place when nothing is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tgtui.data.views import PackageRow
from tgtui.formatting import age
from tgtui.widgets.columns import Column
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED, registry_label, state_label, tag_labels
from tgtui.widgets.row_list import RowList


class Results(Container):
    """A RowList of PackageRow, or a text in its place."""

    DEFAULT_CSS = """
    Results { height: 1fr; }
    Results > #nothing { display: none; padding: 1 2; height: 1fr; }
    Results.-empty > #nothing { display: block; }
    Results.-empty > RowList { height: 1; max-height: 0; }
    """

    def __init__(self, now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = Content("Packages")
        self.list = RowList[PackageRow](
            result_columns(now), key=lambda row: row.id, id="results-list"
        )
        self._nothing = Static(id="nothing")

    def compose(self) -> ComposeResult:
        yield self.list
        yield self._nothing

    def say(self, text: Content | None) -> None:
        """Shown where the list is empty; None brings the list back."""
        self.set_class(text is not None, "-empty")
        if text is not None:
            self._nothing.update(text)


def result_columns(now: Callable[[], datetime]) -> list[Column[PackageRow]]:
    """Registry, name, version or state, age of the version; tags and description as there is room."""

    def version(row: PackageRow) -> Content:
        if row.state != "ready":
            return state_label(row.state)
        style = "$text-warning strike" if row.is_yanked else ""
        return safe(row.latest_version or "no version", 40, style=style)

    return [
        Column(lambda row: registry_label(row.registry), width=4),
        Column(lambda row: safe(row.name, 214), share=5, at_most=44),
        Column(version, width=11),
        Column(
            lambda row: Content.styled(age(row.published_at, now()), MUTED),
            width=6,
            align="right",
            from_width=44,
        ),
        Column(lambda row: tag_labels(row.tags), share=2, at_most=20, from_width=54),
        Column(lambda row: safe(row.description or "", style=MUTED), share=9, from_width=90),
    ]
