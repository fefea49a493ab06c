"""Text within a block as runs: emphasis, code, links, images as their alternative text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from tgtui.basics.text import harmless
from tgtui.widgets.packages.reading.runs import Run

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

STRONG, EMPHASIS, STRUCK = "bold", "italic", "strike"
CODE, LINK, IMAGE, KEYS = "$text-accent", "$text-primary underline", "$foreground-muted", "bold"
STYLES = {"strong": STRONG, "em": EMPHASIS, "s": STRUCK}
TAG_STYLES = {
    "b": STRONG,
    "strong": STRONG,
    "em": EMPHASIS,
    "i": EMPHASIS,
    "s": STRUCK,
    "del": STRUCK,
    "kbd": KEYS,
    "code": CODE,
    "tt": CODE,
    "samp": CODE,
}
SIGNS = re.compile(r"[][*_`~<!&\\]")
MOST_SIGNS = 600
"""Of a text whose signs are read: each may cost time that grows with their number."""
ADDRESS = re.compile(r"https?://[^\s<>\"'`\[\]{}|\\^]+")
ENDING = ".,:;!?)*_"
"""Signs that end a sentence rather than an address."""
TAG = re.compile(r"<\s*(/?)\s*([A-Za-z][A-Za-z0-9]*)")
ATTRIBUTE = re.compile(r"""([A-Za-z-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
NO_ALT = "image"
MOST_ADDRESS = 2_000


@cache
def parser() -> MarkdownIt:
    """Without the rules that look at a whole document at once: only blocks, and text within them."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["table", "strikethrough"])
    made.core.ruler.enableOnly(["normalize", "block"])
    made.validateLink = lambda url: True  # type: ignore[method-assign]  # judged where a link is opened
    return made


def runs_of(text: str, env: dict[str, Any], *, is_plain: bool = False) -> list[Run]:
    """Of the text of a block. Too many signs, or `is_plain`, and it is shown as it is written."""
    signs = len(SIGNS.findall(text))
    is_words = (
        not signs and "\n" not in text
    )  # as in most cells of tables: the parser would find nothing
    if is_plain or is_words or signs > MOST_SIGNS:
        return addresses([Run(harmless(text))])
    md = parser()
    tokens: list[Token] = []
    md.inline.parse(text, md, env, tokens)
    return addresses(badges(_Inline().read(tokens)))


def attributes(tag: str) -> dict[str, str]:
    """Of an HTML tag, with names in lower case."""
    return {
        match[1].lower(): unescape(match[2] or match[3] or match[4] or "")
        for match in ATTRIBUTE.finditer(tag)
    }


def image(alt: str, link: str) -> Run:
    """What stands for an image."""
    words = " ".join(harmless(alt).split()) or NO_ALT
    return Run(f"[{words}]", f"{IMAGE} underline" if link else IMAGE, link)


def badges(runs: Sequence[Run]) -> list[Run]:
    """A row of images as one line; of anything else no line begins with a space."""
    shown = [run for run in runs if run.text.strip()]
    if len(shown) < 2 or not all(run.style.startswith(IMAGE) for run in shown):
        return _unindented(runs)
    found = [Run("badges: ", IMAGE)]
    for place, run in enumerate(shown):
        found += [Run(" · ", IMAGE)] if place else []
        found.append(run._replace(text=run.text[1:-1]))
    return found


def _unindented(runs: Sequence[Run]) -> list[Run]:
    found: list[Run] = []
    is_begin = True
    for run in runs:
        text = run.text.lstrip(" ") if is_begin else run.text
        if text:
            found.append(run._replace(text=text))
            is_begin = text.endswith("\n")
    return found


def addresses(runs: Sequence[Run]) -> list[Run]:
    """The same, with addresses in plain text as links."""
    found: list[Run] = []
    for run in runs:
        if run.link or "://" not in run.text:
            found.append(run)
            continue
        place = 0
        for match in ADDRESS.finditer(run.text):
            address = match[0].rstrip(ENDING)
            end = match.start() + len(address)
            found.append(run._replace(text=run.text[place : match.start()]))
            found.append(Run(address, f"{run.style} {LINK}".strip(), address))
            place = end
        found.append(run._replace(text=run.text[place:]))
    return [run for run in found if run.text]


class _Inline(Struct):
    runs: list[Run] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def read(self, tokens: Sequence[Token]) -> list[Run]:
        for token in tokens:
            self._read(token)
        return self.runs

    def _read(self, token: Token) -> None:
        kind = token.type
        if kind in ("text", "text_special"):
            self._say(token.content)
        elif kind == "softbreak":
            self._say(" ")
        elif kind == "hardbreak":
            self._break()
        elif kind == "code_inline":
            self._say(token.content, CODE)
        elif kind == "image":
            alt = "".join(child.content for child in token.children or ())
            self.runs.append(image(alt, self._link or _text(token.attrs.get("src"))))
        elif kind == "link_open":
            self.links.append(_text(token.attrs.get("href")))
        elif kind == "link_close":
            self._close(self.links)
        elif kind == "html_inline":
            self._tag(token.content)
        elif kind.endswith("_open"):
            self.styles.append(STYLES.get(kind.removesuffix("_open"), ""))
        elif kind.endswith("_close"):
            self._close(self.styles)

    def _tag(self, tag: str) -> None:
        match = TAG.match(tag)
        if match is None:  # a comment
            return
        name, is_end = match[2].lower(), bool(match[1])
        if name == "br":
            self._break()
        elif name == "img":
            told = attributes(tag)
            self.runs.append(image(told.get("alt", ""), self._link or told.get("src", "")))
        elif name == "a":
            if is_end:
                self._close(self.links)
            else:
                self.links.append(attributes(tag).get("href", ""))
        elif name in TAG_STYLES:
            if is_end:
                self._close(self.styles)
            else:
                self.styles.append(TAG_STYLES[name])

    @property
    def _link(self) -> str:
        return self.links[-1][:MOST_ADDRESS] if self.links else ""

    def _say(self, text: str, style: str = "") -> None:
        link = self._link
        styles = [*self.styles, style, LINK if link else ""]
        self.runs.append(Run(harmless(text), " ".join(filter(None, styles)), link))

    def _break(self) -> None:
        self.runs.append(Run("\n"))

    def _close(self, stack: list[str]) -> None:
        if stack:
            stack.pop()


def _text(found: object) -> str:
    return found[:MOST_ADDRESS] if isinstance(found, str) else ""
