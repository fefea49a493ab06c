"""How many packages use one, in words: what an install follows apart from the rest."""

from __future__ import annotations

from tgtui.basics.formatting import number
from tgtui.data.views.edges import Use, UsedBy

USE_WORDS: dict[Use, str] = {
    "runtime": "",
    "optional": "optional",
    "peer": "peer",
    "suggested": "suggested",
    "dev": "dev",
}
"""Beside a package that uses another."""


def used_by_in_words(used: UsedBy, where: str = "known here") -> list[str]:
    """`4 known here (3 runtime, 1 peer)`, `2 for development only`; the first is always there."""
    by_use = {
        "runtime": used.runtime,
        "optional": used.optional,
        "peer": used.peer,
    }
    told = [f"{number(count)} {use}" for use, count in by_use.items() if count]
    is_told = len(told) > 1 or (used.installed and not used.runtime)
    parts = [f"{number(used.installed)} {where}" + (f" ({', '.join(told)})" if is_told else "")]
    if used.dev:
        parts.append(f"{number(used.dev)} for development only")
    if used.suggested:
        suggest = "suggests" if used.suggested == 1 else "suggest"
        parts.append(f"{number(used.suggested)} only {suggest} it")
    return parts


def used_by_in_short(used: UsedBy) -> str:
    """`4 · 2 dev · 1 suggested`, for a title."""
    parts = [number(used.installed)]
    parts += [f"{number(used.dev)} dev"] if used.dev else []
    parts += [f"{number(used.suggested)} suggested"] if used.suggested else []
    return " · ".join(parts)
