"""The versions pane of the package screen: its order, its pages, its releases by month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from textual.content import Content

from tgtui.data.views import PackageDetail, VersionCursor, VersionOrder, VersionPage, VersionRow
from tgtui.formatting import counted, number, sparkline
from tgtui.screens.paging import PagedRows
from tgtui.widgets.content import safe
from tgtui.widgets.package_panes import PackagePanes
from tgtui.widgets.preview import freshness
from tgtui.widgets.registry import MUTED

if TYPE_CHECKING:
    from tgtui.data.database import Database

ORDER_LABELS: dict[VersionOrder, str] = {
    "newest": "",
    "oldest": "lowest first",
    "latest": "by date",
    "first": "by date, first ones first",
}
"""Every order, in the turn that one key goes through, with what stands above the pane."""
MONTHS = 24
"""Of the sparkline."""


class VersionsPane:
    """Fills it from the database."""

    def __init__(self, panes: PackagePanes, package_id: UUID) -> None:
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

    def mark(self) -> tuple[VersionRow, VersionRow] | None:
        """Mark the version under the cursor, or no longer; the second one gives the two, the older first."""
        self._panes.toggle_mark()
        marked, pair = self._panes.marked, None
        if len(marked) == 2:
            places = {row.id: place for place, row in enumerate(self._panes.version_rows.rows)}
            newer, older = sorted(marked.values(), key=lambda row: places.get(row.id, len(places)))
            pair = older, newer
            marked.clear()
            self._panes.version_rows.redraw()
        self.show_note()
        return pair

    async def show(
        self, database: Database, detail: PackageDetail, selected: UUID | None, now: datetime
    ) -> None:
        """Pages until the selected version is among them; then the first page is kept up to date."""
        from tgtui.data.package_versions import releases_by_month

        is_new = not self._panes.version_rows.rows
        page = await self._read(database, None)
        found, following = list(page.rows), page.next_cursor
        while is_new and following is not None and all(row.id != selected for row in found):
            page = await self._read(database, following)
            found, following = [*found, *page.rows], page.next_cursor
        self._paged.show(found, following, start=selected)
        label = ORDER_LABELS[self._order]
        amount = number(detail.version_count)
        self._panes.title("versions", f"{amount} · {label}" if label else amount)
        pane = self._panes.versions
        pane.say(None if found else safe(freshness(detail, now)))
        self._releases = None
        if any(row.published_at for row in found):  # Homebrew and apt don't say when
            since = now - timedelta(days=MONTHS * 31)
            months = await database.read(releases_by_month, self._package_id, since)
            self._releases = releases(months, now)
        self.show_note()

    def show_note(self) -> None:
        """What to do with a marked version, else how often one came."""
        hint = Content.styled("● marked: space on another version compares the two", MUTED)
        self._panes.versions.note(hint if self._panes.marked else self._releases)

    async def more(self, database: Database) -> None:
        """The next page."""
        await self._paged.read_on(lambda after: self._read(database, after))

    async def _read(self, database: Database, after: VersionCursor | None) -> VersionPage:
        from tgtui.data.package_versions import versions_page

        return await database.read(versions_page, self._package_id, order=self._order, after=after)


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
