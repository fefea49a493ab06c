"""Text with parts that are never broken across lines, such as a tag's square and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.content import Content
from textual.css.styles import RulesMap
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Static

ENDLESS = 1_000_000
"""A width in cells at which nothing wraps."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Parts side by side, as many on a line as fit; one that is longer than a line wraps like any text."""

    parts: Sequence[Content]
    gap: Content
    """Between two parts of a line; never at its start or end."""
    label: Content = field(default_factory=Content)
    """Before the first line; the other lines are indented by its width."""

    def lines(self, width: int) -> list[Content]:
        """The lines at this width in cells."""
        indent = Content(" " * self.label.cell_length)
        lines: list[Content] = []
        line = self.label
        is_begun = False
        for part in self.parts:
            longer = line.append(self.gap).append(part) if is_begun else line.append(part)
            if is_begun and longer.cell_length > width:
                lines.append(line)
                longer = indent.append(part)
            line, is_begun = longer, True
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


def _more(left: int) -> Content:
    return Content.styled(f" +{left}", "$foreground-muted") if left else Content()


class Page(Visual):
    """Paragraphs, laid out for the width they are shown at."""

    def __init__(self, paragraphs: Sequence[Content | Flow], between: str) -> None:
        self._paragraphs = paragraphs
        self._between = between
        self._laid_out: tuple[int, Content] | None = None

    def laid_out(self, width: int) -> Content:
        """All paragraphs at this width; parts longer than a line are not wrapped yet."""
        if self._laid_out is None or self._laid_out[0] != width:
            shown = [
                Content("\n").join(each.lines(width)) if isinstance(each, Flow) else each
                for each in self._paragraphs
            ]
            self._laid_out = width, Content(self._between).join(shown)
        return self._laid_out[1]

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
        return selection.extract(page.laid_out(self.content_size.width).plain), "\n"
