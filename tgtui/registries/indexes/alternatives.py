"""What else could serve in place of a chosen version, as text in a column of the catalogue.

A line for each, `name version`; ` -` behind it if it serves only where someone installs that version
anyway, because a client never chooses it itself.
"""

from __future__ import annotations

from collections.abc import Iterable

Alternative = tuple[str, str, bool]
"""(name, version, the client may choose it)"""
MAX_ALTERNATIVES = 2_000
"""In one text; Debian's longest has 213."""
UNCHOSEN = "-"


def packed(alternatives: Iterable[Alternative]) -> str:
    """In order; what is above the bound is left out."""
    lines = [
        f"{name} {version}" if is_choice else f"{name} {version} {UNCHOSEN}"
        for name, version, is_choice in alternatives
        if len(name.split()) == len(version.split()) == 1
    ]
    return "\n".join(lines[:MAX_ALTERNATIVES])


def unpacked(text: str | None) -> list[Alternative]:
    """What `packed` made of it."""
    found: list[Alternative] = []
    for line in text.split("\n") if text else ():
        name, version, *mark = line.split(" ")
        found.append((name, version, not mark))
    return found
