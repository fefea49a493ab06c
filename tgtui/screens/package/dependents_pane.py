"""The packages known here that depend on this one."""

from __future__ import annotations

from uuid import UUID

from textual import on
from textual.content import Content
from textual.message import Message

from tgtui.data.packages.detail import dependents_page
from tgtui.data.storage.reader import Reader
from tgtui.data.views.edges import Dependent, DependentPage
from tgtui.data.views.packages import PackageDetail
from tgtui.output.uses import used_by_in_short
from tgtui.screens.base.paging import PagedList
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import dependent_columns
from tgtui.widgets.packages.panes import TabbedPane


class DependentsPane(TabbedPane):
    """A line for each of them: first those whose install brings it, then suggestions, then development."""

    class Chosen(Message):
        """Enter on one of them."""

        def __init__(self, dependent: Dependent) -> None:
            super().__init__()
            self.dependent = dependent

    def __init__(self, package_id: UUID, *, read: Reader) -> None:
        self._rows = PagedList[Dependent, str](
            dependent_columns(),
            self._read_page,
            key=lambda row: row.package_id,
            id="dependents-list",
        )
        super().__init__(self._rows, 3, "Used by", id="dependents")
        self._package_id = package_id
        self._read = read

    async def show(self, detail: PackageDetail) -> None:
        """The first page as it is now."""
        page = await self._read_page(None)
        self._rows.show_first(page.rows, page.next_cursor)
        self.describe(used_by_in_short(detail.used_by))
        text = "None known here yet: only fetched packages are counted."
        self.say(None if page.rows else Content.styled(text, MUTED))

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        event.stop()
        self.post_message(self.Chosen(event.row))

    async def _read_page(self, after: str | None) -> DependentPage:
        return await self._read(dependents_page, self._package_id, after=after)
