"""A list for many rows: draws only the lines that are seen, repaints only those that changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Any, ClassVar, Generic

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from tgtui.widgets.columns import Column, R, column_widths, fitted, line_of

MARKER = "▌"
"""Stands before the row under the cursor, so that it is seen without colours too."""
NEAR_END = 30
"""Rows before the last one at which the next page is asked for."""


class RowList(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """Rows go in by `set_rows` and `extend_rows`, messages come out.

    The cursor stays on the same row, found by its key, and that row stays on the same line of the
    screen, whatever is inserted or removed around it.
    """

    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        text-wrap: nowrap;
        text-overflow: clip;
        scrollbar-size-vertical: 1;
        & > .row-list--cursor {
            background: $block-cursor-blurred-background 40%;
        }
        &:focus > .row-list--cursor {
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-text-style;
        }
        & > .row-list--marker { color: $foreground-muted; }
        &:focus > .row-list--marker { color: $block-cursor-background; }
        & > .row-list--hover { background: $block-hover-background; }
        & > .row-list--heading { color: $text-muted; text-style: bold; }
        &:ansi:focus > .row-list--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-list--row",
        "row-list--cursor",
        "row-list--marker",
        "row-list--hover",
        "row-list--heading",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Row above", show=False, id="list.up"),
        Binding("down,j", "cursor_down", "Row below", show=False, id="list.down"),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False, id="list.page_up"),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False, id="list.page_down"),
        Binding("home,g", "first", "First row", show=False, id="list.first"),
        Binding("end,G", "last", "Last row", show=False, id="list.last"),
        Binding("enter", "select", "open", id="list.select"),
    ]
    ALLOW_SELECT = False

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
        """The cursor came to another row; `row` is None when the list became empty."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RowList.Highlighted) and message.control is self.control

    class Selected(RowMessage):
        """Enter, a double click, or a click on the row under the cursor."""

    class NearEnd(RowMessage):
        """The last rows come into sight and `has_more` was given: the next page is wanted.

        `row` is the last row. Sent once for each number of rows.
        """

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
        self._columns = tuple(columns)
        self._key = key
        self._heading = heading
        self._click_selects = click_selects
        self._rows: list[R] = []
        self._cursor = -1
        self._hover = -1
        self._has_more = False
        self._asked_at = -1
        self._announced: Hashable = None
        self._strips: dict[tuple[R, str, int], Strip] = {}

    @property
    def rows(self) -> Sequence[R]:
        """What is in the list now."""
        return self._rows

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor, -1 in a list without rows to choose."""
        return self._cursor

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if 0 <= self._cursor < len(self._rows) else None

    def set_rows(
        self,
        rows: Sequence[R],
        *,
        has_more: bool = False,
        reset: bool = False,
        start: Hashable = None,
    ) -> None:
        """Show these rows. `reset` puts the cursor on the first; else it stays with its row's key.

        `start` is the key of the row to begin with in a list that was empty.
        """
        old_rows, old_cursor, old_top = self._rows, self._cursor, self.scroll_offset.y
        key = start if self.current is None else self._key(self.current)
        key = None if reset else key
        self._rows = list(rows)
        self._has_more = has_more
        self._asked_at = -1
        self._strips.clear()
        self._hover = -1
        self._cursor = self._find(key, 0 if reset else old_cursor)
        self._resize()
        top = 0 if reset or old_cursor < 0 else old_top + self._cursor - old_cursor
        self._scroll_to_line(top)
        if reset or old_cursor < 0:
            self._show_cursor()
        self._repaint_changed(old_rows, old_cursor, old_top)
        self._announce()
        self._ask_for_more()

    def extend_rows(self, rows: Sequence[R], *, has_more: bool) -> None:
        """Add a page below; rows that are there already are left out."""
        known = {self._key(row) for row in self._rows}
        first = len(self._rows)
        self._rows.extend(row for row in rows if self._key(row) not in known)
        self._has_more = has_more
        if self._cursor < 0:
            self._cursor = self._find(None, 0)
        self._resize()
        self.refresh_lines(first, len(self._rows) - first)
        self._announce()
        self._ask_for_more()

    def replace_row(self, index: int, row: R) -> None:
        """Show another state of a row: the key stays, only its line is drawn."""
        if self._rows[index] != row:
            self._rows[index] = row
            self.refresh_lines(index)

    def move_to(self, index: int) -> None:
        """Put the cursor on the nearest row that can be chosen."""
        index = self._nearest(index, 1 if index >= self._cursor else -1)
        if index < 0 or index == self._cursor:
            return
        old, self._cursor = self._cursor, index
        self.refresh_lines(old)
        self.refresh_lines(index)
        self._show_cursor()
        self._announce()
        self._ask_for_more()

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key; False if it isn't in the list."""
        for index, row in enumerate(self._rows):
            if self._key(row) == key:
                self.move_to(index)
                return True
        return False

    def action_cursor_up(self) -> None:
        before = self._cursor
        self.move_to(before - 1)
        if self._cursor == before:  # the first row: show the heading above it
            self._scroll_to_line(0)

    def action_cursor_down(self) -> None:
        self.move_to(self._cursor + 1)

    def action_page_up(self) -> None:
        self.move_to(max(0, self._cursor - self._page))

    def action_page_down(self) -> None:
        self.move_to(min(len(self._rows) - 1, self._cursor + self._page))

    def action_first(self) -> None:
        self.move_to(0)
        self._scroll_to_line(0)

    def action_last(self) -> None:
        self.move_to(len(self._rows) - 1)

    def action_select(self) -> None:
        if self.current is not None:
            self.post_message(self.Selected(self, self.current))

    def on_click(self, event: events.Click) -> None:
        index = self._row_at(event)
        if index < 0:
            return
        was_there = index == self._cursor
        self.move_to(index)
        if self._click_selects or was_there or event.chain > 1:
            self.action_select()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover_over(self._row_at(event))

    def on_leave(self) -> None:
        self._hover_over(-1)

    def on_resize(self) -> None:
        self._strips.clear()
        self._resize()
        self._show_cursor()
        self._ask_for_more()

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if not 0 <= index < len(self._rows):
            return Strip.blank(width, self.rich_style)
        kind = "cursor" if index == self._cursor else "hover" if index == self._hover else "row"
        key = (self._rows[index], kind + ("!" if self.has_focus else ""), width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(self._rows[index], kind, width)
        return strip

    def _draw(self, row: R, kind: str, width: int) -> Strip:
        heading = self._heading(row)
        if heading is not None:
            return self._strip(fitted(heading, width), width, "row-list--heading")
        content = line_of(row, self._columns, column_widths(self._columns, width - 2))
        strip = self._strip(fitted(content, width - 1), width - 1, f"row-list--{kind}")
        style = self.get_visual_style(f"row-list--{kind}")
        sign = " "
        if kind == "cursor":
            sign, style = MARKER, style + Style(foreground=self._marker_color)
        return Strip([Segment(sign, style.rich_style), *strip], width)

    def _strip(self, content: Content, width: int, component: str) -> Strip:
        style = self.get_visual_style(component)
        strips = Visual.to_strips(self, content, width, 1, style)
        strip = strips[0] if strips else Strip.blank(width, style.rich_style)
        return strip.adjust_cell_length(width, style.rich_style)

    @property
    def _marker_color(self) -> Any:
        return self.get_component_styles("row-list--marker").color

    @property
    def _page(self) -> int:
        height: int = self.scrollable_content_region.height
        return max(1, height - 1)

    def _find(self, key: Hashable | None, fallback: int) -> int:
        if key is not None:
            for index, row in enumerate(self._rows):
                if self._key(row) == key:
                    return index
        return self._nearest(max(0, fallback), 1)

    def _nearest(self, index: int, step: int) -> int:
        """The first row from `index` on that is no heading, else the first one before; -1 if none."""
        last = len(self._rows) - 1
        index = max(0, min(index, last))
        ahead = range(index, last + 1) if step > 0 else range(index, -1, -1)
        behind = range(index, -1, -1) if step > 0 else range(index, last + 1)
        for candidate in chain(ahead, behind):
            if candidate <= last and self._heading(self._rows[candidate]) is None:
                return candidate
        return -1

    def _resize(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self._rows))
        if size != self.virtual_size:
            self.virtual_size = size

    def _scroll_to_line(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _show_cursor(self) -> None:
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if self._cursor < 0 or height <= 0:
            return
        if self._cursor < top:
            # A heading right above the first row of its group is shown with it.
            above = self._cursor - 1
            has_heading = above >= 0 and self._heading(self._rows[above]) is not None
            self._scroll_to_line(above if has_heading else self._cursor)
        elif self._cursor >= top + height:
            self._scroll_to_line(self._cursor - height + 1)

    def _repaint_changed(self, old_rows: Sequence[R], old_cursor: int, old_top: int) -> None:
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        for line in range(height):
            before, now = line + old_top, line + top
            old = old_rows[before] if before < len(old_rows) else None
            new = self._rows[now] if now < len(self._rows) else None
            if old != new or (before == old_cursor) != (now == self._cursor):
                self.refresh_line(now)

    def _announce(self) -> None:
        key = None if self.current is None else self._key(self.current)
        if key != self._announced:
            self._announced = key
            self.post_message(self.Highlighted(self, self.current))

    def _ask_for_more(self) -> None:
        if not self._has_more or not self._rows or self._asked_at == len(self._rows):
            return
        bottom = self.scroll_offset.y + self.scrollable_content_region.height
        if max(bottom, self._cursor) >= len(self._rows) - NEAR_END:
            self._asked_at = len(self._rows)
            self.post_message(self.NearEnd(self, self._rows[-1]))

    def _row_at(self, event: events.MouseEvent) -> int:
        offset = event.get_content_offset(self)
        if offset is None:
            return -1
        index = offset.y + self.scroll_offset.y
        if 0 <= index < len(self._rows) and self._heading(self._rows[index]) is None:
            return index
        return -1

    def _hover_over(self, index: int) -> None:
        if index != self._hover:
            old, self._hover = self._hover, index
            for changed in (old, index):
                if changed >= 0:
                    self.refresh_lines(changed)
