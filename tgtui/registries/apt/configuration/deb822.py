"""Stanzas of fields, as apt's tag file reader reads them in its configuration (deb822(5), apt's tagfile.cc)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LINE_END = re.compile(r"\r*\n\r*")
BYTE_ORDER_MARK = "\ufeff"


def read_deb822(text: str) -> Iterator[dict[str, str]]:
    """Every stanza: from fields in lower case to values, in which line breaks are kept and ` .` is an empty line.

    Stanzas end at empty lines, however lines end; a line of blanks is not empty. The last of equal fields counts.
    """
    lines = LINE_END.split(text.removeprefix(BYTE_ORDER_MARK))
    stanza: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("#"):
            continue
        if line:
            stanza.append(line)
        elif stanza:
            yield _fields(stanza)
            stanza = []


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in lines:
        if line[0] in " \t":
            if key:
                fields[key] += "\n" + ("" if line.strip() == "." else line.strip())
            continue
        key, colon, value = line.partition(":")
        key = key.strip().lower() if colon else ""
        if key:
            fields[key] = value.strip()
    return {key: value.strip() for key, value in fields.items()}
