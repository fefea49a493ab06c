"""Tags beside a package, in lists, in the picker and on the command line. Other people's text in them is still hostile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TagLabel:
    """A tag as shown beside a package."""

    id: UUID
    name: str
    slug: str
    color: str | None
    """`#rrggbb`."""


@dataclass(frozen=True, slots=True)
class TagAssignment(TagLabel):
    """A tag on one package, and how it came there."""

    assigned_by: str | None
    """The name of who gave it; None where one may not know."""
    assigned_at: datetime


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
