"""Packages in lists, in detail, and deleted. Registry text in them is still hostile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.advisories import Finding, PackageStanding, Worst
from tgtui.data.views.edges import UsedBy
from tgtui.data.views.requests import RequestRow
from tgtui.data.views.tags import TagAssignment, TagLabel
from tgtui.data.views.versions import VersionRow

PackageState = Literal["ready", "queued", "fetching", "failed", "unknown"]
"""`ready`: fetched at least once. Else only known by name, and the state of its newest request."""
STATES: Mapping[str, PackageState] = {
    "pending": "queued",
    "fetching": "fetching",
    "failed": "failed",
}
"""Of a package that was never fetched, by the status of its newest request."""


class PackageRow(Struct, frozen=True):
    """One line of a result list."""

    id: UUID
    registry: str
    name: str
    state: PackageState
    latest_version: str | None
    published_at: datetime | None
    """Of the latest version."""
    is_yanked: bool
    """The latest version is deprecated or yanked."""
    description: str | None
    tags: tuple[TagLabel, ...]
    worst: Worst | None = None
    """Advisories about the latest version; None if none is known, which says nothing of whether anyone looked."""

    def record(self) -> dict[str, str]:
        """A row of an export, by column; unknown values are empty."""
        return {
            "package": f"{self.registry}:{self.name}",
            "version": self.latest_version or "",
            "published": self.published_at.isoformat() if self.published_at else "",
            "tags": " ".join(tag.slug for tag in self.tags),
            "deprecated": "yes" if self.is_yanked else "no",
            "state": self.state,
            "description": self.description or "",
        }


class PackageDetail(Struct, frozen=True):
    """Header of the package screen, and the preview beside the results."""

    id: UUID
    registry: str
    name: str
    state: PackageState
    description: str | None
    homepage: str | None
    repository: str | None
    latest: VersionRow | None
    version_count: int
    dependent_count: int
    """Packages in the catalogue whose install brings this one."""
    used_by: UsedBy
    """The same and all other uses, told apart."""
    tags: tuple[TagAssignment, ...]
    elsewhere: tuple[SameSoftware, ...]
    """The same software in other registries, by registry and name."""
    fetched_at: datetime | None
    """When it was last fetched successfully."""
    last_attempt_at: datetime | None
    request: RequestRow | None
    """Its newest request, if any."""
    findings: tuple[Finding, ...] = ()
    """Advisories about the latest version, the worst first."""
    standing: PackageStanding | None = None
    """How far no advisories mean anything."""


class SameSoftware(Struct, frozen=True):
    """A package of another registry that is the same thing."""

    package_id: UUID
    registry: str
    name: str


class DeletedPackage(Struct, frozen=True):
    """A package that an admin deleted from the catalogue."""

    id: UUID
    registry: str
    name: str
    description: str | None
    deleted_at: datetime
    deleted_by: str | None
    """The name of the admin."""


class DeletedPage(Struct, frozen=True):
    """Deleted packages, newest deletion first."""

    rows: tuple[DeletedPackage, ...]
    next_cursor: tuple[datetime, UUID] | None
    """None on the last page."""


class Removal(Struct, frozen=True):
    """The result of deleting a package."""

    package: DeletedPackage
    requests: int
    """The number of active requests that were cancelled."""


class Restored(Struct, frozen=True):
    """The result of restoring a package."""

    package: DeletedPackage
    """The package as it was deleted."""
    is_queued: bool
    """Deleting it had cancelled a request, and a new one was queued in its place."""


def package_state(was_fetched: bool, status: str | None) -> PackageState:
    """From whether it was ever fetched and the status of its newest request."""
    if was_fetched:
        return "ready"
    return STATES.get(status or "", "unknown")
