"""Watched packages and what is new of them. Registry text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class News(Struct, frozen=True):
    """What came in of a package since the account last looked."""

    versions: tuple[str, ...] = ()
    """New ones that are no prereleases, newest first; of many only the newest."""
    version_count: int = 0
    prereleases: tuple[str, ...] = ()
    """The same of new prereleases."""
    prerelease_count: int = 0
    deprecated: tuple[str, ...] = ()
    """Versions that were deprecated or yanked, newest first; of many only the newest."""
    deprecated_count: int = 0
    reason: str | None = None
    """What the registry says of the newest of them."""
    is_first: bool = False
    """It was fetched for the first time: before, only its name was known."""

    @property
    def is_quiet(self) -> bool:
        """There are only new prereleases."""
        return not (self.version_count or self.deprecated_count or self.is_first)


class WatchedRow(Struct, frozen=True):
    """A package that an account watches."""

    package_id: UUID
    registry: str
    name: str
    latest_version: str | None
    published_at: datetime | None
    """Of the latest version."""
    is_deprecated: bool
    """The latest version is."""
    watched_since: datetime
    news: News | None
    news_at: datetime | None
    """When the last of it came in."""


class WatchedCursor(Struct, frozen=True):
    """Where a page of watched packages ends."""

    news_at: datetime | None
    """None after all that have news."""
    name: str
    """Folded."""
    id: UUID
    """Of the watch."""


class WatchedPage(Struct, frozen=True):
    """What has news first, the latest first; then the others by name."""

    rows: tuple[WatchedRow, ...]
    next_cursor: WatchedCursor | None


class NewsGlance(Struct, frozen=True):
    """What is new, in a line."""

    watched: int
    """How many packages the account watches."""
    news: int
    """How many of them have news."""
    first: tuple[WatchedRow, ...]
    """Some of those, what is more than a prerelease first."""
    malware: tuple[str, ...] = ()
    """`npm:chalk@5.6.1`: versions in the catalogue that are an attack themselves, watched or not."""
