"""Only what differs is written, and the terminal then shows what Textual's own frames would show."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers._writer_thread import WriterThread
from textual.geometry import Offset, Region, Size
from textual.strip import Strip

from tests.screens.driving import NOW, catalogue_settings, shows, until
from tests.screens.test_snapshots import garden
from tests.support.emulator import Emulator
from tests.support.mass import mass
from tgtui.screens.app import TgtuiApp
from tgtui.screens.terminal.painting import Painting

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
RED, BLUE = Style(color="red", bold=True), Style(bgcolor="blue")
TRUE = ColorSystem.TRUECOLOR
TOP = Offset(0, 0)


class Board:
    """A painting of a few short lines, and a terminal that gets what it writes."""

    def __init__(self, width: int = 12, height: int = 3) -> None:
        self.painting = Painting()
        self.painting.start()
        self.terminal = Emulator(width, height)
        self.size = Size(width, height)

    def show(self, *lines: str | list[Segment], cursor: Offset = TOP) -> str:
        """The bytes of a frame with these lines."""
        strips = [
            [
                Strip([Segment(line)] if isinstance(line, str) else line).adjust_cell_length(
                    self.size.width
                )
            ]
            for line in (*lines, *[""] * (self.size.height - len(lines)))
        ]
        self.put(LayoutUpdate([*strips], Region(0, 0, *self.size)), cursor)
        return self.take()

    def put(self, update: Any, cursor: Offset = TOP) -> None:
        self.painting.show(update, self.size, cursor, TRUE, is_synchronized=False)

    def take(self) -> str:
        written = self.painting.take()
        self.terminal.feed(written)
        return written


def test_one_letter_costs_a_move_and_a_letter() -> None:
    board = Board()
    board.show("express", "react")
    assert board.show("express", "reach") == "\x1b[2;5Hh\x1b[1H"
    assert board.terminal.text == "express\nreach\n"


def test_nothing_is_written_if_nothing_changed() -> None:
    board = Board()
    board.show("express")
    assert board.show("express") == ""


def test_states_that_no_one_could_see_are_left_out() -> None:
    board = Board()
    for word in ("one", "two", "three", "three4"):
        board.painting.show(
            LayoutUpdate([[Strip([Segment(word.ljust(12))])]], Region(0, 0, 12, 1)),
            board.size,
            TOP,
            TRUE,
            is_synchronized=False,
        )
    written = board.take()
    assert "three4" in written
    assert "one" not in written
    assert "two" not in written


def test_the_writer_is_called_once_for_any_number_of_frames() -> None:
    painting = Painting()
    assert [painting.call(), painting.call()] == [True, False]
    painting.take()
    assert painting.call()


class SlowFile(io.StringIO):
    """What is written waits until it is let through."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.is_open = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        if text:
            self.reached.set()
            assert self.is_open.wait(20)
        return super().write(text)


@posix
def test_a_terminal_that_was_slow_gets_the_newest_frame_next() -> None:
    from tgtui.screens.terminal.driver import _Terminal

    board, file = Board(), SlowFile()
    writer = WriterThread(cast(Any, _Terminal(file, lambda: None, board.painting.take)))
    writer.start()
    for number in range(40):
        board.put(whole(f"frame {number:02}", width=12))
        if board.painting.call():
            writer.write("")
        assert file.reached.wait(20)  # the first one is being written
    file.is_open.set()
    writer.stop()
    board.terminal.feed(file.getvalue())
    assert board.terminal.text.splitlines()[0] == "frame 39"
    assert "frame 00" in file.getvalue()
    assert len(file.getvalue()) < 100


def whole(line: str, width: int) -> LayoutUpdate:
    return LayoutUpdate([[Strip([Segment(line.ljust(width))])]], Region(0, 0, width, 1))


def test_colours_are_named_only_where_they_change() -> None:
    board = Board()
    written = board.show([Segment("ab", RED), Segment("cd", RED), Segment("ef", RED + BLUE)])
    assert "\x1b[1;31mabcd\x1b[44mef" in written


def test_the_colour_of_a_letter_that_is_not_there_makes_no_difference() -> None:
    board = Board()
    board.show([Segment("a b", RED)])
    assert board.show([Segment("a", RED), Segment(" "), Segment("b", RED)]) == ""
    underlined = board.show(
        [Segment("a", RED), Segment(" ", Style(underline=True)), Segment("b", RED)]
    )
    assert "\x1b[4m" in underlined


def test_a_cursor_that_moves_alone_costs_one_move() -> None:
    board = Board()
    board.show("express")
    assert board.show("express", cursor=Offset(3, 1)) == "\x1b[2;4H"


def test_after_forgetting_all_is_written_again() -> None:
    board = Board()
    board.show("express", "react")
    board.terminal.feed("\x1b[2J")
    board.painting.forget()
    board.take()
    assert board.terminal.text == "express\nreact\n"


