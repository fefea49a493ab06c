"""What a piece of Markdown consists of: paragraphs, headings, code, tables, each with what stands before its lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from tgtui.basics.text import harmless
from tgtui.widgets.packages.reading.html import Element, elements
from tgtui.widgets.packages.reading.inline import SIGNS, parser, runs_of
from tgtui.widgets.packages.reading.runs import Run

if TYPE_CHECKING:
    from markdown_it.token import Token

Kind = Literal["text", "heading", "code", "table", "rule"]

MUTED = "$foreground-muted"
QUOTE = Run("▎ ", MUTED)
BULLETS = ("• ", "◦ ", "▪ ")
"""By depth."""
MOST_DEPTH = 8
"""Lists and quotes within each other that are indented."""
MOST_SIGNS = 1_500
"""Of a piece: the texts after so many are shown as they are written."""
MOST_CELLS = 4_000
"""Of a table; the rest of it is left out."""
ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*", re.IGNORECASE)


class Block(Struct, frozen=True):
    """One block; `first` stands before its first line, `rest` before the others."""

    kind: Kind
    runs: Sequence[Run] = ()
    first: tuple[Run, ...] = ()
    rest: tuple[Run, ...] = ()
    is_close: bool = False
    """No blank line stands before it."""
    level: int = 0
    """Of a heading, from 1 to 6."""
    code: str = ""
    rows: Sequence[Sequence[Sequence[Run]]] = ()
    """Of a table: the cells of each row; the first row is the head."""


def blocks_of(text: str, references: Mapping[str, Any]) -> list[Block]:
    """Of one piece. `references` are the link definitions of the whole text."""
    env = {"references": references}
    return _Blocks(env).read(parser().parse(harmless(text), env))


def headings_of(text: str, references: Mapping[str, Any]) -> list[tuple[int, list[Run]]]:
    """(level, text) of the headings among the blocks of one piece, which is faster."""
    env = {"references": references}
    found: list[tuple[int, list[Run]]] = []
    tokens = parser().parse(harmless(text), env)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            found.append((int(token.tag[1:]), runs_of(tokens[place + 1].content, env)))
        elif token.type == "html_block" and "<h" in token.content.lower():
            read = elements(token.content)
            found += [(each.level, [*each.runs]) for each in read if each.kind == "heading"]
    return found


def references_in(definitions: str) -> dict[str, Any]:
    """The addresses that are defined by name."""
    env: dict[str, Any] = {}
    parser().parse(harmless(definitions), env)
    found: dict[str, Any] = env.get("references", {})
    return found


class _Container(Struct):
    """A quote or an item of a list."""

    marker: Run
    rest: Run
    is_used: bool = False


class _Blocks(Struct):
    env: dict[str, Any]
    blocks: list[Block] = field(default_factory=list)
    containers: list[_Container] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    """The number of the next item of each list that is open; None of one with bullets."""
    is_new_list: bool = False
    """Nothing of the list was read yet, and it is in no other one."""
    signs: int = 0

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        place = 0
        while place < len(tokens):
            place = self._read(tokens, place)
        return self.blocks

    def _read(self, tokens: Sequence[Token], place: int) -> int:
        token = tokens[place]
        kind = token.type
        if kind == "heading_open":
            level = int(token.tag[1:])
            self._add("heading", runs=self._runs(tokens[place + 1].content), level=level)
            return place + 3
        if kind == "paragraph_open":
            self._add_text(tokens[place + 1].content, is_tight=bool(token.hidden))
            return place + 3
        if kind in ("fence", "code_block"):
            self._add("code", code=harmless(token.content).rstrip("\n"))
        elif kind == "hr":
            self._add("rule")
        elif kind == "html_block":
            before = ""
            for element in elements(token.content):
                self._add_element(element, is_close=before == "item")
                before = element.kind
        elif kind == "table_open":
            return self._table(tokens, place + 1)
        else:
            self._nest(token)
        return place + 1

    def _nest(self, token: Token) -> None:
        kind = token.type
        if kind == "blockquote_open":
            self.containers.append(_Container(QUOTE, QUOTE))
        elif kind in ("bullet_list_open", "ordered_list_open"):
            start = token.attrs.get("start", 1) if kind.startswith("ordered") else None
            self.is_new_list = not self.numbers
            self.numbers.append(int(start) if start is not None else None)
        elif kind == "list_item_open":
            self.containers.append(self._item())
        elif kind in ("blockquote_close", "list_item_close") and self.containers:
            if kind == "list_item_close" and not self.containers[-1].is_used:
                self._add("text", is_close=True)  # an item without text has its sign
            self.containers.pop()
        elif kind in ("bullet_list_close", "ordered_list_close") and self.numbers:
            self.numbers.pop()

    def _item(self) -> _Container:
        number = self.numbers[-1] if self.numbers else None
        if number is None:
            sign = BULLETS[max(0, len(self.numbers) - 1) % len(BULLETS)]
        else:
            sign = f"{number}. "
            self.numbers[-1] = number + 1
        return _Container(Run(sign, "$text-accent"), Run(" " * len(sign)))

    def _add_text(self, content: str, *, is_tight: bool) -> None:
        alert = ALERT.match(content) if self.containers else None
        if alert:
            self._add("text", runs=[Run(alert[1].capitalize(), "bold $text-warning")])
            content, is_tight = content[alert.end() :], True
            if not content.strip():
                return
        self._add("text", runs=self._runs(content), is_close=is_tight and not self.is_new_list)

    def _add_element(self, element: Element, *, is_close: bool) -> None:
        if element.kind == "item":
            self.containers.append(_Container(Run(BULLETS[0], "$text-accent"), Run("  ")))
            self._add("text", runs=element.runs, is_close=is_close)
            self.containers.pop()
        elif element.kind == "heading":
            self._add("heading", runs=element.runs, level=element.level)
        elif element.kind == "code":
            self._add("code", code=element.code)
        elif element.kind == "rule":
            self._add("rule")
        else:
            self._add("text", runs=element.runs, is_close=element.is_close)

    def _table(self, tokens: Sequence[Token], place: int) -> int:
        rows: list[list[list[Run]]] = []
        cells = 0
        while place < len(tokens) and tokens[place].type != "table_close":
            token = tokens[place]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows and cells < MOST_CELLS:
                cells += 1
                rows[-1].append(self._runs(token.content))
            place += 1
        self._add("table", rows=[row for row in rows if row])
        return place + 1

    def _runs(self, content: str) -> list[Run]:
        self.signs += len(SIGNS.findall(content))
        return runs_of(content, self.env, is_plain=self.signs > MOST_SIGNS)

    def _add(
        self,
        kind: Kind,
        *,
        runs: Sequence[Run] = (),
        is_close: bool = False,
        level: int = 0,
        code: str = "",
        rows: Sequence[Sequence[Sequence[Run]]] = (),
    ) -> None:
        containers = self.containers[:MOST_DEPTH]
        first = tuple(each.rest if each.is_used else each.marker for each in containers)
        rest = tuple(each.rest for each in containers)
        for each in self.containers:
            each.is_used = True
        self.is_new_list = False
        self.blocks.append(Block(kind, runs, first, rest, is_close, level, code, rows))
