"""The versions pane of the package screen: its order, its pages, its releases by month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from textual.content import Content

from tgtui.basics.formatting import counted, number, sparkline
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionCursor, VersionOrder, VersionPage, VersionRow
from tgtui.screens.base.loading import no_versions
from tgtui.screens.base.paging import PagedRows
from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.labels import MUTED
from tgtui.widgets.packages.panes import PackagePanes

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database

ORDER_LABELS: dict[VersionOrder, str] = {
    "newest": "",
    "oldest": "lowest first",
    "latest": "by date",
    "first": "by date, oldest first",
}
"""Every order, in the turn that one key goes through, with what stands at the foot of the pane."""
RISING = frozenset({"oldest", "first"})
"""Orders in which the older of two versions stands above."""
MONTHS = 24
"""Of the sparkline."""


class VersionsPane:
    """Fills it from the database."""

    def __init__(self, screen: BaseScreen, panes: PackagePanes, package_id: UUID) -> None:
        self._screen = screen
        self._panes = panes
        self._package_id = package_id
        self._paged: PagedRows[VersionRow, VersionCursor] = PagedRows(panes.version_rows)
        self._order: VersionOrder = "newest"
        self._releases: Content | None = None

    def turn(self) -> None:
        """The next order; the pane is to be shown anew."""
        orders = list(ORDER_LABELS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._panes.version_rows.set_rows([], reset=True)
        self._panes.versions.wait()

    def mark(self) -> tuple[VersionRow, VersionRow] | None:
        """Mark the version under the cursor, or no longer; the second one gives the two, the older first."""
        self._panes.toggle_mark()
        marked, pair = self._panes.marked, None
        if len(marked) == 2:
            places = {row.id: place for place, row in enumerate(self._panes.version_rows.rows)}
            above, below = sorted(marked.values(), key=lambda row: places.get(row.id, len(places)))
            pair = (above, below) if self._order in RISING else (below, above)
            marked.clear()
            self._panes.version_rows.redraw()
        self.show_note()
        return pair

    async def show(self, detail: PackageDetail, selected: UUID | None) -> None:
        """Pages until the selected version is among them; then the first page is kept up to date."""
        from tgtui.data.versions.listing import releases_by_month

        now = self._screen.app.now()
        is_new = not self._panes.version_rows.rows
        page = await self._read(None)
        found, following = list(page.rows), page.next_cursor
        while is_new and following is not None and all(row.id != selected for row in found):
            page = await self._read(following)
            found, following = [*found, *page.rows], page.next_cursor
        self._paged.show(found, following, start=selected)
        self._panes.title("versions", number(detail.version_count))
        self._panes.versions.border_subtitle = Content(ORDER_LABELS[self._order])
        self._panes.versions.say(None if found else self._nothing(detail, now))
        self._releases = None
        if any(row.published_at for row in found):  # Homebrew and apt don't say when
            since = now - timedelta(days=MONTHS * 31)
            months = await self._database.read(releases_by_month, self._package_id, since)
            self._releases = releases(months, now)
        self.show_note()

    def _nothing(self, detail: PackageDetail, now: datetime) -> Content:
        hint, person = self._screen.unattended(detail.registry), self._screen.catalogue.principal
        return no_versions(detail, hint, now, person=person)

    def show_note(self) -> None:
        """What to do with a marked version, else how often one came."""
        hint = Content.styled("● marked: space on another version compares the two", MUTED)
        self._panes.versions.note(hint if self._panes.marked else self._releases)

    async def more(self) -> None:
        """The next page."""
        await self._paged.read_on(self._read)

    @property
    def _database(self) -> Database:
        return self._screen.catalogue.database

    async def _read(self, after: VersionCursor | None) -> VersionPage:
        from tgtui.data.versions.listing import versions_page

        return await self._database.read(
            versions_page, self._package_id, order=self._order, after=after
        )


def releases(months: dict[str, int], now: datetime) -> Content:
    """A column for each of the last months, this one last."""
    last = now.year * 12 + now.month - 1
    names = [f"{at // 12}-{at % 12 + 1:02}" for at in range(last - MONTHS + 1, last + 1)]
    counts = [months.get(name, 0) for name in names]
    if not any(counts):
        return Content(f"no release in {MONTHS} months")
    return Content.assemble(
        (sparkline(counts), "$text-accent"),
        f"\n{counted(sum(counts), 'release')} in {MONTHS} months",
    )
