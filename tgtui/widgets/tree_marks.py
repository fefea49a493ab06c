"""The signs behind a node of a dependency tree, and what each means."""

from __future__ import annotations

from enum import Enum


class Mark(Enum):
    """What a sign behind a node means. The value is the sign, told apart without colour."""

    REPEATED = "(*)"
    CYCLE = "(cycle)"
    MISSING = "?"
    UNRESOLVED = "!"
    OPTIONAL = "~"
    PEER = "peer"
    DEPRECATED = "deprecated"
    EXTERNAL = "external"


MEANING = {
    Mark.REPEATED: "shown elsewhere",
    Mark.CYCLE: "back to an ancestor",
    Mark.MISSING: "not in the catalogue yet",
    Mark.UNRESOLVED: "unresolved",
    Mark.OPTIONAL: "optional",
    Mark.EXTERNAL: "git, file or address",
}
"""For the legend; marks that are words explain themselves."""
