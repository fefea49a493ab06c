"""Lists of packages for other programs: CSV that a spreadsheet takes as data, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from tgtui.text import clean

COLUMNS = ("package", "version", "published", "tags", "deprecated", "state", "description")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
MAX_CELL = 1_000

Record = Mapping[str, str]


def as_csv(rows: Iterable[Record]) -> str:
    """With a head; a cell that a spreadsheet would run gets an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(harmless(row.get(column, "")) for column in COLUMNS)
    return written.getvalue()


def as_json(rows: Sequence[Record]) -> str:
    """ASCII only: no escape sequence and no bidirectional text can pass."""
    return json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=True) + "\n"


def harmless(cell: str) -> str:
    """One clean line that no spreadsheet runs."""
    text = clean(cell, MAX_CELL)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
