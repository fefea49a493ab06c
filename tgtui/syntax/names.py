"""How names are compared: without case, and without what people leave out of them."""

from __future__ import annotations

SEPARATORS = "-_."
"""What `react-router`, `react_router` and `reactrouter` differ in. `/` and `@` say something: the scope."""

_WITHOUT_SEPARATORS = str.maketrans("", "", SEPARATORS)


def fold(name: str) -> str:
    """Without case, and without NUL, which PostgreSQL does not store."""
    return name.replace("\0", "").casefold()


def name_key(name: str) -> str:
    """Folded, without separators; a name of nothing else keeps them. The database's triggers do the same."""
    return without_separators(name) or fold(name)


def without_separators(text: str) -> str:
    """Folded; names are found in it by their keys."""
    return fold(text).translate(_WITHOUT_SEPARATORS)
