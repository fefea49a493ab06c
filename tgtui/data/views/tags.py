"""Tags as lists, the picker and the command line show them. Other people's text in them is still hostile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tgtui.data.views.packages import TagLabel


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with all that is known of it."""

    id: UUID
    name: str
    slug: str
    description: str | None
    color: str | None
    """`#rrggbb`."""
    packages: int
    """How many have it; deleted ones don't count."""
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None
    """The name of who deleted it."""

    @property
    def label(self) -> TagLabel:
        """As it stands beside a package."""
        return TagLabel(self.id, self.name, self.slug, self.color)


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag and how many of the packages at hand have it."""

    label: TagLabel
    count: int
    assigned_by: str | None = None
    """Who gave it to the one package at hand; None where there are several."""
    assigned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """What giving and taking tags came to."""

    given: int
    """Assignments that are new."""
    taken: int
    gone: int = 0
    """Tags that were to be given and are deleted by now."""
    missing: int = 0
    """Packages that are deleted by now."""

    @property
    def changed(self) -> int:
        """Assignments that came or went."""
        return self.given + self.taken


@dataclass(frozen=True, slots=True)
class Merged:
    """A tag that went into another."""

    source: TagRow
    """As it was."""
    into: TagRow
    """As it is now."""
    moved: tuple[UUID, ...]
    """Assignments that moved, with who made them and when; the others were there already."""


@dataclass(frozen=True, slots=True)
class DeletedPackage:
    """A package an admin took out of the catalogue."""

    id: UUID
    registry: str
    name: str
    description: str | None
    deleted_at: datetime
    deleted_by: str | None
    """The name of who did."""


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """Deleted packages, the last one first."""

    rows: tuple[DeletedPackage, ...]
    next_cursor: tuple[datetime, UUID] | None
    """None on the last page."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What deleting a package came to."""

    package: DeletedPackage
    requests: int
    """Active requests that ended."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A package that is back."""

    package: DeletedPackage
    """As it was deleted."""
    is_queued: bool
    """Its deletion had ended a request, in whose place a new one is queued."""
