"""Facts as registries write them, of any shape, as short values: sizes, words, names of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tgtui.registries.documents.loose_json import text

MAX_SIZE = 1 << 50
"""Bytes, or files; more is a mistake."""
MAX_WORD = 100
MAX_LICENCE = 1_000
MAX_WORDS = 100
"""Words of a list that are kept."""
MAX_LOOKED_AT = 2_000
PERSON = re.compile(r"\s*([^<(]*)")
"""The name in `Name <mail> (address)`."""


def size(found: object) -> int | None:
    """Bytes or files; None if it is no number, or none that can be meant."""
    is_one = isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MAX_SIZE
    return found if is_one and isinstance(found, int) else None


def line(found: object, limit: int = MAX_WORD) -> str | None:
    """A text in one line; None if there is none."""
    shown = text(found, limit * 4)
    return text(" ".join(shown.split()), limit) or None if shown else None


def words(found: object) -> tuple[str, ...]:
    """The different strings of a list, or of one string with commas between: `a, b`."""
    items = found.split(",") if isinstance(found, str) else found
    return _kept(map(line, items[:MAX_LOOKED_AT])) if isinstance(items, list) else ()


def licence(found: object) -> str | None:
    """`MIT`, `{"type": "MIT"}`, or a list of those. Whether all of a list hold is not said: it never becomes an OR."""
    if isinstance(found, dict):
        found = found.get("type") or found.get("name")
    if isinstance(found, list):
        each = _kept(licence(one) for one in found[:MAX_WORDS] if not isinstance(one, list))
        return line(", ".join(each), MAX_LICENCE)
    return line(found, MAX_LICENCE)


def person(found: object) -> str | None:
    """The name in `{"name": …}` or `Name <mail> (address)`. Of a mail address in its place, what stands before the @."""
    if isinstance(found, dict):
        found = found.get("name")
    if not isinstance(found, str):
        return None
    match = PERSON.match(found[: MAX_WORD * 4])
    name = line(match[1]) if match else None
    return " ".join(part.partition("@")[0] or part for part in name.split()) if name else None


def people(found: object) -> tuple[str, ...]:
    """The names of a list of people, or of one."""
    items = found if isinstance(found, list) else [found]
    return _kept(map(person, items[:MAX_LOOKED_AT]))


def _kept(found: Iterable[str | None]) -> tuple[str, ...]:
    """Each once, at most MAX_WORDS."""
    return tuple(dict.fromkeys(each for each in found if each))[:MAX_WORDS]
