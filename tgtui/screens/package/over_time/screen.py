"""How a package changed over time: the pictures there are, and the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.insights.reading import package_insights
from tgtui.data.versions.listing import releases_by_month
from tgtui.data.versions.over_time import version_points
from tgtui.data.views.over_time import Picture, VersionPoint
from tgtui.output.over_time import pictures
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.package.over_time.plot_pane import PlotPane
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LOADED_AT_ONCE = 20
"""Versions whose dependencies one key press asks for, the newest."""


class PictureList(RowList[Picture]):
    """The picture under the cursor is shown anyway."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select" and super().check_action(action, parameters)


class OverTimeScreen(BaseScreen):
    """It follows the catalogue while it is open."""

    CSS_PATH = "over_time.tcss"
    AUTO_FOCUS = "#pictures-list"

    def __init__(self, package_id: UUID, name: str) -> None:
        """`name` is hostile text."""
        super().__init__()
        self._package_id = package_id
        self._name_of_package = name
        self._list = PictureList(
            [Column(lambda picture: Content(picture.title), tells=True)],
            key=lambda picture: picture.name,
            id="pictures-list",
        )
        self._plot = PlotPane(self._hint)
        self._points: Sequence[VersionPoint] = ()

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="over-time"):
            yield ListPane(self._list, "Over time", id="pictures")
            yield self._plot

    def place(self) -> Content:
        return safe(self._name_of_package, 100) + Content(" · over time")

    async def refresh_live(self) -> None:
        self._points = await self.read(version_points, self._package_id)
        months = await self.read(releases_by_month, self._package_id, BEGINNING)
        insights = await self.read(package_insights, self._package_id)
        self._list.set_rows(pictures(self._points, months, insights, self.now()))
        self._show()

    @on(RowList.Highlighted)
    def _show(self) -> None:
        if self._list.current is not None:
            self._plot.show(self._list.current)
        self.refresh_bindings()

    async def action_ask(self) -> None:
        """For dependencies of versions that are not loaded, the newest first."""
        wanted = self._not_loaded()[:LOADED_AT_ONCE]
        if not wanted:
            await super().action_ask()
            return
        try:
            for point in wanted:
                await self.catalogue.requesting.want_version(point.id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"The dependencies of {counted(len(wanted), 'version')} are queued.")
        self.hint()

    def _not_loaded(self) -> list[VersionPoint]:
        """Newest first, if the picture shown is about that."""
        shown = self._list.current
        if shown is None or shown.name != "dependencies":
            return []
        return [point for point in reversed(self._points) if point.direct is None]

    def _hint(self, picture: Picture) -> str:
        count = min(len(self._not_loaded()), LOADED_AT_ONCE)
        if not count or not self.catalogue.principal.can("authenticated"):
            return ""
        return f"{key('app.ask')} loads those of {counted(count, 'more version')}, the newest first"
