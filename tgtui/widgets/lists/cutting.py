"""Text that is too long keeps what tells it from others: its beginning and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import split_graphemes
from textual.content import Content, Span

ELLIPSIS = "…"
HEAD = 4
"""A text that shows where it differs keeps this part of the width, as 1 / HEAD, for its beginning."""

BARE = 4
"""Cells that a part keeps where even what the parts should keep doesn't fit."""


class Part(NamedTuple):
    """A piece of a line."""

    content: Content
    least: int = 0
    """Cells that it keeps if it is cut; 0: it is never cut."""


def cut(content: Content, width: int) -> Content:
    """At most `width` cells: a longer text loses its middle."""
    if content.cell_length <= width:
        return content
    tail = max(0, width - 1) // 2
    return _joined(content, width - 1 - tail, tail)


def cut_apart(content: Content, width: int, other: str) -> list[Content]:
    """Other ways to cut a text that looks like `other` when both lose their middle; the most telling is first."""
    if content.cell_length <= width or width < HEAD:
        return [cut(content, width)]
    head = width // HEAD
    tail = max(0, width - 1 - head)
    same = _same(content.plain, other)
    seen = len(_first(content, head))
    rest = content[max(seen, same - 1) :]
    if rest.cell_length <= tail:
        at_difference = _joined(content, head, tail)
    else:
        at_difference = _first(content, head).append(ELLIPSIS)
        at_difference = at_difference.append(rest.truncate(tail, ellipsis=True))
    return [
        at_difference,
        content.truncate(width, ellipsis=True),
        _joined(content, 0, max(0, width - 1)),
    ]


def cut_to_fit(parts: Sequence[Part], width: int) -> Content:
    """Side by side in at most `width` cells; the parts that keep least are cut first."""
    shown = [part.content for part in parts]
    excess = sum(content.cell_length for content in shown) - width
    for bare in (False, True):
        for place in sorted(range(len(parts)), key=lambda place: parts[place].least):
            least = min(BARE, parts[place].least) if bare else parts[place].least
            length = shown[place].cell_length
            if excess > 0 and 0 < least < length:
                shown[place] = cut(parts[place].content, max(least, length - excess))
                excess -= length - shown[place].cell_length
    return Content("").join(shown).truncate(width, ellipsis=True)


def _same(text: str, other: str) -> int:
    """Characters that both begin with."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(text), len(other)))


def _joined(content: Content, head: int, tail: int) -> Content:
    """Cells of its beginning and of its end; the ellipsis looks like what it stands for."""
    begin, end = len(_first(content, head)), _last(content, tail)
    beginning, middle, ending = content.divide([begin, end])
    styles = [span.style for span in middle.spans if span.start == 0]
    sign = Content(ELLIPSIS, [Span(0, 1, style) for style in styles])
    return Content("").join([beginning, sign, ending])


def _first(content: Content, cells: int) -> Content:
    """Whole characters of the beginning, in at most this many cells."""
    plain = content.plain
    if plain.isascii():
        return content[: max(0, cells)]
    for start, _end, wide in split_graphemes(plain)[0]:
        cells -= wide
        if cells < 0:
            return content[:start]
    return content


def _last(content: Content, cells: int) -> int:
    """Where whole characters of the end begin that take at most this many cells."""
    plain = content.plain
    if plain.isascii():
        return len(plain) - max(0, cells)
    begin = len(plain)
    for start, _end, wide in reversed(split_graphemes(plain)[0]):
        cells -= wide
        if cells < 0:
            break
        begin = start
    return begin
