"""A list that is read in pages: the first follows the catalogue, those below stay as they were read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

from textual import on
from textual.content import Content

from tgtui.screens.base.work import start
from tgtui.widgets.lists.columns import Column, R
from tgtui.widgets.lists.growing_list import GrowingList

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


class Page(Protocol[R_co, C_co]):
    """As queries return them."""

    @property
    def rows(self) -> Sequence[R_co]: ...
    @property
    def next_cursor(self) -> C_co | None:
        """Where the next page begins, None on the last one."""
        ...


def settled(
    before: Sequence[R],
    now: Sequence[R],
    kept: Sequence[R],
    *,
    key: Callable[[R], object],
) -> list[R]:
    """`now` in the order of `before`, so that nothing moves while someone looks.

    Each row as it is now; a new one behind the row it follows now; one that is only in `before` stays where it
    was if it is among `kept`, and is gone otherwise.
    """
    fresh = {key(row): row for row in (*kept, *now)}
    order: dict[object, R] = {key(row): fresh[key(row)] for row in before if key(row) in fresh}
    rows = list(order.values())
    place = 0
    for row in now:
        if key(row) in order:
            place = rows.index(row) + 1
        else:
            rows.insert(place, row)
            place += 1
    return rows


class PagedList(GrowingList[R], Generic[R, C]):
    """The first page goes in by `show_first`; it reads the following ones itself."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        read_page: Callable[[C], Awaitable[Page[R, C]]],
        *,
        key: Callable[[R], Hashable],
        heading: Callable[[R], Content | None] = lambda row: None,
        id: str,
    ) -> None:
        """`read_page` gives the page that begins at a cursor; `heading` as in RowList."""
        super().__init__(columns, key=key, heading=heading, id=id)
        self._read_page = read_page
        self._next: C | None = None

    def show_first(
        self, rows: Sequence[R], next_cursor: C | None, *, start: Hashable = None
    ) -> None:
        """The first page as it is now. `start` is the key of the row to begin with in a list that was empty."""
        below = [] if next_cursor is None else self.rows[len(rows) :]
        here = set(map(self.key_of, rows))
        kept = [row for row in below if self.key_of(row) not in here]
        if not kept:
            self._next = next_cursor
        self.show([*rows, *kept], has_more=self._next is not None, start=start)

    def clear_rows(self) -> None:
        """What is read next is another list: nothing of this one is kept."""
        self._next = None
        self.show([], has_more=False, reset=True)

    @on(GrowingList.NearEnd)
    def _near_end(self) -> None:
        start(self, "pages", self._read_on)

    async def _read_on(self) -> None:
        """Add the next page, unless the list became another while it was read."""
        after = self._next
        if after is None:
            return
        page = await self._read_page(after)
        if after == self._next:
            self._next = page.next_cursor
            self.extend(page.rows, has_more=page.next_cursor is not None)
