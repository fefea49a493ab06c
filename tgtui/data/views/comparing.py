"""Packages side by side, and comparisons that people saved. Registry text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.insights import SharedPackage

FEWEST, MOST = 2, 4
"""Packages that stand side by side."""


class Side(Struct, frozen=True):
    """One of the packages. What is None is unknown, which is not zero."""

    registry: str
    name: str
    wanted_version: str | None
    """As it was named; None for the latest."""
    package_id: UUID | None
    """None if the package is not in the catalogue."""
    version_id: UUID | None = None
    version: str | None = None
    """None if it was not fetched yet, or there is no such version."""
    latest_version: str | None = None
    is_deprecated: bool = False
    """The version is deprecated or yanked."""
    published_at: datetime | None = None
    first_published_at: datetime | None = None
    version_count: int | None = None
    releases_last_year: int | None = None
    """None if no version has a date."""
    licence: str | None = None
    download_size: int | None = None
    """Bytes, of the package's own archive."""
    unpacked_size: int | None = None
    """Bytes, of the package's own files."""
    install_size: int | None = None
    """Bytes of all that an install brings, itself included, as far as sizes are known."""
    is_all_weighed: bool = True
    """The size of all of it is known; else `install_size` is a lower bound."""
    direct: int | None = None
    """Dependencies that an install of it follows from itself; None if they are not loaded."""
    packages: int | None = None
    """All that an install brings, at any depth."""
    depth: int | None = None
    is_whole: bool = True
    """All that an install brings is here; else `packages` and `depth` may be more."""
    dependents: int | None = None
    """Packages here whose install brings it, directly."""
    dependents_all: int | None = None
    """With all that need those; None until a refresh of the insights told it."""
    uses: int | None = None
    """How often it was opened, found, requested and tagged here."""
    advisories: int | None = None
    """Known ones of the version; None as long as the catalogue knows of none."""

    @property
    def package(self) -> str:
        """`npm:react`"""
        return f"{self.registry}:{self.name}"


class SideBySide(Struct, frozen=True):
    """Two to four packages, in the order they were named."""

    sides: tuple[Side, ...]
    shared: tuple[SharedPackage, ...]
    """What at least two of them bring, what most of them bring first; `brought_by` are places in `sides`."""


class SavedComparison(Struct, frozen=True):
    """Packages side by side that a person saved under a name."""

    name: str
    packages: str
    """As they are typed: `npm:react npm:preact@10.0.0`."""
