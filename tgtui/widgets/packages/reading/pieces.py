"""Cuts a text of any length into pieces that can be parsed and drawn by themselves, in time that doesn't depend on what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct, field

Kind = Literal["markdown", "plain", "code", "hidden"]
"""Markdown; text as it is; the rest of a code block; the rest of a comment."""
ENOUGH = 2_048
"""Characters after which a piece ends at the next good place."""
MOST = 4_096
"""Characters of a piece, whatever is in it."""
OF_A_LINE = 16
"""Characters that each line of Markdown counts besides its own: a list of short items takes as long as a page of prose."""
LONGEST = 4 * MOST
"""Characters of a line that is parsed: rows of badges or sponsors are long. A longer one is shown as it is."""
MOST_REFERENCES = 128 << 10
"""Characters of link definitions that are read."""

FENCE = re.compile(r"[ >]*(?:(?:[-*+]|\d{1,9}[.)])[ ]+)?(`{3,}(?=[^`]*$)|~{3,})")
REFERENCE = re.compile(r" {0,3}\[[^\]]{1,999}\]:[ ]*\S")
TABLE_RULE = re.compile(r" {0,3}\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)*\|?[ ]*")
OPENED = re.compile(r" {0,3}<(?:(!--)|(script|style|pre|textarea)\b)", re.IGNORECASE)
SHOWN = frozenset({"pre", "textarea"})
"""Elements whose text is shown as it is."""


class Piece(Struct, frozen=True):
    """A part of a text. It is as hostile as the whole."""

    kind: Kind
    text: str
    joins: bool = False
    """The piece before it was cut where the text goes on."""

    def height(self, width: int) -> int:
        """Lines it may take on the screen, before it is laid out."""
        if self.kind == "hidden":
            return 0
        return 1 + self.text.count("\n") + len(self.text) // (2 * max(1, width))


class Source(Struct, frozen=True):
    """A text, cut."""

    pieces: Sequence[Piece]
    definitions: str = ""
    """Its link definitions: `[name]: address` in a line each."""


def cut_plain(text: str) -> Source:
    """A text without any markup."""
    pieces = list(_parts(_lines(text), "plain"))
    return Source(pieces or [Piece("plain", "")])


def cut_markdown(text: str) -> Source:
    """Between blocks, as far as there are gaps between them; never within a line unless it is longer than a piece."""
    cutter = _Cutter()
    for line in _lines(text):
        cutter.take(line)
    cutter.flush()
    return Source(cutter.pieces or [Piece("markdown", "")], "\n".join(cutter.definitions))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")


def _parts(lines: Sequence[str], kind: Kind) -> Iterator[Piece]:
    """Pieces of whole lines, or of parts of a long one."""
    some: list[str] = []
    size = 0
    for line in lines:
        if some and size + len(line) > ENOUGH:
            yield Piece(kind, "\n".join(some), joins=True)
            some, size = [], 0
        if len(line) > MOST:
            yield from (Piece(kind, part, joins=True) for part in _split(line))
            continue
        some.append(line)
        size += len(line) + 1
    if some:
        yield Piece(kind, "\n".join(some), joins=True)


def _split(line: str) -> Iterator[str]:
    """Parts of a line, at spaces if there are any."""
    while len(line) > ENOUGH:
        end = line.rfind(" ", ENOUGH // 2, ENOUGH)
        end = ENOUGH if end < 0 else end + 1
        yield line[:end]
        line = line[end:]
    yield line


class _Cutter(Struct):
    pieces: list[Piece] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    _defined: int = 0
    _lines: list[str] = field(default_factory=list)
    _size: int = 0
    """Of these lines, as ENOUGH and MOST count it."""
    _kind: Kind = "markdown"
    _joins: bool = False
    _fence: str = ""
    """What ends the code block that is open: so many backticks or tildes, or more."""
    _until: str = ""
    """What ends the comment or element that is open."""
    _beyond: Kind = "markdown"
    """What the next piece is if what is open doesn't end in this one."""
    _table: tuple[str, ...] = ()
    """The head of the table that the last line belongs to."""

    def take(self, line: str) -> None:
        """One more line."""
        if len(line) > MOST:
            self._take_long(line)
            return
        if self._fence or self._until:
            self._take_inside(line)
            return
        is_open = not line[:1].isspace() and bool(line)
        if self._size >= ENOUGH and is_open and (not self._last.strip() or line.startswith("#")):
            self.flush()
        elif self._size + len(line) > MOST:
            self._break()
        self._open(line)
        self._add(line)

    def flush(self, *, joins: bool = False) -> None:
        """End the piece here; `joins` if the text goes on."""
        if any(line.strip() for line in self._lines):
            self.pieces.append(Piece(self._kind, "\n".join(self._lines), self._joins))
        self._lines, self._size, self._joins = [], 0, joins

    @property
    def _last(self) -> str:
        return self._lines[-1] if self._lines else ""

    def _add(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line) + OF_A_LINE

    def _break(self) -> None:
        """Where nothing ends; of a table the head is repeated."""
        table = self._table
        self.flush(joins=not table)
        for line in table:
            self._add(line)

    def _take_long(self, line: str) -> None:
        self.flush(joins=True)
        if self._kind == "markdown" and not self._fence and len(line) <= LONGEST:
            self._add(line)
            self.flush(joins=True)
            return
        kind: Kind = "plain" if self._kind == "markdown" else self._kind
        if self._fence or self._until:
            kind = self._beyond
        self.pieces += [Piece(kind, part, joins=True) for part in _split(line)]
        self._joins = True

    def _take_inside(self, line: str) -> None:
        """Of code, or of an element that ends with a word."""
        if self._fence:
            bare = line.strip(" >")
            is_end = bare.startswith(self._fence) and not bare.strip(self._fence[0])
        else:
            is_end = self._until in line.lower()
        if self._size + len(line) > MOST:
            self.flush(joins=True)
            self._kind = self._beyond
        if not is_end:
            self._add(line)
            return
        self._fence = self._until = ""
        if self._kind == "markdown":
            self._add(line)
        else:  # what ends it is no part of it
            self.flush()
            self._kind = "markdown"

    def _open(self, line: str) -> None:
        fence = FENCE.match(line)
        if fence:
            self._fence, self._beyond, self._table = fence[1], "code", ()
            return
        opened = OPENED.match(line)
        if opened:
            until = "-->" if opened[1] else f"</{opened[2].lower()}>"
            if until not in line.lower():
                self._until = until
                is_shown = (opened[2] or "").lower() in SHOWN
                self._beyond = "code" if is_shown else "hidden"
            return
        if REFERENCE.match(line) and self._defined < MOST_REFERENCES:
            self.definitions.append(line)
            self._defined += len(line)
        if "|" not in line:
            self._table = ()
        elif not self._table and "|" in self._last and TABLE_RULE.fullmatch(line):
            self._table = (self._last, line)
