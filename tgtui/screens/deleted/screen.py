"""Deleted packages: what can be restored, by whom it was deleted and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.formatting import ago
from tgtui.data.packages.removal import deleted_page
from tgtui.data.views.packages import DeletedPackage
from tgtui.screens.base.commands import RestorePackage, bindings
from tgtui.screens.base.paging import PagedRows
from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.growing_list import GrowingList
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList


class DeletedScreen(BaseScreen):
    """The last one deleted is the first."""

    CSS_PATH = "deleted.tcss"
    AUTO_FOCUS = "#deleted-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(RestorePackage)

    def __init__(self) -> None:
        super().__init__()
        self._list = GrowingList[DeletedPackage](
            [
                Column(lambda row: registry_label(row.registry), width=4),
                Column(lambda row: safe(row.name, 214), share=3, at_most=50),
                Column(self._when, share=2, at_most=40),
                Column(
                    lambda row: safe(row.description or "", style=MUTED), share=4, from_width=90
                ),
            ],
            key=lambda row: row.id,
            id="deleted-list",
        )
        self._pane = ListPane(self._list, "Deleted packages", id="deleted")
        self._paged: PagedRows[DeletedPackage, tuple[datetime, UUID]] = PagedRows(self._list)

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def place(self) -> Content:
        return Content("Deleted packages")

    async def refresh_live(self) -> None:
        page = await self.catalogue.database.read(deleted_page)
        self._paged.show(page.rows, page.next_cursor)
        nothing = "No package is deleted. `delete` on a package's own screen deletes it."
        self._pane.say(None if page.rows else Content.styled(nothing, MUTED))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_deleted":
            return False
        if action == "restore_package":
            is_admin = self.is_live and self.catalogue.principal.can("admin")
            return is_admin and self._list.current is not None
        return super().check_action(action, parameters)

    @on(RowList.Highlighted, "#deleted-list")
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(GrowingList.NearEnd, "#deleted-list")
    def _near_end(self) -> None:
        self.start("page", self._more)

    @on(RowList.Selected, "#deleted-list")
    async def _chosen(self) -> None:
        row = self._list.current
        if row is not None:
            self.tell(f"{row.registry}:{row.name} is deleted; u restores it.")

    async def action_restore_package(self) -> None:
        if self._list.current is not None:
            await self.restore(self._list.current)

    async def _more(self) -> None:
        read = self.catalogue.database.read
        await self._paged.read_on(lambda after: read(deleted_page, after=after))

    def _when(self, row: DeletedPackage) -> Content:
        by = f" by {row.deleted_by}" if row.deleted_by else ""
        return safe(f"{ago(row.deleted_at, self.app.now())}{by}", 80, style=MUTED)
