"""What a terminal shows that got certain bytes."""

from __future__ import annotations

import re

import pyte
from pyte.screens import Char

STRANGE = re.compile(r"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\]8;[^\x1b]*\x1b\\")
"""What pyte would show as text: keyboard levels, questions about modes, links."""

UNFINISHED = re.compile(r"\x1b(?:\[[<>=?]?[0-9;:]*\$?|\][^\x1b]*\x1b?)?\Z")


class Emulator:
    """A terminal that wraps no lines, as the screens ask for."""

    def __init__(self, width: int = 120, height: int = 36) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self._kept = ""
        self.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        """A sequence may come in parts."""
        data = self._kept + data
        unfinished = UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._kept = data[end:]
        self._stream.feed(STRANGE.sub("", data[:end]))

    def resize(self, width: int, height: int) -> None:
        self._screen.resize(height, width)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def cells(self) -> list[list[Char]]:
        """As they are seen: of a blank, only what shows."""
        screen = self._screen
        return [
            [_seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)
        ]


def changed(before: list[list[Char]], after: list[list[Char]]) -> int:
    """Bytes of the text in cells that look different."""
    return sum(
        len(now.data.encode())
        for was_row, now_row in zip(before, after, strict=True)
        for was, now in zip(was_row, now_row, strict=True)
        if was != now
    )


def _seen(char: Char) -> Char:
    if char.data != " " or char.underscore or char.strikethrough or char.reverse:
        return char
    return Char(" ", bg=char.bg)
