"""What a screen asks the app to open. No screen knows another one; the app does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow


@dataclass(frozen=True, slots=True)
class OpenPackage:
    """The package screen."""

    package_id: UUID
    version: str | None = None
    """The one to begin with; the latest without it."""


@dataclass(frozen=True, slots=True)
class OpenTree:
    """The dependency tree of a version, or of what depends on it."""

    version_id: UUID
    title: str
    """Names the version until it has been read: `express@4.21.2`."""
    is_upwards: bool = False


@dataclass(frozen=True, slots=True)
class OpenComparison:
    """Two versions of the package called so, side by side."""

    before: VersionRow
    after: VersionRow
    name: str


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """The requests screen."""


@dataclass(frozen=True, slots=True)
class OpenTags:
    """The tags screen."""


@dataclass(frozen=True, slots=True)
class OpenDeleted:
    """The list of deleted packages."""


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """Back to the search screen, its line focused."""

    query: str | None = None
    """To be searched for; None leaves what is there."""


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """The line in which one writes what to ask for."""

    text: str = ""
    """What stands in it at first."""


@dataclass(frozen=True, slots=True)
class OpenTagPicker:
    """The tags of one package, or of several."""

    package_ids: Sequence[UUID]
    title: str


@dataclass(frozen=True, slots=True)
class OpenCopies:
    """The menu of what can be copied of a package."""

    detail: PackageDetail
    version: str | None


@dataclass(frozen=True, slots=True)
class OpenPages:
    """The menu of the package's pages on the web."""

    detail: PackageDetail


@dataclass(frozen=True, slots=True)
class OpenHelp:
    """Every key that works where the focus is."""


Opening = (
    OpenPackage
    | OpenTree
    | OpenComparison
    | OpenRequests
    | OpenTags
    | OpenDeleted
    | OpenSearch
    | OpenAsk
    | OpenTagPicker
    | OpenCopies
    | OpenPages
    | OpenHelp
)
