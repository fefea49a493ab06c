"""A list of any length that holds only the pages in sight: says which lines those are, so that pages are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.message import Message

from tgtui.widgets.lists.columns import R
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.lists.sparse_rows import SparseRows


class SparseList(RowList[R]):
    """Shows `SparseRows`; call `renew` after changing them."""

    class ListMessage(Message):
        """About one list."""

        def __init__(self, row_list: SparseList[Any]) -> None:
            super().__init__()
            self.row_list = row_list

        @property
        def control(self) -> SparseList[Any]:
            """What sent it, for `@on(..., "#selector")`."""
            return self.row_list

    class Moved(ListMessage):
        """The cursor is on another line, other lines are in sight, or there are more or fewer."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, SparseList.Moved) and message.control is self.control

    class LastWanted(ListMessage):
        """The last row was asked for, and it is not known yet which line that is."""

    _sparse: SparseRows[R, Any] | None = None
    _said: tuple[int, range, int] | None = None

    @property
    def rows(self) -> Sequence[R]:
        """Those that are held."""
        return () if self._sparse is None else self._sparse.held

    def show(self, rows: SparseRows[R, Any]) -> None:
        """Show other rows, from the first one."""
        self._sparse = rows
        self.set_rows(rows, reset=True)
        self._say()

    def renew(self) -> None:
        """Pages came or went."""
        if self._sparse is not None:
            self.set_rows(self._sparse)
            self._say(always=True)

    def move_to_line(self, line: int) -> None:
        super().move_to_line(line)
        self._say()

    def action_last(self) -> None:
        if self._sparse is None:
            return
        if not self._sparse.is_end_known:
            self.post_message(self.LastWanted(self))
            return
        if self._sparse.renumber():
            self.renew()
        super().action_last()

    def on_resize(self) -> None:
        super().on_resize()
        self._say()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._say()

    def _say(self, *, always: bool = False) -> None:
        now = self.cursor_line, self.lines_in_sight(), self.line_count
        if now != self._said or always:
            self._said = now
            self.post_message(self.Moved(self))
