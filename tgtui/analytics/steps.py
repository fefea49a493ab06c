"""How far long work is, told to whoever waits."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tgtui.basics.formatting import number

STAGES = {
    "waiting": "waiting for another program, which exports now",
    "opening": "opening the catalog",
    "packages": "reading packages",
    "versions": "reading versions",
    "dependencies": "reading dependencies",
    "interactions": "reading interactions",
    "committing": "committing",
    "tidying": "removing what is too old",
    "computing": "computing answers",
}


class AnalyticsStep(Struct, frozen=True):
    """A moment of an export or a refresh."""

    stage: str
    """A key of STAGES."""
    done: int = 0
    """Rows so far."""
    total: int | None = None

    @property
    def words(self) -> str:
        """`reading versions, 120,000 so far`."""
        told = STAGES[self.stage]
        return f"{told}, {number(self.done)} so far" if self.done else told


Tell = Callable[[AnalyticsStep], None]
"""May raise, to stop the work: it is called every few thousand rows."""
