"""How a dependency tree is told, on the screen and on the command line: the marks of its nodes, its totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Protocol

from tgtui.basics.formatting import counted, number
from tgtui.data.views.edges import TreeTotals
from tgtui.registries.registration import registration


class Mark(Enum):
    """What a sign behind a node means. The value is the sign, told apart without colour."""

    REPEATED = "(*)"
    CYCLE = "(cycle)"
    MISSING = "?"
    UNRESOLVED = "!"
    NOT_LOADED = "…"
    OPTIONAL = "~"
    PEER = "peer"
    DEV = "dev"
    ALIAS = "="
    DEPRECATED = "deprecated"
    EXTERNAL = "external"


MEANING = {
    Mark.REPEATED: "shown elsewhere",
    Mark.CYCLE: "back to an ancestor",
    Mark.MISSING: "not in the catalogue yet",
    Mark.UNRESOLVED: "unresolved",
    Mark.NOT_LOADED: "its dependencies are not loaded yet",
    Mark.OPTIONAL: "optional",
    Mark.ALIAS: "under another name",
    Mark.EXTERNAL: "git, file or address",
}
"""For the legend, in this order; marks that are words explain themselves."""


def mark_word(mark: Mark, registry: str) -> str:
    """The sign behind a node of that registry, which may have a word of its own: `yanked`."""
    return registration(registry).withdrawn if mark is Mark.DEPRECATED else mark.value


class MarkedEdge(Protocol):
    """What marks depend on, of whatever an edge was read as."""

    @property
    def type(self) -> str: ...
    @property
    def is_unresolved(self) -> bool: ...
    @property
    def is_missing(self) -> bool: ...
    @property
    def is_external(self) -> bool: ...
    @property
    def is_optional(self) -> bool: ...
    @property
    def is_yanked(self) -> bool: ...
    @property
    def declared_name(self) -> str | None: ...


def marks_of(edge: MarkedEdge, place: Mark | None) -> list[Mark]:
    """The most important first. `place` is what is to be said of where the node stands, if anything."""
    marks: list[Mark] = []
    if edge.is_unresolved:
        marks.append(Mark.UNRESOLVED)
    elif edge.is_missing:
        marks.append(Mark.MISSING)
    elif edge.is_external:
        marks.append(Mark.EXTERNAL)
    elif place is not None:
        marks.append(place)
    if edge.is_optional or edge.type == "optional":
        marks.append(Mark.OPTIONAL)
    if edge.type == "peer":
        marks.append(Mark.PEER)
    if edge.type == "dev":
        marks.append(Mark.DEV)
    if edge.is_yanked:
        marks.append(Mark.DEPRECATED)
    return marks


def marks_explained(edge: MarkedEdge, marks: Iterable[Mark]) -> set[Mark]:
    """What a legend has to explain of a line: its marks, and the sign between an alias and its target."""
    return {*marks, Mark.ALIAS} if edge.declared_name is not None else {*marks}


def totals_in_words(totals: TreeTotals, registry: str) -> list[str]:
    """`65 packages`, `depth 7`, ...; a closure that is not whole yet says so. `registry` is the root's."""
    so_far = " so far" if totals.not_loaded or totals.missing else ""
    words = [counted(totals.packages, "package") + so_far, f"depth {number(totals.depth)}"]
    for count, word in (
        (totals.repeated, "repeated"),
        (totals.unresolved, "unresolved"),
        (totals.deprecated, registration(registry).withdrawn),
        (totals.missing, "not here yet"),
        (totals.not_loaded, "not loaded yet"),
    ):
        if count:
            words.append(f"{number(count)} {word}")
    return words


def dependents_in_words(levels: Sequence[int], roots: int) -> list[str]:
    """`12 dependents known here`, `4 directly`, `depth 3`; `levels` are those of the closure, upwards."""
    total, direct = len(levels) - roots, sum(level == 1 for level in levels)
    if not total:
        return ["no install known here brings it"]
    return [
        counted(total, "dependent") + " known here",
        f"{number(direct)} directly",
        f"depth {number(max(levels))}",
    ]
