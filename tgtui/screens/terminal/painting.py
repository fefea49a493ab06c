"""What the terminal shows and what it is to show: only cells that differ are written, and only the newest state.

Textual writes every widget anew that may have changed, and each of its segments with all colours. For people behind a slow
link its frames are kept here as cells instead; whoever writes to the terminal takes what differs when everything before
is written, so that states which nobody could have seen are left out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Offset, Size

from tgtui.screens.terminal.cells import BLANK, PLAIN, Cell, Look, cells_of, step

GAP = 4
"""So many cells that are right already are written again between two that are not: moving the cursor costs as much."""
SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""A terminal that knows them shows what is between at once."""

Update = LayoutUpdate | ChopsUpdate
Row = list[Cell]
Drawn = tuple[int, ColorSystem, list[Segment]]
"""How many cells it takes, and what it was drawn with."""


class Painting:
    """`show` is called by the event loop, `take` by the thread that writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: list[Row] = []
        self._painted: list[Row | None] = []
        """None for a row of which nothing is known."""
        self._width = 0
        self._changed: set[int] = set()
        """Rows that may differ."""
        self._drawn: list[dict[int, Drawn]] = []
        """By row and first column: of what the wanted cells were made."""
        self._cursor = Offset(0, 0)
        """Where it rests, hidden: input methods open their windows there."""
        self._is_moved = False
        self._is_synchronized = False
        self._is_on = False
        self._is_called = False

    def start(self) -> None:
        """The terminal is ours, and shows nothing of this yet."""
        with self._lock:
            self._is_on = True
        self.forget()

    def stop(self) -> None:
        """The terminal is not ours any more: there is nothing to take."""
        with self._lock:
            self._is_on = False

    def forget(self) -> None:
        """Anything may be on the terminal now: all is written again."""
        with self._lock:
            self._painted = [None] * len(self._wanted)
            self._changed = set(range(len(self._wanted)))

    def call(self) -> bool:
        """Whether the writer must be told that there is something to take; once for any number of frames."""
        with self._lock:
            is_first, self._is_called = not self._is_called, True
            return is_first

    def show(
        self,
        update: Update,
        size: Size,
        cursor: Offset,
        colors: ColorSystem,
        *,
        is_synchronized: bool,
    ) -> None:
        """A frame of Textual's, whole or in part, of a screen of that size."""
        with self._lock:
            self._resize(size)
            self._is_synchronized = is_synchronized
            self._is_moved = self._is_moved or cursor != self._cursor
            self._cursor = cursor
            for y, x, segments in spans(update):
                if not self._is_there(y, x, segments, colors):
                    cells = cells_of(segments, colors)
                    self._put(y, x, cells)
                    self._note(y, x, (len(cells), colors, segments))

    def take(self) -> str:
        """What turns the terminal's state into the wanted one; "" if nothing does."""
        with self._lock:
            self._is_called = False
            if not self._is_on or not (self._changed or self._is_moved):
                return ""
            pen = Pen(self._width)
            for y in sorted(self._changed):
                self._paint_row(y, pen)
            self._changed.clear()
            is_moved, self._is_moved = self._is_moved, False
            if not (pen.runs or is_moved):
                return ""
            frame = pen.finish(*self._cursor)
            if self._is_synchronized and pen.runs > 1:
                return f"{SYNC_BEGIN}{frame}{SYNC_END}"
            return frame

    def _resize(self, size: Size) -> None:
        """A terminal of another size moves its lines as it likes."""
        if (self._width, len(self._wanted)) != size:
            self._width = size.width
            self._wanted = [[BLANK] * size.width for _ in range(size.height)]
            self._drawn = [{} for _ in range(size.height)]
            self._painted = [None] * size.height
            self._changed = set(range(size.height))

    def _is_there(self, y: int, x: int, segments: list[Segment], colors: ColorSystem) -> bool:
        """Whether exactly this was drawn there last: widgets are drawn whole, and most of their lines are as before."""
        if not 0 <= y < len(self._drawn):
            return True
        last = self._drawn[y].get(x)
        return last is not None and last[1] is colors and last[2] == segments

    def _put(self, y: int, x: int, cells: list[Cell]) -> None:
        if not (0 <= y < len(self._wanted) and 0 <= x < self._width):
            return
        row = self._wanted[y]
        cells = cells[: self._width - x]
        end = x + len(cells)
        _clear_halves(row, x)
        _clear_halves(row, end)
        row[x:end] = cells
        self._changed.add(y)

    def _note(self, y: int, x: int, now: Drawn) -> None:
        drawn, end = self._drawn[y], x + now[0]
        covered = [start for start, (size, *_) in drawn.items() if start < end and x < start + size]
        for start in covered:
            del drawn[start]
        drawn[x] = now

    def _paint_row(self, y: int, pen: Pen) -> None:
        wanted, painted = self._wanted[y], self._painted[y]
        if painted == wanted:
            return
        for start, end in differing(painted, wanted):
            pen.write(start, y, wanted[start:end])
        self._painted[y] = wanted.copy()


