"""The versions of a package: their order, the selected one, those marked to be compared, releases by month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import counted, number, sparkline
from tgtui.data.storage.reader import Reader
from tgtui.data.versions.listing import (
    find_version,
    releases_by_month,
    version_row,
    versions_page,
)
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionCursor, VersionOrder, VersionPage, VersionRow
from tgtui.identity.people import Principal
from tgtui.screens.base.loading import no_versions
from tgtui.screens.base.paging import PagedList
from tgtui.syntax.reference import DEFAULT_REGISTRY
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import version_columns
from tgtui.widgets.packages.panes import TabbedPane

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


class VersionList(PagedList[VersionRow, VersionCursor]):
    """Of one package."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "select",
            id="versions.select",
            tooltip="Go to the version's dependencies, and load them if necessary",
        )
    ]


class VersionsPane(TabbedPane):
    """The cursor moves in it; `selected` is the version that the whole screen shows."""

    class UnderCursor(Message):
        """The cursor came to this version."""

        def __init__(self, version: VersionRow) -> None:
            super().__init__()
            self.version = version

    class Chosen(Message):
        """Enter on a version."""

        def __init__(self, version: VersionRow) -> None:
            super().__init__()
            self.version = version

    def __init__(
        self,
        package_id: UUID,
        wanted: str | None,
        *,
        read: Reader,
        now: Callable[[], datetime],
        person: Callable[[], Principal],
        unattended: Callable[[str], str],
    ) -> None:
        """Begins on the version `wanted`, on the latest one without it.

        `unattended` says what keeps a registry's requests waiting, if anything does.
        """
        self._marked: dict[UUID, VersionRow] = {}
        """To be compared."""
        self._registry = DEFAULT_REGISTRY
        """Of the package, whose words are used."""
        self._rows = VersionList(
            version_columns(now, lambda: self._registry, self._marked),
            self._read_page,
            key=lambda row: row.id,
            id="versions-list",
        )
        super().__init__(self._rows, "Versions", id="versions")
        self.selected: VersionRow | None = None
        self._package_id = package_id
        self._wanted = wanted
        self._read = read
        self._now = now
        self._person = person
        self._unattended = unattended
        self._order: VersionOrder = "newest"
        self._releases: Content | None = None

    @property
    def pointed(self) -> VersionRow | None:
        """The one under the cursor, which the selection follows a moment later."""
        row: VersionRow | None = self._rows.current
        return row or self.selected

    async def renew_selected(self, detail: PackageDetail) -> None:
        """As it is now; at first the wanted version, else the latest."""
        selected = self.selected
        if selected is not None:
            fresh = await self._read(version_row, selected.id)
            if self.selected is not selected:
                return  # the cursor went on meanwhile
            self.selected = fresh
        if self.selected is None and self._wanted is not None:
            self.selected = await self._read(find_version, self._package_id, self._wanted)
        if self.selected is None:
            self.selected = detail.latest

    async def show(self, detail: PackageDetail) -> None:
        """Pages until the selected version is among them; then the first page is kept up to date."""
        order, wanted = self._order, self.selected.id if self.selected is not None else None
        is_new = not self._rows.rows
        page = await self._read_page(None)
        found, following = list(page.rows), page.next_cursor
        while is_new and following is not None and all(row.id != wanted for row in found):
            page = await self._read_page(following)
            found, following = [*found, *page.rows], page.next_cursor
        if order != self._order:
            return  # another order is being read meanwhile
        self._registry = detail.registry
        self._rows.show_first(found, following, start=wanted)
        self.describe(number(detail.version_count))
        self.border_subtitle = Content(ORDER_LABELS[order])
        self.say(None if found else self._no_versions(detail))
        self._releases = None
        if any(row.published_at for row in found):  # Homebrew and apt don't say when
            now = self._now()
            since = now - timedelta(days=MONTHS * 31)
            months = await self._read(releases_by_month, self._package_id, since)
            self._releases = releases(months, now)
        self._show_note()

    def turn(self) -> None:
        """To the next order, in which `show` reads them."""
        orders = list(ORDER_LABELS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._rows.clear_rows()
        self.wait()

    def mark(self) -> tuple[VersionRow, VersionRow] | None:
        """Mark the version under the cursor, or unmark it; the second mark gives both versions, the older first."""
        row, pair = self._rows.current, None
        if row is not None and self._marked.pop(row.id, None) is None:
            self._marked[row.id] = row
        if len(self._marked) == 2:
            places = {row.id: place for place, row in enumerate(self._rows.rows)}
            marked = self._marked.values()
            above, below = sorted(marked, key=lambda row: places.get(row.id, len(places)))
            pair = (above, below) if self._order in RISING else (below, above)
            self._marked.clear()
        self._rows.redraw()
        self._show_note()
        return pair

    @on(RowList.Highlighted)
    def _moved(self, event: RowList.Highlighted) -> None:
        event.stop()
        if event.row is not None:
            self.post_message(self.UnderCursor(event.row))

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        event.stop()
        self.post_message(self.Chosen(event.row))

    def _no_versions(self, detail: PackageDetail) -> Content:
        hint = self._unattended(detail.registry)
        return no_versions(detail, hint, self._now(), person=self._person())

    def _show_note(self) -> None:
        """What to do with a marked version, else how often one is released."""
        hint = Content.styled(
            f"● marked: {key('package.mark')} on another version compares the two", MUTED
        )
        self.note(hint if self._marked else self._releases)

    async def _read_page(self, after: VersionCursor | None) -> VersionPage:
        return await self._read(versions_page, self._package_id, order=self._order, after=after)


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
