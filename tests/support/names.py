"""Names that POSIX systems allow for files and that mean something elsewhere: in URLs, patterns, shells, formats."""

from __future__ import annotations

NAMES = [
    "a?b",
    "?mode=memory",
    "a%41",
    "100%",
    "%(here)s",
    "a#b",
    "a&b=c;d",
    " blank ",
    "two\nlines",
    "quo'te\"s",
    "~",
    "in~side",
    "-dash",
    "--help",
    "[a-z]*",
    "{x!r}",
    "$HOME `x`",
    "back\\slash",
    "file:x",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{SEEDLING}",
    "latin-1 \udce9",
    "x" * 200,
]
ALL_IN_ONE = "a?b%41#&; '\"\n~-[*]{x}%s$HOME\\\N{SEEDLING}\udce9"
