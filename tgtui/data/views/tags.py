"""Tags, alone and on packages. Other people's text in them is still hostile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class TagLabel(Struct, frozen=True):
    """A tag as shown beside a package."""

    id: UUID
    name: str
    slug: str
    color: str | None
    """`#rrggbb`."""


class TagAssignment(TagLabel, frozen=True):
    """A tag on one package, with who applied it and when."""

    assigned_by: str | None
    """The name of who applied it; None if the login may not know."""
    assigned_at: datetime


class TagRow(Struct, frozen=True):
    """A tag with all its data."""

    id: UUID
    name: str
    slug: str
    description: str | None
    color: str | None
    """`#rrggbb`."""
    packages: int
    """The number of packages that have it, without deleted ones."""
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None
    """The name of who deleted it."""

    @property
    def label(self) -> TagLabel:
        """The tag as shown beside a package."""
        return TagLabel(self.id, self.name, self.slug, self.color)


class TagChoice(Struct, frozen=True):
    """A tag, and how many of the chosen packages have it."""

    label: TagLabel
    count: int
    assigned_by: str | None = None
    """Who applied it to the chosen package; None if several are chosen."""
    assigned_at: datetime | None = None


class Tagged(Struct, frozen=True):
    """The result of applying and removing tags."""

    given: int
    """Assignments that are new."""
    taken: int
    gone: int = 0
    """Tags to be applied that were deleted meanwhile."""
    missing: int = 0
    """Packages that were deleted meanwhile."""

    @property
    def changed(self) -> int:
        """The number of assignments added or removed."""
        return self.given + self.taken


class Merged(Struct, frozen=True):
    """The result of merging a tag into another."""

    source: TagRow
    """The merged tag as it was."""
    into: TagRow
    """The other tag as it is now."""
    moved: tuple[UUID, ...]
    """Assignments that moved, keeping who made them and when; the others existed already."""
