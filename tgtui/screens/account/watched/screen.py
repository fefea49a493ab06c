"""What a person watches, and what is new of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.views.watching import WatchedCursor, WatchedPage
from tgtui.screens.account.watched.commands import MarkSeen
from tgtui.screens.account.watched.watched_pane import WatchedPane
from tgtui.screens.base.commands import WatchPackages, bindings
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.lists.row_list import RowList


class WatchedScreen(BaseScreen):
    """One list. News stay until they are counted as seen, or their package is opened."""

    CSS_PATH = "watched.tcss"
    AUTO_FOCUS = "#watched-list"
    BINDINGS: ClassVar[list[BindingType]] = bindings(MarkSeen, WatchPackages)

    def __init__(self) -> None:
        super().__init__()
        self._pane = WatchedPane(self._page, now=self.now)
        self._unseen: dict[UUID, datetime] = {}
        """The news that are listed: what comes in later is not seen yet."""

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def place(self) -> Content:
        return Content("Watched packages")

    async def refresh_live(self) -> None:
        self._unseen = await self.catalogue.watching.unseen()
        await self._pane.show(await self.catalogue.watching.glance())
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_watched":
            return False
        if action == "mark_seen":
            return bool(self._unseen)
        if action == "watch_packages":
            return self._pane.current is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        return "Nothing is new." if action == "mark_seen" else ""

    @on(RowList.Highlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Selected)
    def _chosen(self) -> None:
        row = self._pane.current
        if row is not None:
            self.app.open(OpenPackage(row.package_id))

    def action_mark_seen(self) -> None:
        self.act("seen", self._mark_seen)

    def action_watch_packages(self) -> None:
        row = self._pane.current
        if row is not None:
            package = f"{row.registry}:{row.name}"
            self.act("watch", self.toggle_watched, [row.package_id], package)

    async def _mark_seen(self) -> None:
        try:
            count = await self.catalogue.watching.mark_seen(self._unseen)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"News of {counted(count, 'package')} are seen.")
        self.load()

    async def _page(self, after: WatchedCursor | None = None) -> WatchedPage:
        return await self.catalogue.watching.page(after)