def test_nothing_is_written_to_a_terminal_that_was_given_back() -> None:
    board = Board()
    board.painting.stop()
    assert board.show("express") == ""
    board.painting.start()
    board.take()
    assert board.terminal.text.startswith("express")


def test_another_size_is_painted_whole() -> None:
    board = Board()
    board.show("express", "react")
    board.size = Size(14, 2)
    board.terminal = Emulator(14, 2)
    board.show("express", "react")
    assert board.terminal.text == "express\nreact"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("日本語 a", "日x本語a"),
        ("ab日本", "日本ab"),
        ("a日", "日a"),
        ("e\u0301e", "ee\u0301"),
        ("👩\u200d👧 child", "👩 child"),
        ("☁\ufe0f rain", "☁ rain"),
    ],
)
def test_wide_letters_and_marks_are_replaced_whole(before: str, after: str) -> None:
    board, fresh = Board(), Board()
    board.show(before, [Segment(before, RED)])
    board.show(after, [Segment(after, RED)])
    fresh.show(after, [Segment(after, RED)])
    assert board.terminal.cells() == fresh.terminal.cells()


def test_a_part_that_covers_half_a_wide_letter_leaves_a_blank() -> None:
    board = Board()
    board.show("日本語")
    strip = Strip([Segment("x")])
    board.put(ChopsUpdate([{1: strip}, {}, {}], [(0, 1, 2)], [[2], [], []]))
    board.take()
    assert board.terminal.text.splitlines()[0] == " x本語"


def test_what_was_covered_in_part_is_drawn_again_as_it_was() -> None:
    board = Board()
    board.show("abc漢def")
    before = board.terminal.cells()
    board.put(LayoutUpdate([[Strip([Segment("X")])]], Region(4, 0, 1, 1)))
    board.take()
    assert board.terminal.cells() != before
    board.show("abc漢def")
    assert board.terminal.cells() == before


def test_controls_in_a_text_do_not_reach_the_terminal() -> None:
    board = Board()
    assert "\x1b]" not in board.show("a\x1b]0;title\x07b\x9bc\td")
    assert board.terminal.text.splitlines()[0] == "a]0;titlebcd"


def test_links_are_closed_where_they_end() -> None:
    board = Board()
    written = board.show([Segment("go", Style(link="https://example.org/")), Segment(" on")])
    assert "\x1b]8;;https://example.org/\x1b\\go\x1b[m\x1b]8;;\x1b\\ on" in written


class Watched(TgtuiApp):
    """What it writes goes to a terminal."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.terminal = Emulator()
        self.painting = Painting()
        self.painting.start()

    def _display(self, screen: Any, renderable: Any) -> None:
        if renderable is not None and self._running and not self._batch_count:
            size = self.screen.outer_size
            self.painting.show(renderable, size, TOP, self.palette, is_synchronized=False)
            self.terminal.resize(*size)
            self.terminal.feed(self.painting.take())
        super()._display(screen, renderable)

    @property
    def palette(self) -> ColorSystem:
        return self.console._color_system or TRUE

    def shows_all(self) -> bool:
        """Whether the terminal shows what it would if Textual wrote the whole screen now."""
        compositor, plain = self.screen._compositor, Emulator(*self.screen.outer_size)
        strips = [[strip] for strip in compositor.render_strips()]
        update = LayoutUpdate([*strips], compositor.size.region)
        plain.feed(update.render_segments(self.console))
        return self.terminal.cells() == plain.cells()


WALK: list[list[str] | tuple[int, int]] = [
    [*"re", "down", "j", "j", "k", "space"],
    ["question_mark"],
    ["escape", "slash", "ctrl+u", "down", "enter"],
    ["tab", "j", "y"],
    ["escape", "escape", "q"],
    ["j", "escape", "t"],
    ["escape", "ctrl+p"],
    (80, 24),
    ["escape", "slash", *"日e\u0301本", "backspace"],
    (200, 50),
    ["ctrl+u", "down", "d"],
]
"""Keys, or another size of the terminal."""


@pytest.mark.parametrize(
    "theme", mass("techgarden", full=["techgarden-light", "ansi-dark", "no-color"])
)
async def test_the_terminal_shows_what_textual_would_have_written(
    theme: str, tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if theme == "no-color":
        monkeypatch.setenv("NO_COLOR", "1")
    settings = catalogue_settings(
        tmp_path, migrated_sqlite_file, garden, **({} if theme == "no-color" else {"theme": theme})
    )
    app = Watched(settings, clock=lambda: NOW, stopwatch=lambda: 0.0)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await shows(pilot, "packages · 0 ms")
        app.refresh()
        for step in WALK:
            await (pilot.press(*step) if isinstance(step, list) else pilot.resize_terminal(*step))
            await until(pilot, app.shows_all)
