"""What lists and trees of many lines share: only visible lines are drawn; the cursor, its keys and its marker."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as Plain
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.style import Style

EIGHTHS = 8
"""Steps of a scrollbar in a cell."""
MARKER = "▌"
"""Stands before the line under the cursor, so that it is visible without colours too."""


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """Subclasses hold the lines and say which one the cursor is on; this scrolls to it and draws it."""

    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        text-wrap: nowrap;
        text-overflow: clip;
        scrollbar-size-vertical: 1;
        & > .lines--cursor {
            background: $block-cursor-blurred-background 40%;
        }
        &:focus > .lines--cursor {
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-text-style;
        }
        & > .lines--marker { color: $foreground-muted; }
        &:focus > .lines--marker { color: $block-cursor-background; }
        & > .lines--hover { background: $block-hover-background; }
        &:ansi:focus > .lines--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--row",
        "lines--cursor",
        "lines--marker",
        "lines--hover",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Row above", show=False, id="list.up"),
        Binding("down,j", "cursor_down", "Row below", show=False, id="list.down"),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False, id="list.page_up"),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False, id="list.page_down"),
        Binding("home,g", "first", "First row", show=False, id="list.first"),
        Binding("end,G", "last", "Last row", show=False, id="list.last"),
    ]
    ALLOW_SELECT = False

    _hover = -1

    @property
    def line_count(self) -> int:
        """How many lines there are, visible or not."""
        return 0

    @property
    def cursor_line(self) -> int:
        """The one under the cursor, -1 if there is none."""
        return -1

    def move_to_line(self, line: int) -> None:
        """Put the cursor on the nearest line that can have it."""

    def lines_in_sight(self) -> range:
        """Those on the screen."""
        top = self.scroll_offset.y
        height = max(1, self.scrollable_content_region.height)
        return range(top, max(top, min(top + height, self.line_count)))

    def action_cursor_up(self) -> None:
        self.move_to_line(self.cursor_line - 1)

    def action_cursor_down(self) -> None:
        self.move_to_line(self.cursor_line + 1)

    def action_page_up(self) -> None:
        self.move_to_line(max(0, self.cursor_line - self._page))

    def action_page_down(self) -> None:
        self.move_to_line(min(self.line_count - 1, self.cursor_line + self._page))

    def action_first(self) -> None:
        self.move_to_line(0)
        self._scroll_to_line(0)

    def action_last(self) -> None:
        self.move_to_line(self.line_count - 1)
        self._show_cursor()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover_over(self._line_at(event))

    def on_leave(self) -> None:
        self._hover_over(-1)

    @property
    def _page(self) -> int:
        """Lines a page key moves by: one stays in sight."""
        height: int = self.scrollable_content_region.height
        return max(1, height - 1)

    def _line_at(self, event: events.MouseEvent) -> int:
        """The line under the mouse, -1 if there is none."""
        offset = event.get_content_offset(self)
        line = -1 if offset is None else offset.y + self.scroll_offset.y
        return line if line < self.line_count else -1

    def _hover_over(self, line: int) -> None:
        if line != self._hover:
            old, self._hover = self._hover, line
            for changed in (old, line):
                if changed >= 0:
                    self.refresh_lines(changed)

    def _resize(self) -> None:
        """Tell the scrollbar how many lines there are. The screen is laid out again only if it appears or
        disappears: a layout draws everything, and lists change with each key."""
        size = Size(self.scrollable_content_region.width, self.line_count)
        if size != self.virtual_size:
            self.set_reactive(LineView.virtual_size, size)
            self._scroll_update(size)

    def _scroll_update(self, virtual_size: Size) -> None:
        """Textual's own draws the scrollbar each time, also for a few rows more or less among thousands."""
        self._refresh_scrollbars()
        if self.show_vertical_scrollbar:
            bar = self.vertical_scrollbar
            thumb = _thumb(bar, virtual_size.height)
            if thumb is not None and thumb == _thumb(bar, bar.window_virtual_size):
                bar.set_reactive(ScrollBar.window_virtual_size, virtual_size.height)
                self.scroll_y = self.validate_scroll_y(self.scroll_y)
                return
        super()._scroll_update(virtual_size)

    def _scroll_to_line(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _show_cursor(self) -> None:
        height, top, line = (
            self.scrollable_content_region.height,
            self.scroll_offset.y,
            self.cursor_line,
        )
        if line < 0 or height <= 0:
            return
        if line < top:
            self._scroll_to_line(self._shown_with(line))
        elif line >= top + height:
            self._scroll_to_line(line - height + 1)

    def _shown_with(self, line: int) -> int:
        """The first visible line when the cursor comes to `line` from below."""
        return line

    def _kind(self, line: int) -> str:
        """Which component class draws it."""
        return "cursor" if line == self.cursor_line else "hover" if line == self._hover else "row"

    def _marked(self, content: Content, kind: str, width: int) -> Strip:
        """A line of exactly `width` cells, the first one for the marker."""
        style = self.get_visual_style(f"lines--{kind}")
        sign, sign_style = " ", style
        if kind == "cursor":
            color = self.get_component_styles("lines--marker").color
            sign, sign_style = MARKER, style + Style(foreground=color)
        strip: Iterable[Segment] = self._strip(content, max(0, width - 1), style)
        if kind == "cursor" and self.has_focus and self.app.native_ansi_color:
            # A terminal's own colours can't be blended: muted or yellow text would be lost on this background.
            strip = Segment.apply_style(
                strip, post_style=Plain(color=style.rich_style.color, dim=False)
            )
        return Strip([Segment(sign, sign_style.rich_style), *strip], width)

    def _strip(self, content: Content, width: int, style: Style) -> Strip:
        # One line, already cut to its width, in which nothing is selected: a visual would have nothing to wrap.
        strip = Strip(content.render_segments(style))
        return strip.adjust_cell_length(width, style.rich_style)


def _thumb(bar: ScrollBar, lines: int) -> tuple[int, int] | None:
    """Where the handle begins and how long it is, in eighths of a cell; None if there is none or it is not known."""
    cells = bar.size.height
    if not (cells and bar.window_size == cells < lines):
        return None
    length = max(1.0, cells * cells / lines)
    begin = (cells - length) * bar.position / (lines - cells)
    return int(begin * EIGHTHS), ceil(length * EIGHTHS)
