"""Deleted packages, to look at and to restore."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.data.views.packages import DeletedPackage
from tgtui.screens.base.commands import RestorePackage, bindings
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.deleted.deleted_pane import DeletedPane
from tgtui.widgets.keys import key
from tgtui.widgets.lists.row_list import RowList


class DeletedScreen(BaseScreen):
    """One list."""

    CSS_PATH = "deleted.tcss"
    AUTO_FOCUS = "#deleted-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(RestorePackage)

    def __init__(self) -> None:
        super().__init__()
        self._pane = DeletedPane(read=self.read, now=self.now)

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def place(self) -> Content:
        return Content("Deleted packages")

    async def refresh_live(self) -> None:
        await self._pane.show()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_deleted":
            return False
        if action == "restore_package":
            is_admin = self.is_live and self.catalogue.principal.can("admin")
            return is_admin and self._pane.current is not None
        return super().check_action(action, parameters)

    @on(RowList.Highlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        package: DeletedPackage = event.row
        self.tell(
            f"{package.registry}:{package.name} is deleted; {key('package.restore')} restores it."
        )

    async def action_restore_package(self) -> None:
        if self._pane.current is not None:
            await self.restore(self._pane.current)
