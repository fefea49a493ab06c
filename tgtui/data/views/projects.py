"""Projects, what their files say, and what the catalogue knows of it. Text of files and registries is still hostile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.advisories import Judgement, Worst
from tgtui.syntax.licences import Licence, LicenceKind


class ProjectFile(Struct, frozen=True):
    """A file that was read."""

    path: str
    """Relative to the project's folder."""
    format: str
    """`npm 3`, `package.json`."""


class ProjectProblem(Struct, frozen=True):
    """What could not be read."""

    path: str
    line: int
    """From 1; 0 if unknown."""
    message: str
    """A sentence."""

    @property
    def sentence(self) -> str:
        """With where it is."""
        if self.path == ".":  # the folder itself
            return self.message
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


STALE = "stale:"
"""Before the digest of files of which some can't be read now: they are read again, even if they are as they were."""


class ProjectRow(Struct, frozen=True):
    """A project in a list."""

    id: UUID
    name: str
    is_own: bool
    owner: str | None
    """Name of whoever shares it; None of one's own, and if it can't be seen."""
    files: tuple[ProjectFile, ...]
    problems: tuple[ProjectProblem, ...]
    digest: str | None
    read_at: datetime | None
    shared_at: datetime | None

    @property
    def is_stale(self) -> bool:
        """What is known of it was read before its files broke."""
        return (self.digest or "").startswith(STALE)

    @property
    def full_name(self) -> str:
        """Told apart from one's own by its owner."""
        return full_name(self.name, self.is_own, self.owner)


UNNAMED = "someone"
"""An owner whose name can't be seen."""


def full_name(name: str, is_own: bool, owner: str | None) -> str:
    """`web`, or `Ada-Lovelace/web` of one that is shared: without blanks, as the search takes it."""
    return name if is_own else f"{(owner or UNNAMED).replace(' ', '-')}/{name}"


class ProjectPackage(Struct, frozen=True):
    """A locked package. Its position among those of the project is its identity."""

    registry: str
    name: str
    version: str | None
    source: str
    path: str
    """Of the lock file."""
    folder: str | None = None
    licence: str | None = None
    deprecated: str | None = None

    @property
    def is_workspace(self) -> bool:
        return self.source == "workspace"

    @property
    def label(self) -> str:
        """`ms@2.0.0`"""
        return f"{self.name}@{self.version}" if self.version else self.name


class ProjectEdge(Struct, frozen=True):
    """One locked package uses another."""

    dependent: int
    """Position among the packages, as in the next one."""
    dependency: int
    range: str
    type: str
    declared_name: str | None = None


class ProjectDependency(Struct, frozen=True):
    """What a manifest declares."""

    workspace: str
    path: str
    line: int
    registry: str
    name: str
    declared_name: str | None
    range: str
    type: str
    field: str
    source: str
    condition: str | None
    locked: int = -1
    """Position of what is locked for it; -1 if nothing is."""


class ProjectContents(Struct, frozen=True):
    """What the files of a project say."""

    packages: tuple[ProjectPackage, ...] = ()
    dependencies: tuple[ProjectDependency, ...] = ()
    edges: tuple[ProjectEdge, ...] = ()


class PackageKnown(Struct, frozen=True):
    """What the catalogue knows of a package that a project names."""

    package_id: UUID
    is_fetched: bool
    latest: str | None
    latest_at: datetime | None


class VersionKnown(Struct, frozen=True):
    """What it knows of a version that a project has."""

    version_id: UUID
    published_at: datetime | None
    is_withdrawn: bool
    reason: str | None
    """Why it is deprecated or yanked, in the registry's words."""
    licence: Licence


class Absence(Struct, frozen=True):
    """Why a package is not in the catalogue."""

    kind: Literal["", "awaited", "unknown", "failed"] = ""
    """Nobody asked for it; it is being fetched; its registry does not have it; fetching it failed."""
    message: str | None = None
    """What the registry said."""


class Standing(Struct, frozen=True):
    """How a locked package stands."""

    package_id: UUID | None = None
    version_id: UUID | None = None
    latest: str | None = None
    latest_at: datetime | None = None
    published_at: datetime | None = None
    """Of the locked version."""
    is_outdated: bool = False
    """The latest version is higher."""
    is_deprecated: bool = False
    reason: str | None = None
    is_missing: bool = False
    """Of a registry that the catalogue has, but not in it, or not in this version."""
    absence: Absence = Absence()
    """Why it is missing, if anyone asked for it."""
    is_foreign: bool = False
    """Of a registry that the catalogue does not have."""
    licence: str = ""
    licence_kind: LicenceKind = "unknown"
    worst: Worst | None = None
    """The advisories about the locked version; None if none is known."""
    is_checked: bool = False
    """Without it no advisories only mean that nobody looked."""


class Wanted(Struct, frozen=True):
    """What an update would bring of a declared dependency."""

    wanted: str | None = None
    """The version that the client would choose within the range; None if it is not known."""
    is_outdated: bool = False
    """It is higher than the locked one."""


class ProjectCounts(Struct, frozen=True):
    """A project in figures."""

    declared: int = 0
    packages: int = 0
    """Locked ones without workspaces."""
    outdated_within: int = 0
    """Declared dependencies that an update within their ranges would raise."""
    outdated_beyond: int = 0
    """Declared ones whose latest version their range does not admit."""
    outdated: int = 0
    """Locked packages with a higher latest version."""
    deprecated: int = 0
    missing: int = 0
    awaited: int = 0
    """Missing ones that are being fetched."""
    unknown: int = 0
    """Missing ones that their registries do not have: private, or removed."""
    foreign: int = 0
    local: int = 0
    """From folders, git and addresses."""
    not_locked: int = 0
    """Declared, beside a lock file, but not locked."""
    duplicates: int = 0
    """Packages in several versions."""
    licences: tuple[tuple[LicenceKind, int], ...] = ()
    """Packages by the kind of their licence, each kind in order."""
    vulnerable: int = 0
    """Locked packages that an advisory affects."""
    severities: tuple[tuple[str, int], ...] = ()
    """Those by the worst of their advisories, the worst first."""
    not_checked: int = 0
    """Locked packages of which nobody knows whether an advisory affects them."""


class ProjectReport(Struct, frozen=True):
    """What the files say, and how it stands."""

    contents: ProjectContents
    standings: tuple[Standing, ...]
    """Of each package."""
    wanted: tuple[Wanted, ...]
    """Of each declared dependency; its own standing if nothing is locked is in `loose`."""
    loose: Mapping[int, Standing]
    """Of declared dependencies without a locked package, by position."""
    counts: ProjectCounts
    judgement: Judgement = Judgement()

    def standing_of(self, position: int) -> Standing:
        """Of a declared dependency."""
        locked = self.contents.dependencies[position].locked
        return self.standings[locked] if locked >= 0 else self.loose.get(position, Standing())
