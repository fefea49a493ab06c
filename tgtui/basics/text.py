"""Makes hostile text safe to show: registry text, other users' text, servers' error bodies.

Everything a screen or a terminal shows that this program did not write itself goes through `clean`.
Widgets go one step further and take `widgets.content.safe`, which no markup parser ever reads.
"""

from __future__ import annotations

import unicodedata

MAX_LINE = 300
"""Default length of a cleaned line, in characters."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Cf: bidi overrides, zero-width and format characters. Cc: escape and other controls. Cs, Co, Cn: lone
# surrogates, private use and unassigned. Zl, Zp: line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_MAX_MARKS = 3
"""Combining marks that may follow one character; more would reach into neighbouring lines."""


def clean(text: object, limit: int = MAX_LINE) -> str:
    """One line: whitespace folded, controls and invisible characters replaced, length bounded.

    Printable ASCII, the usual case, is returned as it is.
    """
    line = str(text)[: limit * 4]
    if not (line.isascii() and line.isprintable()):
        line = "".join(_shown(line))
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def harmless(text: str) -> str:
    """Any number of lines, of any length: controls and invisible characters are replaced, line breaks stay."""
    if text.isascii() and text.isprintable():
        return text
    return "\n".join(
        line if line.isascii() and line.isprintable() else "".join(_shown(line))
        for line in text.split("\n")
    )


def _shown(line: str) -> list[str]:
    shown: list[str] = []
    marks = 0
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if character in _SPACES:
            shown.append(" ")
        elif category in _HIDDEN:
            shown.append(REPLACEMENT)
        elif marks <= _MAX_MARKS:
            shown.append(character)
    return shown
