"""What of a tree is shown: some types of dependencies, or only what leads to trouble."""

from __future__ import annotations

from msgspec import Struct

from tgtui.data.graph.finding import Only
from tgtui.data.versions.edges import INSTALLED
from tgtui.output.ranges import TYPES
from tgtui.registries.registration import registration

ONLY: dict[Only, str] = {
    "deprecated": "Only what is {withdrawn}, and what leads there",
    "unresolved": "Only what is unresolved, and what leads there",
    "missing": "Only what is not in the catalogue yet",
}


class TreeFilter(Struct, frozen=True):
    """Everything an install brings, unless said otherwise."""

    kinds: frozenset[str] = INSTALLED
    only: Only | None = None

    @property
    def is_on(self) -> bool:
        return self != TreeFilter()

    def words(self, registry: str) -> str:
        """For the head of the tree: `only deprecated`, `runtime, peer`. `registry` is the root's."""
        kinds = "" if self.kinds == INSTALLED else ", ".join(k for k in TYPES if k in self.kinds)
        word = registration(registry).withdrawn if self.only == "deprecated" else self.only
        only = f"only {word}" if self.only else ""
        return " · ".join(part for part in (kinds, only) if part)
