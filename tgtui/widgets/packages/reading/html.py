"""HTML within Markdown as text: headings, paragraphs, lists, tables, images and links; everything else of it is left out."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Literal

from msgspec import Struct, field

from tgtui.basics.text import harmless
from tgtui.widgets.packages.reading.inline import (
    LINK,
    MOST_ADDRESS,
    TAG_STYLES,
    addresses,
    badges,
    image,
)
from tgtui.widgets.packages.reading.runs import Run

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "div",
        "dl",
        "dt",
        "dd",
        "details",
        "figure",
        "figcaption",
        "footer",
        "form",
        "header",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "ul",
    ]
)
"""Elements that begin and end a paragraph."""
CLOSE = frozenset({"tr", "dt", "dd", "summary"})
"""Without a blank line before them."""
HIDDEN = frozenset({"script", "style", "template", "head", "noscript"})
"""Elements whose text is never shown."""
CELLS = frozenset({"td", "th"})


class Element(Struct, frozen=True):
    """One block that was found in HTML."""

    kind: Literal["text", "heading", "item", "code", "rule"]
    runs: tuple[Run, ...] = ()
    level: int = 0
    code: str = ""
    is_close: bool = False


def elements(html: str) -> list[Element]:
    """What there is to read in a part of a page, which need not be whole."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end()
    return reader.found


class _Open(Struct):
    """What is being read."""

    runs: list[Run] = field(default_factory=list)
    kind: Literal["text", "heading", "item", "code", "rule"] = "text"
    level: int = 0
    is_close: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Element] = []
        self._open = _Open()
        self._hidden = 0
        self._styles: list[tuple[str, str]] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in HIDDEN:
            self._hidden += 1
        elif tag in HEADINGS:
            self._begin(_Open(kind="heading", level=HEADINGS[tag]))
        elif tag == "li":
            self._begin(_Open(kind="item"))
        elif tag == "pre":
            self._begin(_Open(kind="code"))
        elif tag == "hr":
            self.end()
            self.found.append(Element("rule"))
        elif tag in BREAKS:
            self._begin(_Open(is_close=tag in CLOSE))
        elif tag in CELLS:
            if self._open.runs:
                self._open.runs.append(Run(" │ ", "$foreground-muted"))
        elif tag == "br":
            self._open.runs.append(Run("\n"))
        elif tag == "img":
            self._open.runs.append(image(told.get("alt", ""), self._link or told.get("src", "")))
        elif tag == "a":
            self._links.append(told.get("href", ""))
        elif tag in TAG_STYLES:
            self._styles.append((tag, TAG_STYLES[tag]))

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in HEADINGS or tag in BREAKS or tag in ("li", "pre"):
            self._begin(_Open())
        elif tag == "a" and self._links:
            self._links.pop()
        elif self._styles and self._styles[-1][0] == tag:
            self._styles.pop()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        text = harmless(data)
        if self._open.kind != "code":
            words = " ".join(text.split())
            if not words:
                words = " " if text and self._open.runs else ""
            else:
                words = (" " if text[0].isspace() and self._open.runs else "") + words
                words += " " if text[-1].isspace() else ""
            text = words
        if text:
            link = self._link
            style = " ".join([*(style for _, style in self._styles), LINK if link else ""]).strip()
            self._open.runs.append(Run(text, style, link))

    def end(self) -> None:
        """What was read so far is a block of its own."""
        read = self._open
        plain = "".join(run.text for run in read.runs)
        if plain.strip():
            if read.kind == "code":
                self.found.append(Element("code", code=plain.strip("\n")))
            else:
                runs = tuple(addresses(badges(_stripped(read.runs))))
                self.found.append(Element(read.kind, runs, read.level, is_close=read.is_close))
        self._open = _Open()

    def _begin(self, what: _Open) -> None:
        self.end()
        self._open = what

    @property
    def _link(self) -> str:
        return self._links[-1][:MOST_ADDRESS] if self._links else ""


def _stripped(runs: list[Run]) -> list[Run]:
    """Without empty space at both ends."""
    kept = list(runs)
    while kept and not kept[0].text.strip():
        kept.pop(0)
    while kept and not kept[-1].text.strip():
        kept.pop()
    return kept
