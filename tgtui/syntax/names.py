"""How names are compared: ignoring case and separators."""

from __future__ import annotations

SEPARATORS = "-_."
"""The characters in which `react-router`, `react_router` and `reactrouter` differ. `/` and `@` mark a scope."""

MAX_TERM = 100
"""Characters of a term that are compared."""

_WITHOUT_SEPARATORS = str.maketrans("", "", SEPARATORS)


def fold(name: str) -> str:
    """Casefolded, without NUL, which PostgreSQL does not store."""
    return name.replace("\0", "").casefold()


def name_key(name: str) -> str:
    """Folded, without separators; a name of only separators keeps them. The database's triggers do the same."""
    return without_separators(name) or fold(name)


def without_separators(text: str) -> str:
    """Folded words, to be matched with the keys of names."""
    return fold(text).translate(_WITHOUT_SEPARATORS)


def term_of(text: str) -> str:
    """A keyword, licence or person's name as searches compare it: folded, in one word, `john-smith`."""
    return "-".join(fold(text).split())[:MAX_TERM]
