"""Lists of packages for other programs: CSV that is safe in a spreadsheet, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import Protocol

from tgtui.basics.text import clean

COLUMNS = ("package", "version", "published", "tags", "deprecated", "state", "description")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|")
"""First characters that make a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
MAX_CELL = 1_000

Record = Mapping[str, str]


class Text(Protocol):
    """Writes a list as text, piece by piece."""

    def more(self, rows: Iterable[Record]) -> str:
        """The text of the next rows."""
        ...

    def end(self) -> str:
        """The text after the last row."""
        ...


class CsvText:
    """With a head; a cell that a spreadsheet would run gets an apostrophe before it."""

    def __init__(self) -> None:
        self._has_head = False

    def more(self, rows: Iterable[Record]) -> str:
        """One line per row."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        if not self._has_head:
            writer.writerow(COLUMNS)
            self._has_head = True
        for row in rows:
            writer.writerow(harmless(row.get(column, "")) for column in COLUMNS)
        return written.getvalue()

    def end(self) -> str:
        """The head if there were no rows, else nothing."""
        return self.more(())


class JsonText:
    """One array. ASCII only, so no escape sequence or bidirectional text gets through."""

    def __init__(self) -> None:
        self._before = "["

    def more(self, rows: Iterable[Record]) -> str:
        """One item per row."""
        parts: list[str] = []
        for row in rows:
            item = json.dumps(dict(row), indent=2, ensure_ascii=True)
            parts += [self._before, "\n", indent(item, "  ")]
            self._before = ","
        return "".join(parts)

    def end(self) -> str:
        """The end of the array."""
        return "[]\n" if self._before == "[" else "\n]\n"


def as_csv(rows: Iterable[Record]) -> str:
    """The whole list at once."""
    text = CsvText()
    return text.more(rows) + text.end()


def table_as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Any table, its head included."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows(map(harmless, row) for row in rows)
    return written.getvalue()


def harmless(cell: str) -> str:
    """One clean line that no spreadsheet executes."""
    text = clean(cell, MAX_CELL)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
