"""Text with parts that stay whole where lines break, such as a tag's square and its name, or a range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct, field
from rich.cells import cell_len, chop_cells
from textual.content import Content
from textual.css.styles import RulesMap
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Static

ENDLESS = 1_000_000
"""A width in cells at which nothing wraps."""
LEAST = 4
"""Cells that a part gets on a line, however narrow that is."""
SIGNS = "/-._@:,|&?="
"""A word longer than a line, such as an address, is broken after one of these."""


class Line(NamedTuple):
    """One line of a text that was laid out."""

    content: Content
    glue: str = "\n"
    """What stands before it when it is copied; no line break if it continues the text above."""
    indent: int = 0
    """Cells at its beginning that are not copied then."""


class Flow(Struct, frozen=True):
    """Parts side by side, as many on a line as fit; one that is longer than a line is broken at its signs."""

    parts: Sequence[Content]
    gap: Content
    """Between two parts of a line; never at its start or end."""
    label: Content = field(default_factory=Content)
    """Before the first line; the other lines are indented by its width."""
    hang: int = 0
    """Cells by which the other lines are indented further."""

    @property
    def cell_length(self) -> int:
        """Cells of all parts on one line, without the label."""
        gaps = self.gap.cell_length * max(0, len(self.parts) - 1)
        return gaps + sum(part.cell_length for part in self.parts)

    def lines(self, width: int) -> list[Line]:
        """The lines at this width in cells."""
        indent = self.label.cell_length + self.hang
        blank = Content(" " * indent)
        lines: list[Line] = []
        line = Line(self.label)
        is_begun = False
        for part in self.parts:
            if is_begun:
                longer = line.content.append(self.gap).append(part)
                if longer.cell_length <= width:
                    line = line._replace(content=longer)
                    continue
                lines.append(line)
                line = Line(blank)
            pieces = broken(part, width - line.content.cell_length, width - indent)
            line = line._replace(content=line.content.append(pieces[0].content))
            for piece in pieces[1:]:
                lines.append(line)
                line = Line(blank.append(piece.content), piece.glue, indent)
            is_begun = True
        return [*lines, line]

    def first_line(self, width: int) -> Content:
        """Without the label: the parts that fit, and how many more there are."""
        line, left = Content(), len(self.parts)
        for part in self.parts:
            longer = line.append(self.gap).append(part) if line else part
            if longer.cell_length + _more(left - 1).cell_length > width:
                break
            line, left = longer, left - 1
        if self.parts and not line:
            left -= 1
            line = self.parts[0].truncate(max(1, width - _more(left).cell_length), ellipsis=True)
        return line.append(_more(left))


def broken(content: Content, first: int, width: int) -> list[Line]:
    """The text in lines of `width` cells, `first` in the first one: broken at a space, in a longer word at a sign."""
    lines: list[Line] = []
    glue, room = "\n", max(LEAST, first)
    while content.cell_length > room:
        end = len(chop_cells(content.plain, room)[0])
        fits = content.plain[: end + 1]
        space = fits.rfind(
            " ", 2
        )  # a single character stays with what follows, such as a tag's square
        sign = max(fits[:end].rfind(each) for each in SIGNS)
        end = space if space > 0 else sign + 1 if sign > 0 else end
        lines.append(Line(content[:end], glue))
        glue = " " if space > 0 else ""
        content, room = content[end + len(glue) :], max(LEAST, width)
    return [*lines, Line(content, glue)]


def _more(left: int) -> Content:
    return Content.styled(f" +{left}", "$foreground-muted") if left else Content()


Paragraph = Content | Flow | Sequence[Content | Flow]
"""Several stand below each other."""


class Page(Visual):
    """Paragraphs, laid out for the width they are shown at."""

    def __init__(self, paragraphs: Sequence[Paragraph], between: str) -> None:
        """`between` paragraphs: one line break or more."""
        self._paragraphs = paragraphs
        self._between = between
        self._width = -1
        self._lines: list[Line] = []
        self._text = Content("")

    def below(self, paragraph: Paragraph) -> Page:
        """The same with this paragraph at its top."""
        return Page([paragraph, *self._paragraphs], self._between)

    def laid_out(self, width: int) -> Content:
        """All paragraphs at this width; text without words longer than a line is not wrapped yet."""
        if self._width != width:
            self._lines = []
            for place, paragraph in enumerate(self._paragraphs):
                if place:
                    self._lines += [Line(Content(""))] * (len(self._between) - 1)
                parts = [paragraph] if isinstance(paragraph, Content | Flow) else paragraph
                self._lines += [line for part in parts for line in _lines(part, width)]
            self._text = Content("\n").join([line.content for line in self._lines])
            self._width = width
        return self._text

    def copied(self, selection: Selection, width: int) -> str:
        """What is selected; a word that was broken is whole again."""
        self.laid_out(width)
        text = ""
        for place, line in enumerate(self._lines):
            span = selection.get_span(place)
            if span is None:
                continue
            start, end = span
            continues = line.glue != "\n"
            start = max(start, line.indent) if continues else start
            text += line.glue if text else ""
            text += line.content.plain[start : None if end < 0 else end]
        return text

    def is_same(self, other: Page) -> bool:
        """It reads and looks the same, at any width."""
        return self.laid_out(ENDLESS).is_same(other.laid_out(ENDLESS))

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return self.laid_out(container_width).get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.laid_out(width).get_height(rules, width)

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        return self.laid_out(width).render_strips(width, height, style, options)


class PageText(Static):
    """Shows a page; selected text can be copied."""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        page = self.visual
        if not isinstance(page, Page):
            return super().get_selection(selection)
        return page.copied(selection, self.content_size.width), "\n"


def _lines(part: Content | Flow, width: int) -> list[Line]:
    if isinstance(part, Flow):
        return part.lines(width)
    lines: list[Line] = []
    for line in part.split(allow_blank=True):
        is_long = any(cell_len(word) > width for word in line.plain.split(" "))
        lines += broken(line, width, width) if is_long else [Line(line)]
    return lines
