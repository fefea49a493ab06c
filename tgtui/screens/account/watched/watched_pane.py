"""The packages that a person watches, those with news first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from textual import on
from textual.content import Content

from tgtui.basics.formatting import ago, number
from tgtui.data.views.watching import NewsGlance, WatchedCursor, WatchedPage, WatchedRow
from tgtui.output.watching import NOTHING_WATCHED, news_in_words
from tgtui.screens.base.paging import PagedList
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList

MAX_NEWS = 600
"""Characters."""
NOTE_FROM = 90
"""Columns from which the news of a row have room beside its name."""


class ReadPage(Protocol):
    """Reads a page of what the person watches."""

    def __call__(self, after: WatchedCursor | None = None) -> Awaitable[WatchedPage]: ...


class WatchedPane(ListPane):
    """`show` reads the first page; the list reads the others."""

    def __init__(self, read: ReadPage, *, now: Callable[[], datetime]) -> None:
        self._rows = PagedList[WatchedRow, WatchedCursor](
            [
                Column(_registry, width=6),
                Column(lambda row: safe(row.name, MAX_NAME), share=3, at_most=44, tells=True),
                Column(_version, share=1, at_least=9, at_most=20),
                Column(self._when, width=12),
                Column(_news, share=6, from_width=NOTE_FROM),
            ],
            read,
            key=lambda row: row.package_id,
            id="watched-list",
        )
        super().__init__(self._rows, "Watched packages", id="watched")
        self._read = read
        self._now = now

    @property
    def current(self) -> WatchedRow | None:
        """The package under the cursor."""
        return self._rows.current

    async def show(self, glance: NewsGlance) -> None:
        """The first page as it is now."""
        page = await self._read()
        self._rows.show_first(page.rows, page.next_cursor)
        news = f" · {number(glance.news)} with news" if glance.news else ""
        self.locate(Content(f"{number(glance.watched)}{news}" if glance.watched else ""))
        watches = f"{NOTHING_WATCHED} {key('app.watch')} on a package begins with one."
        self.say(None if page.rows else Content.styled(watches, MUTED))
        self._describe()

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        """Below the list: the news under the cursor, where the list has no room for them."""
        row = self._rows.current
        is_told = row is not None and row.news is not None and self._rows.size.width < NOTE_FROM
        self.note(safe(news_in_words(row.news), MAX_NEWS) if is_told and row and row.news else None)

    def _when(self, row: WatchedRow) -> Content:
        return safe(ago(row.news_at or row.published_at, self._now()), style=MUTED)


def _registry(row: WatchedRow) -> Content:
    has_news = row.news is not None
    style = MUTED if row.news is not None and row.news.is_quiet else "bold $text-accent"
    sign = Content.styled("● " if has_news else "  ", style)
    return sign + registry_label(row.registry)


def _version(row: WatchedRow) -> Content:
    style = "$text-warning strike" if row.is_deprecated else ""
    return safe(row.latest_version or "", MAX_VERSION, style=style)


def _news(row: WatchedRow) -> Content:
    if row.news is None:
        return Content("")
    return safe(news_in_words(row.news), MAX_NEWS, style=MUTED if row.news.is_quiet else "")
