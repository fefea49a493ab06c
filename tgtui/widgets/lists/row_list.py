"""A list for many rows: draws only visible lines, repaints only those that changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Any, ClassVar, Generic, Protocol, cast, runtime_checkable

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from tgtui.widgets.lists.columns import Column, R, fitted
from tgtui.widgets.lists.layout import Layout
from tgtui.widgets.lists.lines import LineView

DRAWN = 1_000
"""Lines whose last drawing is kept; more than any screen shows."""

LATER = Content.styled("  …", "$foreground-muted")
"""Stands for a row that is not here yet."""
NOTHING = object()
"""What is drawn on a line without a row."""


@runtime_checkable
class IndexedRows(Protocol):
    """Rows that are looked up when they are needed, and know where a key is."""

    def line_of(self, key: Hashable) -> int | None:
        """None if no row has it."""
        ...


class RowList(LineView, Generic[R]):
    """Rows go in by `set_rows`, messages come out.

    The cursor stays on the same row, found by its key, and that row stays on the same line of the
    screen, whatever is inserted or removed around it.
    """

    DEFAULT_CSS = """
    RowList > .row-list--heading { color: $text-muted; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--heading"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "open", id="list.select", tooltip="Open what is under the cursor"
        )
    ]

    class RowMessage(Message):
        """About one row of one list."""

        def __init__(self, row_list: RowList[Any], row: Any) -> None:
            super().__init__()
            self.row_list = row_list
            self.row = row

        @property
        def control(self) -> RowList[Any]:
            """What sent it, for `@on(..., "#selector")`."""
            return self.row_list

    class Highlighted(RowMessage):
        """The cursor came to another row; `row` is None if there is none, or none yet."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowList.Highlighted) and message.control is self.control

    class Selected(RowMessage):
        """Enter, a double click, or a click on the row under the cursor."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        key: Callable[[R], Hashable],
        heading: Callable[[R], Content | None] = lambda row: None,
        click_selects: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`heading` gives the content of rows that are headings: full width, skipped by the cursor."""
        super().__init__(id=id, classes=classes)
        self._layout = Layout[R](tuple(columns))
        self._key = key
        self._heading = heading
        self._click_selects = click_selects
        self._rows: Sequence[R | None] = []
        """None on a line whose row is not here yet."""
        self._drawn: dict[int, R | None] = {}
        """By line, as it was last drawn."""
        self._cursor = -1
        self._announced: Hashable = None
        self._strips: dict[tuple[R | None, str, int], Strip] = {}

    @property
    def rows(self) -> Sequence[R]:
        return cast("Sequence[R]", self._rows)

    @property
    def line_count(self) -> int:
        return len(self._rows)

    @property
    def cursor_line(self) -> int:
        """Index of the row under the cursor, -1 in a list without rows to choose."""
        return self._cursor

    @property
    def current(self) -> R | None:
        """The row under the cursor, None if it is not here yet."""
        return self._rows[self._cursor] if 0 <= self._cursor < len(self._rows) else None

    def key_of(self, row: R) -> Hashable:
        """What identifies a row that was read again."""
        return self._key(row)

    def set_rows(
        self,
        rows: Sequence[R | None],
        *,
        reset: bool = False,
        start: Hashable = None,
    ) -> None:
        """Show these rows. `reset` puts the cursor on the first; else it stays with its row's key.

        Indexed rows are used where they are, others are copied. `start` is the key of the row to begin with in a list
        that was empty.
        """
        old_cursor, old_top = self._cursor, self.scroll_offset.y
        key = start if self._announced is None else self._announced
        key = None if reset else key
        is_indexed = isinstance(rows, IndexedRows)
        self._rows = rows if is_indexed else list(rows)
        self._forget_drawings()
        self._hover = -1
        self._cursor = self._find(key, 0 if reset else old_cursor)
        self._resize()
        is_new = reset or old_cursor < 0
        self._scroll_to_line(0 if is_new else old_top + self._moved_by(old_cursor, old_top))
        if is_new:
            self._show_cursor()
        if is_new or self._is_other_listing(old_top):
            self._layout.forget()
            if self._decide_widths():
                self.refresh()
        self._repaint_changed(old_cursor, old_top)
        self._announce()

    def redraw(self) -> None:
        """Something else that the columns show changed: draw every visible line again."""
        self._forget_drawings()
        self.refresh()

    def renew_line(self, index: int) -> None:
        """Draw the line again if its row changed."""
        if self._rows[index] != self._drawn.get(index):
            self.refresh_lines(index)

    def move_to_line(self, line: int) -> None:
        index = self._nearest(line, 1 if line >= self._cursor else -1)
        if index < 0 or index == self._cursor:
            return
        old, self._cursor = self._cursor, index
        self.refresh_lines(old)
        self.refresh_lines(index)
        self._show_cursor()
        self._announce()

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key; False if it isn't in the list."""
        line = self._line_of(key)
        if line is not None:
            self.move_to_line(line)
        return line is not None

    def action_cursor_up(self) -> None:
        before = self._cursor
        super().action_cursor_up()
        if self._cursor == before:  # the first row: show the heading above it
            self._scroll_to_line(0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is nothing to open, enter is left to the screen."""
        if action == "select":
            return self.current is not None
        return super().check_action(action, parameters)

    def action_select(self) -> None:
        if self.current is not None:
            self.post_message(self.Selected(self, self.current))

    def on_click(self, event: events.Click) -> None:
        index = self._line_at(event)
        if index < 0:
            return
        was_there = index == self._cursor
        self.move_to_line(index)
        if self._click_selects or was_there or event.chain > 1:
            self.action_select()

    def on_resize(self) -> None:
        self._forget_drawings()
        self._resize()
        self._show_cursor()

    def notify_style_update(self) -> None:
        self._forget_drawings()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if not 0 <= index < len(self._rows):
            return Strip.blank(width, self.rich_style)
        kind = self._kind(index)
        row = self._rows[index]
        if len(self._drawn) >= DRAWN:
            self._drawn.clear()
        self._drawn[index] = row
        key = (row, kind + ("!" if self.has_focus else ""), width)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= DRAWN:
                self._strips.clear()
            strip = self._strips[key] = self._draw(row, kind, width)
        return strip

    def tells(self, row: R, text: str) -> bool:
        """Whether the line of this row has all of the text, at the width of now."""
        self._layout.fit(max(0, self.size.width - 2))
        return self._layout.is_decided and text in self._layout.line(row).plain

    def _draw(self, row: R | None, kind: str, width: int) -> Strip:
        if row is None:
            return self._marked(fitted(LATER, width - 1), kind, width)
        heading = self._heading(row)
        if heading is not None:
            style = self.get_visual_style("row-list--heading")
            return self._strip(fitted(heading, width), width, style)
        self._layout.fit(max(0, width - 2))
        if not self._layout.is_decided:
            self._layout.decide(self._rows_in_sight() or [row])
        return self._marked(fitted(self._layout.line(row), width - 1), kind, width)

    def _decide_widths(self) -> bool:
        """By the rows in sight, if there are some already and room for them. True if they change."""
        rows = self._rows_in_sight() if self.scrollable_content_region.area else []
        return bool(rows) and self._layout.decide(rows)

    def _is_other_listing(self, old_top: int) -> bool:
        """None of the rows that were in sight still is."""
        height = self.scrollable_content_region.height
        drawn = [self._drawn.get(line) for line in range(old_top, old_top + height)]
        before = {self._key(row) for row in drawn if row is not None and self._heading(row) is None}
        now = set(map(self._key, self._rows_in_sight()))
        return bool(before and now) and before.isdisjoint(now)

    def _rows_in_sight(self) -> list[R]:
        """Without headings."""
        rows = [self._rows[line] for line in self.lines_in_sight()]
        return [row for row in rows if row is not None and self._heading(row) is None]

    def _forget_drawings(self) -> None:
        self._strips.clear()
        self._layout.renew()

    def _find(self, key: Hashable | None, fallback: int) -> int:
        line = None if key is None else self._line_of(key)
        return self._nearest(max(0, fallback), 1) if line is None else line

    def _line_of(self, key: Hashable) -> int | None:
        if isinstance(self._rows, IndexedRows):
            return self._rows.line_of(key)
        for index, row in enumerate(self.rows):
            if self._key(row) == key:
                return index
        return None

    def _nearest(self, index: int, step: int) -> int:
        """The first row from `index` on that is no heading, else the last one before; -1 if none."""
        last = len(self._rows) - 1
        index = max(0, min(index, last))
        ahead = range(index, last + 1) if step > 0 else range(index, -1, -1)
        behind = range(index, -1, -1) if step > 0 else range(index, last + 1)
        for candidate in chain(ahead, behind):
            if candidate <= last and not self._is_heading(candidate):
                return candidate
        return -1

    def _shown_with(self, line: int) -> int:
        """For the first row of a group, the heading right above it."""
        above = line - 1
        return above if above >= 0 and self._is_heading(above) else line

    def _is_heading(self, line: int) -> bool:
        row = self._rows[line]
        return row is not None and self._heading(row) is not None

    def _moved_by(self, old_cursor: int, old_top: int) -> int:
        """Lines by which the view moved: the row under the cursor, or, if that is out of sight, the first visible one."""
        seen = self._drawn.get(old_top)
        height = self.scrollable_content_region.height
        if seen is None or old_top <= old_cursor < old_top + height:
            return self._cursor - old_cursor
        line = self._line_of(self._key(seen))
        return 0 if line is None else line - old_top

    def _repaint_changed(self, old_cursor: int, old_top: int) -> None:
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        drawn, self._drawn = self._drawn, {}
        for line in range(height):
            before, now = line + old_top, line + top
            old = drawn.get(before, NOTHING)
            new = self._rows[now] if now < len(self._rows) else NOTHING
            if old != new or (before == old_cursor) != (now == self._cursor):
                self.refresh_line(now)
            elif before in drawn:
                self._drawn[now] = drawn[before]

    def _announce(self) -> None:
        key = None if self.current is None else self._key(self.current)
        if key != self._announced:
            if (key is None) != (self._announced is None):
                self.refresh_bindings()
            self._announced = key
            self.post_message(self.Highlighted(self, self.current))

    def _line_at(self, event: events.MouseEvent) -> int:
        """No heading."""
        line = super()._line_at(event)
        return line if line >= 0 and not self._is_heading(line) else -1
