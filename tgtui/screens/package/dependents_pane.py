"""The packages known here that depend on this one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from textual import on
from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import number
from tgtui.data.packages.dependents import dependents_page, operator_in
from tgtui.data.storage.reader import Reader
from tgtui.data.views.edges import Dependent, UsedBy
from tgtui.data.views.packages import PackageDetail
from tgtui.screens.base.paging import PagedList
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import DependentRow, dependent_columns, dependent_rows
from tgtui.widgets.packages.panes import TabbedPane


class _Page(Struct, frozen=True):
    rows: Sequence[DependentRow]
    next_cursor: str | None


class DependentsPane(TabbedPane):
    """A line for each of them: first those whose install brings it, then suggestions, then development."""

    class Chosen(Message):
        """Enter on one of them."""

        def __init__(self, dependent: Dependent) -> None:
            super().__init__()
            self.dependent = dependent

    def __init__(self, package_id: UUID, *, read: Reader) -> None:
        self._rows = PagedList[DependentRow, str](
            dependent_columns(),
            self._read_page,
            # A heading ends with its count.
            key=lambda row: row.rpartition(" ")[0] if isinstance(row, str) else row.package_id,
            heading=lambda row: Content(row) if isinstance(row, str) else None,
            id="dependents-list",
        )
        super().__init__(self._rows, "Used by", id="dependents")
        self._package_id = package_id
        self._read = read
        self._used = UsedBy()

    async def show(self, detail: PackageDetail) -> None:
        """The first page as it is now."""
        self._used = detail.used_by
        page = await self._read_page(None)
        self._rows.show_first(page.rows, page.next_cursor)
        self.describe(number(detail.dependent_count))
        text = "None known here yet: only fetched packages are counted."
        self.say(None if page.rows else Content.styled(text, MUTED))

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        event.stop()
        assert isinstance(event.row, Dependent), "no heading is chosen"
        self.post_message(self.Chosen(event.row))

    async def _read_page(self, after: str | None) -> _Page:
        page = await self._read(dependents_page, self._package_id, after=after)
        return _Page(dependent_rows(page.rows, self._used, operator_in(after)), page.next_cursor)
