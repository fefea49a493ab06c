"""What the latest versions of several packages bring together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.formatting import counted
from tgtui.data.insights.sharing import shared_by
from tgtui.data.views.insights import SharedBy, SharedPackage
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.insights.commands import OpenBrought
from tgtui.widgets.content import MAX_NAME, safe
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

NOTHING = "They have nothing in common."
NAMES_SHOWN = 400
"""Characters of all their names."""


class SharedScreen(BaseScreen):
    """One list: what most of them bring comes first."""

    CSS_PATH = "insights.tcss"
    AUTO_FOCUS = "#shared-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(OpenBrought)

    def __init__(self, package_ids: Sequence[UUID]) -> None:
        super().__init__()
        self._package_ids = package_ids
        self._names: Sequence[str] = ()
        self._rows = RowList[SharedPackage](
            [
                Column(lambda row: registry_label(row.registry), width=4),
                Column(lambda row: safe(row.name, MAX_NAME), share=3, at_most=50, tells=True),
                Column(
                    lambda row: Content(f"{len(row.brought_by)} of {len(self._names)}"), width=9
                ),
                Column(lambda row: safe(", ".join(row.versions), 300, style=MUTED), share=3),
            ],
            key=lambda row: row.package_id,
            id="shared-list",
        )
        self._pane = ListPane(self._rows, "Brought together", id="shared")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self._pane.wait()

    def place(self) -> Content:
        return Content("Brought together")

    async def refresh_live(self) -> None:
        found = await self.read(shared_by, self._package_ids)
        self._names = found.names
        self._rows.set_rows(found.packages)
        self._pane.locate(Content(counted(len(found.packages), "package")))
        self._pane.say(None if found.packages else Content.styled(NOTHING, MUTED))
        self._describe(found)

    def _describe(self, found: SharedBy) -> None:
        whose = f"By the latest versions of {', '.join(found.names)}. Several versions of one package are each installed."
        self._pane.note(safe(whose, NAMES_SHOWN))

    @on(RowList.Selected)
    def action_open_brought(self) -> None:
        if self._rows.current is not None:
            self.app.open(OpenPackage(self._rows.current.package_id))
