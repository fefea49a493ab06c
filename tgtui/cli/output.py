"""How results are printed: a table for people, tabs for programs, JSON for both."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

import click
from msgspec import Struct
from msgspec.structs import asdict

from tgtui.basics.text import clean

GAP = "  "
BAR_WIDTH = 24
"""Cells of a progress bar."""
LINE_EVERY_S = 2.0
"""Seconds between lines of progress if there is no bar."""
LINES_AT_ONCE = 1_000
"""Lines written at once: fast, and a closed pipe is still noticed early."""


def is_terminal() -> bool:
    """Whether stdout is read by a person."""
    return sys.stdout.isatty()


def emit(lines: Iterable[str]) -> None:
    """Print lines that are already clean."""
    rest = iter(lines)
    while some := list(islice(rest, LINES_AT_ONCE)):
        click.echo("\n".join(some))


def emit_json(value: Any) -> None:
    """ASCII only, so no escape sequence or bidirectional text gets through."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, default=_plain))


def emit_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """On a terminal aligned, with a head, and cut to its width; else separated by tabs, uncut and without a head.

    Every cell is cleaned here. The last column gets the rest of the width.
    """
    cells = [[clean(cell) if cell is not None else "" for cell in row] for row in rows]
    if not is_terminal():
        emit("\t".join(row) for row in cells)
        return
    emit(_aligned([list(head), *cells], shutil.get_terminal_size().columns))


def fields(pairs: Iterable[tuple[str, object | None]]) -> Iterator[str]:
    """`label   value` lines; pairs without a value are left out. Values are cleaned here."""
    shown = [(label, clean(value)) for label, value in pairs if value not in (None, "")]
    width = max((len(label) for label, _value in shown), default=0)
    for label, text in shown:
        yield f"{label:<{width}}{GAP}{text}"


def _aligned(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line = GAP.join(
            cell + " " * (wide - cells(cell)) for cell, wide in zip(row, widths, strict=True)
        )
        yield cut(line.rstrip(), width)


def about(package: str, message: str | None) -> str:
    """A message about a package, with its name in front if the message does not name it."""
    sentence = clean(message or "nothing is known about it", 1_000)
    return sentence if package in sentence else f"{package}: {sentence}"


def cells(text: str) -> int:
    """Terminal cells that clean text takes: east Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def cut(text: str, width: int) -> str:
    """At most `width` cells, with an ellipsis if it was cut."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return asdict(value)
    if isinstance(value, date):  # or a datetime
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} can't be printed as JSON")
