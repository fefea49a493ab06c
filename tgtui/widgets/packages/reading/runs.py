"""Pieces of text that look alike, and how they are broken into lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

LEAST = 8
"""Cells that text gets, however deep it is indented."""
SIGNS = "/-._@:,|&?=)"
"""A word longer than a line, such as an address, is broken after one of these."""
WORDS = re.compile(r" *[^ ]+")


class Run(NamedTuple):
    """Clean text of one style."""

    text: str
    style: str = ""
    link: str = ""
    """Where it leads, as its author wrote it: hostile."""


class Line(NamedTuple):
    """One line of the screen."""

    runs: tuple[Run, ...] = ()
    fill: str = ""
    """The style of the rest of the line."""

    @property
    def plain(self) -> str:
        return "".join(run.text for run in self.runs)


def width_of(text: str) -> int:
    """Cells that clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


def plain_of(runs: Sequence[Run]) -> str:
    return "".join(run.text for run in runs)


def wrapped(runs: Sequence[Run], width: int) -> list[tuple[Run, ...]]:
    """At most `width` cells in each line, broken at spaces; a line break in a run ends its line."""
    plain = plain_of(runs)
    lines = [_cut(runs, start, end) for start, end in _breaks(plain, max(LEAST, width))]
    return lines or [()]


def folded(text: str, width: int) -> list[str]:
    """A line of code in parts of `width` cells, at any character."""
    width = max(LEAST, width)
    if width_of(text) <= width:
        return [text]
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)]
    return chop_cells(text, width)


def _breaks(plain: str, width: int) -> Iterator[tuple[int, int]]:
    begin = 0
    for line in plain.split("\n"):
        yield from ((begin + start, begin + end) for start, end in _line_breaks(line, width))
        begin += len(line) + 1


def _line_breaks(line: str, width: int) -> Iterator[tuple[int, int]]:
    if width_of(line) <= width:
        yield 0, len(line)
        return
    start = end = used = 0
    for match in WORDS.finditer(line):
        word, place = match[0], match.start()
        cells = width_of(word)
        if used + cells <= width:
            used += cells
            end = match.end()
            continue
        if used:
            yield start, end
        word = word.lstrip(" ")
        place = match.end() - len(word)
        while (cells := width_of(word)) > width:
            size = _part(word, width)
            yield place, place + size
            word, place = word[size:], place + size
        start, end, used = place, match.end(), cells
    if used:
        yield start, end


def _part(word: str, width: int) -> int:
    """Characters of a long word that go on one line."""
    fits = word[:width] if word[:width].isascii() else chop_cells(word[: width + 1], width)[0]
    sign = max(fits.rfind(sign) for sign in SIGNS)
    return sign + 1 if sign > len(fits) // 2 else max(1, len(fits))


def _cut(runs: Sequence[Run], start: int, end: int) -> tuple[Run, ...]:
    """The runs of a part of their text."""
    found: list[Run] = []
    place = 0
    for run in runs:
        if place >= end:
            break
        text = run.text[max(0, start - place) : end - place]
        place += len(run.text)
        if text and place > start:
            found.append(run._replace(text=text))
    return tuple(found)
