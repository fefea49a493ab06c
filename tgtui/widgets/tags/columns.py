"""The columns of lists of tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import ago, counted
from tgtui.data.views.tags import TagRow
from tgtui.syntax.names import fold
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED, tag_label
from tgtui.widgets.lists.columns import Column

DESCRIBED_FROM = 70
"""Width in cells from which the list shows descriptions."""
COUNT_WIDTH = 16
"""Cells: `12,345 packages`."""


class TagLine(Struct, frozen=True):
    """A tag, or the heading above the deleted ones."""

    tag: TagRow | None
    heading: str = ""
    text: str = ""
    """Its name, slug and description, folded, to search in."""

    @property
    def key(self) -> str:
        """Slugs are unique, and quicker to compare than ids."""
        return self.tag.slug if self.tag is not None else self.heading


def tag_lines(tags: Sequence[TagRow]) -> list[TagLine]:
    """A line for each, ready to search."""
    return [
        TagLine(tag, text=fold(f"{tag.name}\n{tag.slug}\n{tag.description or ''}")) for tag in tags
    ]


def tag_columns(now: Callable[[], datetime]) -> list[Column[TagLine]]:
    """Colour and name, packages, slug, and if there is room the description, or who deleted it and when."""

    def name(line: TagLine) -> Content:
        if line.tag is None:
            return Content("")
        label = tag_label(line.tag.label)
        return label if line.tag.deleted_at is None else label.stylize(f"{MUTED} strike")

    def packages(line: TagLine) -> Content:
        count = line.tag.packages if line.tag is not None else 0
        return Content.styled(counted(count, "package"), "" if count else MUTED)

    def slug(line: TagLine) -> Content:
        return safe(f"tag:{line.tag.slug}" if line.tag else "", 60, style=MUTED)

    def rest(line: TagLine) -> Content:
        tag = line.tag
        if tag is None:
            return Content("")
        if tag.deleted_at is None:
            return safe(tag.description or "", style=MUTED)
        by = f" by {tag.deleted_by}" if tag.deleted_by else ""
        return safe(f"deleted {ago(tag.deleted_at, now())}{by}", style=MUTED)

    return [
        Column(name, share=3, at_most=44, tells=True),
        Column(packages, width=COUNT_WIDTH, align="right"),
        Column(slug, share=2, at_most=44, tells=True, from_width=96),
        Column(rest, share=5, from_width=DESCRIBED_FROM),
    ]


def tag_heading(line: TagLine) -> Content | None:
    """The text of a heading, None for a tag."""
    return safe(line.heading) if line.tag is None else None
