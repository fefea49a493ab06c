"""How many packages use one, in words: what an install follows apart from the rest."""

from __future__ import annotations

from collections.abc import Callable

from tgtui.basics.formatting import number
from tgtui.data.views.edges import Use, UsedBy
from tgtui.syntax.query import Operator

USE_WORDS: dict[Use, str] = {
    "runtime": "runtime",
    "optional": "optional",
    "peer": "peer",
    "suggested": "",
    "dev": "",
}
"""Beside a package that uses another; the last two are said by their headings."""

BY_OPERATOR: dict[Operator, tuple[str, Callable[[UsedBy], int]]] = {
    "dep": ("An install brings it", lambda used: used.installed),
    "sugdep": ("Only suggest it", lambda used: used.suggested),
    "devdep": ("For development only", lambda used: used.dev),
}
"""The heading of those that each operator finds, and how many there are."""


def operator_of(use: Use) -> Operator:
    """The operator of the search that finds packages by this use."""
    return "sugdep" if use == "suggested" else "devdep" if use == "dev" else "dep"


def used_by_in_words(used: UsedBy, where: str = "known here") -> list[str]:
    """`4 known here (3 runtime, 1 peer)`, `2 for development only`; the first is always there."""
    told = ", ".join(installed_by_use(used))
    parts = [f"{number(used.installed)} {where}" + (f" ({told})" if told else "")]
    return [*parts, *others_in_words(used)]


def installed_by_use(used: UsedBy) -> list[str]:
    """`3 runtime`, `1 peer`: those whose install brings it; empty if all need it at run time."""
    if used.installed == used.runtime:
        return []
    by_use = {"runtime": used.runtime, "optional": used.optional, "peer": used.peer}
    return [f"{number(count)} {use}" for use, count in by_use.items() if count]


def others_in_words(used: UsedBy) -> list[str]:
    """`2 for development only`, `1 only suggests it`."""
    parts: list[str] = []
    if used.dev:
        parts.append(f"{number(used.dev)} for development only")
    if used.suggested:
        suggest = "suggests" if used.suggested == 1 else "suggest"
        parts.append(f"{number(used.suggested)} only {suggest} it")
    return parts