class Pen:
    """Writes cells with as few bytes as it can."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._written: list[str] = []
        self._look: Look = PLAIN
        self._x, self._y = -1, -1
        self.runs = 0

    def write(self, x: int, y: int, cells: list[Cell]) -> None:
        """Cells of one row, from `x` on."""
        self.runs += 1
        self._move(x, y)
        add = self._written.append
        for letter, look in cells:
            if letter:
                self._move(x, y)
                if look is not self._look:
                    codes, self._look = step(self._look, look, letter == " ")
                    if codes:
                        add(codes)
                add(letter)
                self._x = x + 1 if letter.isascii() or _is_sure(letter) else -1
            elif self._x == x:
                self._x += 1
            x += 1
        if self._x >= self._width:
            self._x = self._width  # the cursor stands on the last column, or past it

    def finish(self, x: int, y: int) -> str:
        """All that was written, with the cursor at last there, in no colour."""
        self._written.append(step(self._look, PLAIN, False)[0])
        self._look = PLAIN
        self._x = -1
        self._move(x, y)
        return "".join(self._written)

    def _move(self, x: int, y: int) -> None:
        if (x, y) == (self._x, self._y):
            return
        if y == self._y and 0 <= self._x < x:
            way = f"\x1b[{x - self._x}C" if x - self._x > 1 else "\x1b[C"
        elif y == self._y:
            way = f"\x1b[{x + 1}G" if x else "\r"
        elif x == 0 and self._y >= 0 and y == self._y + 1:
            way = "\r\n"
        else:
            way = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"
        self._written.append(way)
        self._x, self._y = x, y


def differing(painted: Row | None, wanted: Row) -> Iterator[tuple[int, int]]:
    """From where to where the row is to be written."""
    width = len(wanted)
    if painted is None or _is_tricky(painted) or _is_tricky(wanted):
        yield 0, width
        return
    x = 0
    while x < width:
        if wanted[x] == painted[x]:
            x += 1
            continue
        start = end = x
        while x < width and x - end <= GAP:
            x += 1
            if wanted[x - 1] != painted[x - 1]:
                end = x
        while start and not wanted[start][0]:
            start -= 1
        while end < width and not wanted[end][0]:
            end += 1
        yield start, end
        x = max(x, end)


def spans(update: Update) -> Iterator[tuple[int, int, list[Segment]]]:
    """Rows, columns and what is drawn from there on."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, [segment for strip in strips for segment in strip]
        return
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < x2 and end > x1:
                yield y, x, list(strip.crop(0, min(end, x2) - x))


def _is_tricky(row: Row) -> bool:
    """Whether terminals may disagree on where in the row something stands: it has letters of several characters."""
    return any(len(letter) > 1 for letter, _ in row)


def _is_sure(letter: str) -> bool:
    """Whether terminals agree on how wide it is: Latin, Greek, Cyrillic, the lines of boxes, Chinese, Korean."""
    return len(letter) == 1 and (
        letter < "\u0530" or "\u2500" <= letter < "\u25a0" or "\u3000" <= letter < "\ud7a4"
    )


def _clear_halves(row: Row, x: int) -> None:
    """A letter that reaches over the column `x` is cut there: nothing of it remains."""
    if 0 < x < len(row) and not row[x][0]:
        start = x - 1
        while start and not row[start][0]:
            start -= 1
        end = x
        while end < len(row) and not row[end][0]:
            end += 1
        for at in range(start, end):
            row[at] = (" ", Look(0, "", row[at][1].background, ""))
