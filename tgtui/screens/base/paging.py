"""A list that is read in pages: the first follows the catalogue, those below stay as they were read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from tgtui.widgets.lists.columns import R
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
    """`now` in the order of `before`, so that nothing moves while somebody looks.

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


class PagedRows(Generic[R, C]):
    """Fills one list."""

    def __init__(self, rows: GrowingList[R]) -> None:
        self._list = rows
        self._next: C | None = None
        self._resets = 0

    def show(
        self,
        rows: Sequence[R],
        next_cursor: C | None,
        *,
        reset: bool = False,
        start: object = None,
    ) -> None:
        """The first page, read again. `reset` is another question: nothing of before is kept.

        `start` is the key of the row to begin with in a list that was empty.
        """
        self._resets += reset
        below = [] if reset or next_cursor is None else self._list.rows[len(rows) :]
        here = set(map(self._list.key_of, rows))
        kept = [row for row in below if self._list.key_of(row) not in here]
        if not kept:
            self._next = next_cursor
        has_more = self._next is not None
        self._list.show([*rows, *kept], has_more=has_more, reset=reset, start=start)

    async def read_on(self, read: Callable[[C], Awaitable[Page[R, C]]]) -> None:
        """Add the next page, if there is one, unless the list became another meanwhile."""
        after, resets = self._next, self._resets
        if after is None:
            return
        page = await read(after)
        if (after, resets) == (self._next, self._resets):
            self._next = page.next_cursor
            self._list.extend(page.rows, has_more=page.next_cursor is not None)
