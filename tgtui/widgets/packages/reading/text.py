"""A text that is ready to be shown: cut, and with what its links mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from tgtui.widgets.packages.reading.blocks import references_in
from tgtui.widgets.packages.reading.pieces import Source, cut_markdown, cut_plain


class Readable(Struct, frozen=True):
    """Made by `readable`."""

    source: Source
    references: Mapping[str, Any] = field(default_factory=dict)
    """Link definitions of the whole text, as the parser has them."""
    is_markdown: bool = True


NOTHING = Readable(Source(()))


def readable(text: str, *, is_markdown: bool) -> Readable:
    """Takes a second for megabytes: call it in a thread."""
    if not is_markdown:
        return Readable(cut_plain(text), is_markdown=False)
    source = cut_markdown(text)
    # Without any, too: it imports the parser here, and not when the screen waits for the first line.
    return Readable(source, references_in(source.definitions))
