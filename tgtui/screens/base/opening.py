"""What a screen asks the app to open. Only the app knows all screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.syntax.reference import PackageReference


@dataclass(frozen=True, slots=True)
class OpenPackage:
    """The package screen."""

    package_id: UUID
    version: str | None = None
    """The version to start with; None for the latest."""


@dataclass(frozen=True, slots=True)
class OpenTree:
    """The dependency tree of a version, or the tree of what depends on it."""

    version_id: UUID
    title: str
    """Names the version until it is loaded: `express@4.21.2`."""
    is_upwards: bool = False


@dataclass(frozen=True, slots=True)
class OpenComparison:
    """Two versions of a package, side by side."""

    before: VersionRow
    after: VersionRow
    name: str


@dataclass(frozen=True, slots=True)
class OpenSideBySide:
    """Two to four packages side by side."""

    packages: Sequence[PackageReference]


@dataclass(frozen=True, slots=True)
class OpenComparing:
    """The dialog that asks which packages to compare."""

    text: str = ""
    """What it starts with."""
    replaces: bool = False
    """What is compared now is closed then."""


@dataclass(frozen=True, slots=True)
class OpenComparisons:
    """The list of saved comparisons."""


@dataclass(frozen=True, slots=True)
class OpenOverTime:
    """How a package changed over time."""

    package_id: UUID
    name: str
    """`npm:react`"""


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """The requests screen."""


@dataclass(frozen=True, slots=True)
class OpenTags:
    """The tags screen."""


@dataclass(frozen=True, slots=True)
class OpenInsights:
    """The insights screen."""


@dataclass(frozen=True, slots=True)
class OpenWatched:
    """The list of watched packages, with their news."""


@dataclass(frozen=True, slots=True)
class OpenDeleted:
    """The list of deleted packages."""


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """Back to the search screen, with the search box focused."""

    query: str | None = None
    """What to search for; None keeps the current search."""


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """The dialog to ask for a package."""

    text: str = ""
    """What it starts with."""


@dataclass(frozen=True, slots=True)
class OpenTagPicker:
    """The tags of one or more packages."""

    package_ids: Sequence[UUID]
    title: str


@dataclass(frozen=True, slots=True)
class OpenCopies:
    """The menu of what can be copied from a package."""

    registry: str
    name: str
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
    | OpenSideBySide
    | OpenComparing
    | OpenComparisons
    | OpenOverTime
    | OpenRequests
    | OpenTags
    | OpenInsights
    | OpenWatched
    | OpenDeleted
    | OpenSearch
    | OpenAsk
    | OpenTagPicker
    | OpenCopies
    | OpenPages
    | OpenHelp
)
