"""Reads the pages of a search that are looked at: those in sight, one ahead, and any other directly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, dropwhile, takewhile
from uuid import UUID

from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageRow
from tgtui.data.views.searches import SearchPage
from tgtui.screens.base.paging import settled
from tgtui.screens.base.work import Work
from tgtui.syntax.query import SearchQuery
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.lists.sparse_rows import SparseRows

FIRST_PAGE = 50
"""More than most screens show, and few enough to come at once."""
PAGE = 100
REST_S = 0.05
"""How long what is in sight must stay the same before a page is looked for whose cursor is not known."""
AROUND = 10
"""Pages on either side of one that was looked for, whose cursors are found along with it."""

Rows = SparseRows[PackageRow, str]


class ResultPages:
    """Fills one list. What is read for a search that is no longer shown is dropped."""

    def __init__(
        self,
        rows: SparseList[PackageRow],
        read: Reader,
        now: Callable[[], datetime],
        start: Callable[[str, Work], None],
    ) -> None:
        """`start` runs work beside the list, by the name of its group."""
        self._list = rows
        self._read = read
        self._now = now
        self._start = start
        self._query: SearchQuery | None = None
        self._found: Rows = new_rows()
        self.similar: frozenset[UUID] = frozenset()
        """Rows that are no matches, only similar in name."""
        self._reading: Rows | None = None
        """Whose pages are being read."""
        self._finding: Rows | None = None
        """Whose pages are being looked for."""
        self._top = 0
        self._travel = 0
        """The direction of scrolling: -1 up, 1 down."""

    @property
    def found(self) -> Rows:
        """What is known of the search that is shown."""
        return self._found

    @property
    def is_reading(self) -> bool:
        """Pages are being read or looked for."""
        return self._found in (self._reading, self._finding)

    def show(self, query: SearchQuery, page: SearchPage) -> None:
        """Another search, by its first page."""
        self._query, self._found = query, new_rows()
        self._top = self._travel = 0
        self.similar = page.similar
        self._found.put(0, page.rows, page.next_cursor)
        self._list.show(self._found)

    def set_total(self, total: int, *, is_exact: bool) -> None:
        """This many match, or at least this many."""
        found = self._found
        before = found.total, found.is_exact
        found.set_total(total, is_exact=is_exact)
        if (found.total, found.is_exact) != before:
            self._list.renew()

    def look(self) -> None:
        """What is in sight changed: read what is missing of it."""
        lines = self._list.lines_in_sight()
        if lines.start != self._top:
            self._travel, self._top = (1 if lines.start > self._top else -1), lines.start
        if self._found.look(lines, self._list.cursor_line):
            self._list.renew()
        if self._reading is not self._found and self._wanted() is not None:
            self._start("pages", self._read_wanted)
        if self._finding is not self._found and self._unfound() is not None:
            self._start("jumps", self._find)

    async def _read_wanted(self) -> None:
        """One page at a time, until nothing is wanted: pages that were only passed meanwhile are not read."""
        found = self._reading = self._found
        try:
            while found is self._found and (page := self._wanted()) is not None:
                if found.is_held(page):
                    await self._read_again(has_changed=False)
                else:
                    await self._read_page(found, page)
        finally:
            if self._reading is found:
                self._reading = None

    async def _find(self) -> None:
        """Where pages begin whose cursor is not known, once the list rests there. That may take a second or two;
        other pages are read meanwhile."""
        found = self._finding = self._found
        try:
            while found is self._found and (page := self._unfound()) is not None:
                await asyncio.sleep(REST_S)
                if found is self._found and page == self._unfound():
                    await self._find_around(found, page)
        finally:
            if self._finding is found:
                self._finding = None

    async def refresh(self) -> None:
        """The catalogue changed: read again what is in sight now, and the rest when it comes into sight."""
        self._travel = 0
        await self._read_again(has_changed=True)
        self._list.renew()

    async def count(self) -> int:
        """All that match the search that is shown now, even if another one is by the time they are counted."""
        from tgtui.data.search.jumps import count_matches

        found, query = self._found, self._query
        if query is None:
            return 0
        total = await self._read(count_matches, query, now=self._now())
        if found is self._found:
            self.set_total(total, is_exact=True)
        return total

    def _wanted(self) -> int | None:
        """The page to be read next: missing in sight, under the cursor, old in sight, missing ahead."""
        found, pages = self._found, list(self._found.pages_in(self._list.lines_in_sight()))
        missing = (page for page in self._missing(pages) if found.is_found(page))
        is_whole = all(found.is_held(page) for page in pages)
        stale = (page for page in pages if is_whole and found.is_stale(page))
        ahead = (page for page in self._ahead(pages) if found.is_found(page))
        return next(chain(missing, stale, ahead), None)

    def _unfound(self) -> int | None:
        """The page to be looked for next."""
        pages = list(self._found.pages_in(self._list.lines_in_sight()))
        missing = chain(self._missing(pages), self._ahead(pages))
        return next((page for page in missing if not self._found.is_found(page)), None)

    def _missing(self, pages: list[int]) -> Iterator[int]:
        return (each for each in (*pages, *self._at_cursor()) if not self._found.is_held(each))

    def _ahead(self, pages: list[int]) -> Iterator[int]:
        """The page that comes into sight next, if it is not held."""
        if pages and self._travel:
            ahead = pages[-1] + 1 if self._travel > 0 else pages[0] - 1
            is_there = ahead >= 0 and self._found.begin(ahead) < len(self._found)
            if is_there and not self._found.is_held(ahead):
                yield ahead

    async def _read_again(self, *, has_changed: bool) -> None:
        """What is in sight. It keeps its order, and rows that moved elsewhere stay while they are in sight."""
        found = self._found
        in_sight = found.pages_in(self._list.lines_in_sight())
        pages = list(
            takewhile(found.is_held, dropwhile(lambda page: not found.is_held(page), in_sight))
        )
        if not pages or self._query is None:
            if has_changed:
                found.age(self._at_cursor())
            return
        changes = found.changes
        before = [row for page in pages for row in found.rows_of(page)]
        fresh = await self._read_pages(self._query, found, pages)
        rows = [row for page in fresh for row in page.rows]
        here, seen = {row.id for row in rows}, self._seen_now()
        gone = [row.id for row in before if row.id not in here and row.id in seen]
        is_part = pages[0] > 0 or fresh[-1].next_cursor is not None
        kept = await self._package_rows(gone) if gone and is_part else ()
        if found is not self._found:
            return
        if found.changes != changes:
            found.age({*in_sight, *self._at_cursor()})
            return
        now = [row.id for row in rows]
        rows = settled(before, rows, kept, key=lambda row: row.id)
        is_settled = [row.id for row in rows] != now
        if has_changed:
            found.age({*in_sight, *self._at_cursor()})
        if pages[0] == 0:
            self.similar = fresh[0].similar
        for page, one in zip(pages, fresh, strict=False):
            of_page = rows if one is fresh[-1] else rows[: found.size(page)]
            found.put(page, of_page, one.next_cursor, is_settled=is_settled)
            rows = rows[len(of_page) :]
        self._list.renew()

    def _at_cursor(self) -> set[int]:
        """The page of the row under the cursor, which may be out of sight."""
        line = self._list.cursor_line
        return {self._found.page_at(line)} if line >= 0 else set()

    def _seen_now(self) -> set[UUID]:
        lines = (*self._list.lines_in_sight(), max(0, self._list.cursor_line))
        rows = (self._found[line] for line in lines if line < len(self._found))
        return {row.id for row in rows if row is not None}

    async def _read_page(self, found: Rows, page: int) -> None:
        """If something changes meanwhile, it is doubtful and read again."""
        if self._query is None:
            return
        changes = found.changes
        (read,) = await self._read_pages(self._query, found, [page])
        if found is self._found and found.changes == changes:
            found.put(page, read.rows, read.next_cursor)
            self._list.renew()

    async def _find_around(self, found: Rows, page: int) -> None:
        """Where it begins, and those around it; or that there is no such page."""
        from tgtui.data.search.jumps import search_cuts

        if self._query is None:
            return
        total = found.total if found.is_exact else None
        end = len(found) if total is None else total
        first, last = found.offset(max(1, page - AROUND)), found.offset(page + AROUND)
        offsets = range(first, max(found.offset(page), min(last, end - 1)) + 1, PAGE)
        cuts = await self._read(search_cuts, self._query, offsets, total=total, now=self._now())
        if found is not self._found:
            return
        found.learn(cuts.cursors)
        if cuts.total is not None:
            self.set_total(cuts.total, is_exact=True)
        elif not found.is_found(page):
            await self.count()
        self._list.renew()

    async def _read_pages(
        self, query: SearchQuery, found: Rows, pages: list[int]
    ) -> list[SearchPage]:
        """Consecutive pages; fewer if the list ends before."""
        from tgtui.data.search.results import search_packages

        after, fresh = found.cursor(pages[0]), list[SearchPage]()
        for page in pages:
            size, now = found.size(page), self._now()
            fresh.append(await self._read(search_packages, query, after=after, limit=size, now=now))
            after = fresh[-1].next_cursor
            if after is None:
                break
        return fresh

    async def _package_rows(self, ids: list[UUID]) -> tuple[PackageRow, ...]:
        from tgtui.data.search.results import package_rows

        return await self._read(package_rows, ids)


def new_rows() -> Rows:
    """Empty until the first page is there."""
    return SparseRows(lambda row: row.id, first=FIRST_PAGE, size=PAGE)
