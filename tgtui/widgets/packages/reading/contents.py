"""The headings of a text, and where links within it lead."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from tgtui.basics.text import clean
from tgtui.widgets.packages.reading.blocks import headings_of
from tgtui.widgets.packages.reading.runs import plain_of
from tgtui.widgets.packages.reading.text import Readable

MOST = 5_000
"""Headings that are listed."""
PAUSE_EVERY = 4
"""Pieces between two chances for the screen."""
MAY_HEAD = re.compile(
    r"^[ >]{0,20}(?:#{1,6}(?:[ ]|$)|=+[ ]*$|-+[ ]*$)|<h[1-6]", re.MULTILINE | re.I
)
ANCHOR = re.compile(r"""<a\s{1,9}(?:name|id)\s?=\s?["']?([^"'\s>]{1,200})""", re.IGNORECASE)
UNSLUGGED = re.compile(r"[^\w\- ]")


class Heading(Struct, frozen=True):
    level: int
    text: str
    """Clean."""
    piece: int
    ordinal: int
    """Of the headings of its piece; -1 if it is an anchor, at the piece's beginning."""


class Contents(Struct, frozen=True):
    """All headings in order, and every place a `#link` may lead to."""

    headings: Sequence[Heading] = ()
    places: Mapping[str, Heading] = field(default_factory=dict)
    """By what follows the `#`, in lower case."""


def contents_of(text: Readable) -> Contents:
    """Parses what may have headings. Takes seconds for megabytes: call it in a thread."""
    headings: list[Heading] = []
    places: dict[str, Heading] = {}
    seen: Counter[str] = Counter()
    for number, piece in enumerate(text.source.pieces):
        if piece.kind != "markdown" or len(headings) >= MOST:
            continue
        if number % PAUSE_EVERY == 0:
            time.sleep(0.001)  # lets the screen run
        for match in ANCHOR.finditer(piece.text):
            places.setdefault(match[1].lower(), Heading(0, "", number, -1))
        if not MAY_HEAD.search(piece.text):
            continue
        for ordinal, (level, runs) in enumerate(headings_of(piece.text, text.references)):
            words = clean(plain_of(runs))
            heading = Heading(level, words, number, ordinal)
            headings.append(heading)
            slug = slug_of(words)
            repeated = f"-{seen[slug]}" if seen[slug] else ""
            seen[slug] += 1
            places.setdefault(f"{slug}{repeated}", heading)
    return Contents(tuple(headings[:MOST]), places)


def slug_of(text: str) -> str:
    """As GitHub makes anchors of headings."""
    return UNSLUGGED.sub("", text.strip().lower()).replace(" ", "-")
