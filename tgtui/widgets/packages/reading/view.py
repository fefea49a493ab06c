"""Shows a long text: knows how high every part may be, and parses only those on the screen."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate
from time import perf_counter
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from tgtui.widgets.lists.lines import LineView
from tgtui.widgets.packages.reading.contents import Heading
from tgtui.widgets.packages.reading.layout import Laid, laid_out
from tgtui.widgets.packages.reading.runs import Line, Run
from tgtui.widgets.packages.reading.text import NOTHING, Readable

KEPT = 256
"""Pieces whose lines are kept; more than any screen shows."""
TURN_S = 0.01
"""How long one turn of the event loop lays out; then the next key, or another program's, comes first."""
PAUSE_S = 0.002
"""Between two of these turns."""
LATER = Line((Run("…", "$foreground-muted"),))
"""Stands for a line that is not laid out yet."""
AT_TOP = 2
"""Lines below the first one: a heading there is the one people look at."""
WIDEST = 110
"""Cells of a line of Markdown: longer ones are hard to read."""
FOUND = "reverse"
MOST_HITS = 100_000
UNMARKED = re.compile(r"[*`\[]|\]\([^)\s]{0,500}\)")
"""Signs of Markdown that may stand within words that are found."""


class TextView(LineView):
    """`show` gives it a text; the rest is scrolling."""

    DEFAULT_CSS = """
    TextView { height: 1fr; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "page_down", "Page down", show=False, id="reading.page_down"),
    ]

    class Moved(Message):
        """Other lines are in sight."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TextView.Moved)

    class LinkClicked(Message):
        """A link was clicked on."""

        def __init__(self, text: str, link: str) -> None:
            super().__init__()
            self.text, self.link = text, link

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = NOTHING
        """What is shown."""
        self._laid: OrderedDict[int, Laid] = OrderedDict()
        self._heights: list[int] = []
        self._starts: list[int] = [0]
        """The first line of each piece, and the end of the last one."""
        self._width = 0
        self._sought: re.Pattern[str] | None = None
        self._is_settling = False
        self._is_ending = False
        """The end was asked for, and is not known yet."""

    def show(self, text: Readable) -> None:
        """Another text, from its beginning."""
        self.text = text
        self._sought = None
        self._forget()
        self._scroll_to_line(0)
        self._settle()
        self.refresh()

    @property
    def line_count(self) -> int:
        return self._starts[-1]

    @property
    def percent(self) -> int:
        """Of the text, down to the last line in sight."""
        below = self.scroll_offset.y + self.scrollable_content_region.height
        return min(100, 100 * below // max(1, self.line_count))

    def current(self, headings: Sequence[Heading]) -> Heading | None:
        """The heading that the first lines in sight belong to."""
        top = self.scroll_offset.y + AT_TOP
        piece = self._piece_at(top)
        found = None
        for heading in headings:
            if heading.piece > piece or (heading.piece == piece and self._line_of(heading) > top):
                break
            found = heading
        return found

    def links_in_sight(self) -> list[tuple[str, str]]:
        """(text, where it leads) of each link on the screen, in order."""
        found: dict[str, str] = {}
        for y in self.lines_in_sight():
            for run in self._line(y).runs:
                if run.link:
                    text = found.get(run.link, "")
                    found[run.link] = f"{text} {run.text}".strip() if text != run.text else text
        return [(text, link) for link, text in found.items()]

    def go_to(self, heading: Heading) -> None:
        """Scroll so that it is the first line."""
        self._lay_out(heading.piece)
        self._restart()
        self._scroll_to_line(self._line_of(heading))
        self._settle()

    async def find(self, text: str) -> list[tuple[int, int]]:
        """Where it is in the text, in any case: (piece, how often there). Marks it on the screen."""
        words = text.split()
        pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE) if words else None
        self._sought = pattern
        self.refresh()
        if pattern is None:
            return []
        pieces = self.text.source.pieces

        def look() -> list[tuple[int, int]]:
            found, total = [], 0
            for number, piece in enumerate(pieces):
                texts = () if piece.kind == "hidden" else (piece.text, UNMARKED.sub("", piece.text))
                count = max((len(pattern.findall(each)) for each in texts), default=0)
                if count:
                    found.append((number, count))
                total += count
                if total > MOST_HITS:
                    break
            return found

        return await asyncio.to_thread(look)

    def go_to_hit(self, piece: int, ordinal: int) -> None:
        """Scroll to what was found there; what is in an address and so not seen is near it."""
        laid = self._lay_out(piece)
        self._restart()
        line = self._line_of_hit(laid, ordinal)
        top = self._starts[piece] + line
        sight = self.lines_in_sight()
        if not (sight.start <= top < sight.stop - 1):
            self._scroll_to_line(top - self.scrollable_content_region.height // 3)
        self._settle()

    def _line_of(self, heading: Heading) -> int:
        laid = self._lay_out(heading.piece)
        is_known = 0 <= heading.ordinal < len(laid.headings)
        line = laid.headings[heading.ordinal] if is_known else 0
        return self._starts[heading.piece] + line

    def _line_of_hit(self, laid: Laid, ordinal: int) -> int:
        assert self._sought is not None
        seen = -1
        last = 0
        for place, line in enumerate(laid.lines):
            count = len(self._sought.findall(line.plain))
            if count:
                seen, last = seen + count, place
            if seen >= ordinal:
                return place
        return last

    def action_cursor_up(self) -> None:
        self._scroll_by(-1)

    def action_cursor_down(self) -> None:
        self._scroll_by(1)

    def action_page_up(self) -> None:
        self._scroll_by(-self._page)

    def action_page_down(self) -> None:
        self._scroll_by(self._page)

    def action_first(self) -> None:
        self._scroll_by(-self.scroll_offset.y)

    def action_last(self) -> None:
        self._is_ending = True
        self._scroll_to_line(self.line_count)
        self._settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._settle()
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        if self._text_width != self._width:
            piece = self._piece_at(self.scroll_offset.y)
            self._forget()
            self._scroll_to_line(self._starts[min(piece, len(self._starts) - 1)])
        self._settle()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x = offset.x
        for run in self._line(offset.y + self.scroll_offset.y).runs:
            x -= Content(run.text).cell_length
            if x < 0:
                if run.link:
                    self.post_message(self.LinkClicked(run.text, run.link))
                return

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        style = self.visual_style
        line = self._line(y + self.scroll_offset.y)
        content = Content.assemble(*((run.text, run.style) for run in line.runs))
        if line.fill:
            pad = self._text_width - content.cell_length
            content = content.append(Content.styled(" " * max(0, pad), line.fill))
        if self._sought is not None:
            for match in self._sought.finditer(content.plain):
                content = content.stylize(FOUND, match.start(), match.end())
        return self._strip(content, width, style)

    def _scroll_by(self, lines: int) -> None:
        self._is_ending = False
        self._scroll_to_line(self.scroll_offset.y + lines)

    @property
    def _text_width(self) -> int:
        width: int = self.scrollable_content_region.width
        return max(1, min(WIDEST, width) if self.text.is_markdown else width)

    def _line(self, y: int) -> Line:
        piece = self._piece_at(y)
        if piece >= len(self.text.source.pieces):
            return Line()
        laid = self._laid.get(piece)
        if laid is None:
            return LATER
        at = y - self._starts[piece]
        return laid.lines[at] if 0 <= at < len(laid.lines) else Line()

    def _piece_at(self, y: int) -> int:
        """The number of pieces if `y` is below the text."""
        return max(0, bisect_right(self._starts, y) - 1)

    def _forget(self) -> None:
        """Every height is a guess again."""
        self._width = self._text_width
        self._laid.clear()
        self._heights = [piece.height(self._width) for piece in self.text.source.pieces]
        self._restart()

    def _restart(self) -> None:
        self._starts = list(accumulate(self._heights, initial=0))
        self._resize()

    def _lay_out(self, number: int) -> Laid:
        """The lines of a piece; its height is known afterwards."""
        laid = self._laid.get(number)
        if laid is None:
            laid = laid_out(self.text.source.pieces[number], self._width, self.text.references)
            self._laid[number] = laid
            if len(self._laid) > KEPT:
                self._laid.popitem(last=False)
        else:
            self._laid.move_to_end(number)
        self._heights[number] = len(laid.lines)
        return laid

    def _settle(self) -> None:
        """Lay out what is in sight, as far as there is time now.

        Where a guess was wrong, what people look at stays where it is.
        """
        if self._is_settling or not self.text.source.pieces or not self._width:
            return
        self._is_settling = True
        end = perf_counter() + TURN_S
        try:
            is_whole = False
            while not is_whole and perf_counter() < end:
                before = self.scroll_offset.y
                is_whole = self._measure(end) and self.scroll_offset.y == before
        finally:
            self._is_settling = False
        if is_whole and self._is_ending and self.scroll_offset.y < self.max_scroll_y:
            self._scroll_to_line(self.line_count)  # the last parts are higher than was guessed
            is_whole = False
        self._is_ending = self._is_ending and not is_whole
        if not is_whole:
            # Not `call_later`: a widget with messages in its queue lets nothing else run.
            self.set_timer(PAUSE_S, self._settle)

    def _measure(self, end: float) -> bool:
        """Whether all that is in sight is laid out; `end` is when to stop, by the stopwatch."""
        top = self.scroll_offset.y
        height = max(1, self.scrollable_content_region.height)
        while True:
            first = self._piece_at(top)
            last = min(self._piece_at(top + height - 1), len(self.text.source.pieces) - 1)
            number = next((n for n in range(first, last + 1) if n not in self._laid), None)
            if number is None or perf_counter() > end:
                break
            guessed = self._heights[number]
            self._lay_out(number)
            changed = self._heights[number] - guessed
            if number == first and top > self._starts[number]:
                top = max(self._starts[number], top + changed)
            if changed:
                self._starts = list(accumulate(self._heights, initial=0))
        self._resize()
        if top != self.scroll_offset.y:
            self._scroll_to_line(top)
        self.refresh()
        return number is None
