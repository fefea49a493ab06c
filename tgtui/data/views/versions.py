"""Versions of a package and pages of them. Registry text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.advisories import Worst


class VersionRow(Struct, frozen=True):
    """One version of a package."""

    id: UUID
    package_id: UUID
    version: str
    published_at: datetime | None
    is_prerelease: bool
    is_yanked: bool
    yank_message: str | None
    dist_tags: tuple[str, ...]
    dependencies_loaded: bool
    dependencies_wanted: bool
    """A person requested them, and they are not loaded yet."""
    worst: Worst | None = None
    """Advisories about it; None if none is known."""


VersionOrder = Literal["newest", "oldest", "latest", "first"]
"""The ecosystem's order, highest or lowest first; or by date, newest or oldest first."""


class VersionCursor(Struct, frozen=True):
    """Where a page of versions ends."""

    published_at: datetime | None
    """None in the ecosystem's order, and for a version without a known date."""
    sort_key: str


class VersionPage(Struct, frozen=True):
    """Versions in the chosen order."""

    rows: tuple[VersionRow, ...]
    next_cursor: VersionCursor | None
    """None on the last page."""


class EnvironmentInfo(Struct, frozen=True):
    """What is told of an environment beside its members. Its text may quote a registry."""

    extras: str
    context: str
    error: str | None
    notes: tuple[str, ...]
