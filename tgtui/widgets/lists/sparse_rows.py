"""Rows of a list of any length, of which the pages viewed last are kept.

A page is found again by the cursor after which it begins; cursors are kept as long as the list is. Pages hold about as
many rows as they were asked for: rows that appear or disappear meanwhile move the lines below.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar, overload

from tgtui.widgets.lists.columns import R

C = TypeVar("C")

KEPT_PAGES = 30
"""Pages held besides those in sight."""


class SparseRows(Sequence[R | None], Generic[R, C]):
    """None on a line that is not held."""

    def __init__(
        self, key: Callable[[R], Hashable], *, first: int, size: int, kept: int = KEPT_PAGES
    ) -> None:
        """`first` and `size`: rows of the first page and of the others."""
        self.is_exact = True
        """The length is exact; else there is at least one row more than is known."""
        self.changes = 0
        """How often everything read so far became doubtful."""
        self._key = key
        self._first = first
        self._size = size
        self._kept = kept
        self._pages: OrderedDict[int, Sequence[R]] = OrderedDict()
        """The ones viewed last come last."""
        self._cursors: dict[int, C | None] = {0: None}
        self._stale: set[int] = set()
        self._settled: set[int] = set()
        """Pages that keep an older order while they are in sight."""
        self._pinned: set[int] = {0}
        self._top = 0
        """The first page in sight."""
        self._extra: dict[int, int] = {}
        """How many more rows, or fewer, a page has than it was asked for; or had, if it is not held."""
        self._known = 0
        self._has_changed = False
        """Rows came or went since lines were numbered: line numbers may be off."""
        self._told: int | None = None
        """The total, if it was counted since the last change."""
        self._end: int | None = None
        """The page that was found to be the last one, as long as that is certain."""
        self._page_of: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return self._known + sum(self._extra.values())

    @overload
    def __getitem__(self, line: int) -> R | None: ...
    @overload
    def __getitem__(self, line: slice) -> Sequence[R | None]: ...
    def __getitem__(self, line: int | slice) -> R | Sequence[R | None] | None:
        if isinstance(line, slice):
            return [self[each] for each in range(*line.indices(len(self)))]
        page = self.page_at(line)
        rows, place = self._pages.get(page, ()), line - self.begin(page)
        return rows[place] if place < len(rows) else None

    @property
    def total(self) -> int:
        """How many there are; at least this many if that is not exact."""
        return len(self) if self.is_exact else len(self) - 1

    @property
    def is_end_known(self) -> bool:
        """The line of the last row is certain."""
        return self.is_exact and (self._told is not None or not self._has_changed)

    @property
    def held(self) -> list[R]:
        """The rows of the pages that are kept, in order."""
        return [row for page in sorted(self._pages) for row in self._pages[page]]

    @property
    def is_whole(self) -> bool:
        """Every row is held."""
        return self.is_exact and sum(map(len, self._pages.values())) == len(self)

    def line_of(self, key: Hashable) -> int | None:
        """Where the row with this key is, if it is held."""
        page = self._page_of.get(key)
        if page is None:
            return None
        keys = map(self._key, self._pages[page])
        return self.begin(page) + next(place for place, each in enumerate(keys) if each == key)

    def offset(self, page: int) -> int:
        """Rows before it, going by how many each page is asked for."""
        return 0 if page == 0 else self._first + (page - 1) * self._size

    def size(self, page: int) -> int:
        """Rows to ask for."""
        return self._first if page == 0 else self._size

    def begin(self, page: int) -> int:
        """Its first line."""
        return self.offset(page) + sum(n for each, n in self._extra.items() if each < page)

    def page_at(self, line: int) -> int:
        """The page that a line is on."""
        for page in sorted(self._extra):
            begin = self.begin(page)
            if begin <= line < begin + self.size(page) + self._extra[page]:
                return page
        line -= sum(n for page, n in self._extra.items() if self.begin(page) <= line)
        return 0 if line < self._first else 1 + (line - self._first) // self._size

    def pages_in(self, lines: range) -> range:
        """The pages of these lines."""
        return range(self.page_at(lines[0]), self.page_at(lines[-1]) + 1) if lines else range(0)

    def rows_of(self, page: int) -> Sequence[R]:
        """The rows of a page, if it is held."""
        return self._pages.get(page, ())

    def is_held(self, page: int) -> bool:
        """Its rows are here."""
        return page in self._pages

    def is_stale(self, page: int) -> bool:
        """Its rows may have changed."""
        return page in self._stale

    def is_found(self, page: int) -> bool:
        """Its cursor is known: it can be read."""
        return page in self._cursors

    def cursor(self, page: int) -> C | None:
        """After which it begins; None for the first page."""
        return self._cursors[page]

    def look(self, lines: range, cursor_line: int) -> bool:
        """These are in sight: their pages, that of the cursor and the first one are kept in any case. True if lines
        moved, because rows that were only kept while in sight are gone."""
        at_cursor = [self.page_at(cursor_line)] if 0 <= cursor_line < len(self) else []
        pages = self.pages_in(lines)
        self._top = pages[0] if pages else 0
        self._pinned = {0, *at_cursor, *pages}
        for page in self._pinned & self._pages.keys():
            self._pages.move_to_end(page)
        before = len(self)
        self._drop(list(self._settled.difference(at_cursor, pages)), also_pinned=True)
        return len(self) != before

    def learn(self, cursors: Mapping[int, C]) -> None:
        """Cursors by the number of rows before them. Known ones stay: their pages may be held."""
        for offset, cursor in cursors.items():
            self._cursors.setdefault(1 + (offset - self._first) // self._size, cursor)

    def set_total(self, total: int, *, is_exact: bool) -> None:
        """There are this many, or at least this many; a bound below what is known is ignored."""
        self._told = total if is_exact else None
        if self._end is not None:
            self._number()
            return
        if not is_exact and self.is_exact and len(self) > total:
            return
        fresh = [page for page in self._pages if page not in self._stale]
        seen = max((self.offset(page + 1) + 1 for page in fresh), default=0)
        known = (total if is_exact else total + 1) - sum(self._extra.values())
        self.is_exact = is_exact and known >= seen
        self._known = max(known, seen)

    def put(
        self, page: int, rows: Sequence[R], following: C | None, *, is_settled: bool = False
    ) -> None:
        """A page as it was read; `following` is the cursor of the next one, None on the last. A settled page keeps
        rows, or an order, that is in sight: it is read again once it is not."""
        was_held = page in self._pages
        for row in self._pages.get(page, ()):
            if self._page_of.get(self._key(row)) == page:
                del self._page_of[self._key(row)]
        self._pages[page] = rows
        self._pages.move_to_end(page)
        self._stale.discard(page)
        self._settled.discard(page)
        if is_settled:
            self._settled.add(page)
        moved = self._extra.pop(page, 0)
        if not was_held:
            self._known += moved
        for row in rows:
            elsewhere = self._page_of.get(self._key(row), page)
            if elsewhere != page:  # it moved; its old page is read again when it comes into sight
                self._stale.add(elsewhere)
            self._page_of[self._key(row)] = page
        if following is None:
            self._put_last(page, len(rows))
        else:
            self._put_followed(page, len(rows), following)
        self._drop(list(self._pages)[: -self._kept])

    def age(self, kept: Collection[int]) -> None:
        """Something changed: the `kept` pages must be read again, others are dropped until they come into sight. The
        cursors of the last pages are dropped too: the end must be the real end."""
        self._drop([page for page in self._pages if page not in kept], also_pinned=True)
        self._stale = set(self._pages)
        last = self.page_at(len(self) - 1) if len(self) else 0
        for page in [page for page in self._cursors if page >= max(1, last - 1)]:
            if page not in self._pages:
                del self._cursors[page]
        self._end = self._told = None
        self._has_changed = True
        self.changes += 1

    def renumber(self) -> bool:
        """Forget every page and cursor if line numbers may be off, before going to the end, which must be the real
        end. False if they are right."""
        if not self._has_changed or self._told is None:
            return False
        self._drop(list(self._pages), also_pinned=True)
        self._cursors, self._extra = {0: None}, {}
        self._end, self._known, self._has_changed = None, self._told, False
        self.changes += 1
        return True

    def _number(self) -> None:
        """The last page was read; if the rows before it do not add up to the total, what is in sight moves by the
        difference, which is taken from the nearest page above that is not held and is found again later."""
        moved = 0 if self._told is None else self._told - len(self)
        above = range(self._top - 1, 0, -1)
        page = next((page for page in above if not self.is_held(page)), None)
        if page is None or not moved or self.size(page) + self._extra.get(page, 0) + moved < 0:
            return
        self._extra[page] = self._extra.get(page, 0) + moved
        for each in [each for each in self._cursors if each and not self.is_held(each)]:
            del self._cursors[each]

    def _put_last(self, page: int, count: int) -> None:
        self._end, self.is_exact = page, True
        self._known = self.offset(page) + count
        self._extra = {each: rows for each, rows in self._extra.items() if each < page}
        self._drop([each for each in self._pages if each > page], also_pinned=True)
        self._forget_behind(page)
        self._number()

    def _put_followed(self, page: int, count: int, following: C) -> None:
        if count != self.size(page):
            self._extra[page] = count - self.size(page)
        if self._end == page:
            self._end = None
        least = self.offset(page + 1) + 1
        if least > self._known:
            self._known, self.is_exact = least, False
        before = self._cursors.get(page + 1)
        self._cursors[page + 1] = following
        if before is not None and before != following:
            self._end = None
            self._forget_behind(page + 1)  # held pages keep theirs, to be read again
            self._stale.update(each for each in self._pages if each > page)

    def _forget_behind(self, page: int) -> None:
        for each in [each for each in self._cursors if each > page and each not in self._pages]:
            del self._cursors[each]

    def _drop(self, pages: Iterable[int], *, also_pinned: bool = False) -> None:
        for page in pages:
            if page in self._pinned and not also_pinned:
                continue
            for row in self._pages.pop(page):
                if self._page_of.get(self._key(row)) == page:
                    del self._page_of[self._key(row)]
            self._stale.discard(page)
            self._settled.discard(page)
            self._extra.pop(page, None)
