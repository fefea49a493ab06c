"""What can be restored, by whom it was deleted and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from textual.content import Content

from tgtui.basics.formatting import ago
from tgtui.data.packages.removal import deleted_page
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import DeletedPackage, DeletedPage
from tgtui.screens.base.paging import PagedList
from tgtui.widgets.content import MAX_NAME, safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane

Place = tuple[datetime, UUID]
"""Where a page begins."""


class DeletedPane(ListPane):
    """The last one deleted is the first."""

    def __init__(self, *, read: Reader, now: Callable[[], datetime]) -> None:
        self._rows = PagedList[DeletedPackage, Place](
            [
                Column(lambda row: registry_label(row.registry), width=4),
                Column(lambda row: safe(row.name, MAX_NAME), share=3, at_most=50, tells=True),
                Column(self._when, share=2, at_most=40),
                Column(
                    lambda row: safe(row.description or "", style=MUTED), share=4, from_width=90
                ),
            ],
            self._read_page,
            key=lambda row: row.id,
            id="deleted-list",
        )
        super().__init__(self._rows, "Deleted packages", id="deleted")
        self._read = read
        self._now = now

    @property
    def current(self) -> DeletedPackage | None:
        """The package under the cursor."""
        return self._rows.current

    async def show(self) -> None:
        """The first page as it is now."""
        page = await self._read_page(None)
        self._rows.show_first(page.rows, page.next_cursor)
        deletes = key("package.delete")
        nothing = f"There are no deleted packages. {deletes} on a package's screen deletes it."
        self.say(None if page.rows else Content.styled(nothing, MUTED))

    async def _read_page(self, after: Place | None) -> DeletedPage:
        return await self._read(deleted_page, after=after)

    def _when(self, row: DeletedPackage) -> Content:
        by = f" by {row.deleted_by}" if row.deleted_by else ""
        return safe(f"{ago(row.deleted_at, self._now())}{by}", 80, style=MUTED)
