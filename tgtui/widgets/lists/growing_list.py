"""A list that is read from its beginning: asks for the next page before the end of the last one is reached."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tgtui.widgets.lists.columns import R
from tgtui.widgets.lists.row_list import RowList

NEAR_END = 15
"""Rows before the last one at which the next page is asked for."""


class GrowingList(RowList[R]):
    """Rows go in by `show` and `extend`."""

    class NearEnd(RowList.RowMessage):
        """The last rows come into sight and there are more: the next page is wanted.

        `row` is the last row. Sent once for each length of the list.
        """

    _has_more = False
    _asked_at = -1

    def show(
        self,
        rows: Sequence[R],
        *,
        has_more: bool,
        reset: bool = False,
        start: Hashable = None,
    ) -> None:
        """These rows, as `set_rows` takes them; `has_more` says that more follow."""
        self._has_more = has_more
        self._asked_at = -1
        self.set_rows(rows, reset=reset, start=start)
        self._ask_for_more()

    def extend(self, rows: Sequence[R], *, has_more: bool) -> None:
        """Add a page below; rows that are already there are left out."""
        here = set(map(self.key_of, self.rows))
        new = [row for row in rows if self.key_of(row) not in here]
        self.show([*self.rows, *new], has_more=has_more)

    def move_to_line(self, line: int) -> None:
        super().move_to_line(line)
        self._ask_for_more()

    def on_resize(self) -> None:
        super().on_resize()
        self._ask_for_more()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        if not self._has_more or not self.rows or self._asked_at == len(self.rows):
            return
        bottom = self.scroll_offset.y + self.scrollable_content_region.height
        if max(bottom, self.cursor_line) >= len(self.rows) - NEAR_END:
            self._asked_at = len(self.rows)
            self.post_message(self.NearEnd(self, self.rows[-1]))
