"""Lists of packages for other programs: CSV that a spreadsheet takes as data, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import Protocol

from tgtui.basics.text import clean

COLUMNS = ("package", "version", "published", "tags", "deprecated", "state", "description")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
MAX_CELL = 1_000

Record = Mapping[str, str]


class Text(Protocol):
    """A list as text, made bit by bit."""

    def more(self, rows: Iterable[Record]) -> str:
        """These rows come next."""
        ...

    def end(self) -> str:
        """Those were all."""
        ...


class CsvText:
    """With a head; a cell that a spreadsheet would run gets an apostrophe before it."""

    def __init__(self) -> None:
        self._has_head = False

    def more(self, rows: Iterable[Record]) -> str:
        """A line for each."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        if not self._has_head:
            writer.writerow(COLUMNS)
            self._has_head = True
        for row in rows:
            writer.writerow(harmless(row.get(column, "")) for column in COLUMNS)
        return written.getvalue()

    def end(self) -> str:
        """The head, where there were no rows."""
        return self.more(())


class JsonText:
    """One array. ASCII only: no escape sequence and no bidirectional text can pass."""

    def __init__(self) -> None:
        self._before = "["

    def more(self, rows: Iterable[Record]) -> str:
        """An item for each."""
        parts: list[str] = []
        for row in rows:
            item = json.dumps(dict(row), indent=2, ensure_ascii=True)
            parts += [self._before, "\n", indent(item, "  ")]
            self._before = ","
        return "".join(parts)

    def end(self) -> str:
        """The array's end."""
        return "[]\n" if self._before == "[" else "\n]\n"


def as_csv(rows: Iterable[Record]) -> str:
    """All of it at once."""
    text = CsvText()
    return text.more(rows) + text.end()


def harmless(cell: str) -> str:
    """One clean line that no spreadsheet runs."""
    text = clean(cell, MAX_CELL)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
