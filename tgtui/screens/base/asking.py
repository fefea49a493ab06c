"""What is said when several packages were asked for at once."""

from __future__ import annotations

from collections.abc import Sequence

from tgtui.basics.formatting import counted


def outcome(asked: int, refused: Sequence[str], *, here: int = 0) -> str:
    """How many were queued, how many were here already, and how many were refused, with the first reason."""
    parts = [f"{counted(asked, 'package')} queued"] if asked else []
    parts += [f"{counted(here, 'package')} already here"] if here else []
    parts += [f"{len(refused)} refused: {refused[0]}"] if refused else []
    return "; ".join(parts)
