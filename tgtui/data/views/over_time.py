"""How a package changed: its versions in order, and pictures of that. Registry text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct


class VersionPoint(Struct, frozen=True):
    """A version, with what may differ from the one before. What is None is unknown."""

    id: UUID
    version: str
    published_at: datetime | None
    unpacked_size: int | None
    """Bytes of its own files."""
    direct: int | None
    """Dependencies that an install of it follows from itself; None if they are not loaded."""


PictureName = Literal["releases", "size", "dependencies", "dependents"]


class Picture(Struct, frozen=True):
    """Numbers in order, to be drawn or listed."""

    name: PictureName
    title: str
    labels: tuple[str, ...]
    """Of each number: `2026-01`, a version, a day."""
    values: tuple[int, ...]
    places: tuple[float, ...]
    """Where each stands from left to right: days apart for days, else one apart."""
    lacking: int = 0
    """Versions of which the number is not known."""
    why_empty: str = ""
    """What to do if there are no numbers, a sentence."""

    @property
    def are_counts(self) -> bool:
        """Of what happened in a time, so that their sum means something."""
        return self.name == "releases"

    @property
    def are_days(self) -> bool:
        """Each number holds until the next day that is named."""
        return self.name == "dependents"

    @property
    def are_bytes(self) -> bool:
        """How the numbers are written."""
        return self.name == "size"
