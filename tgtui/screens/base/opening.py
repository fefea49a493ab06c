"""What a screen asks the app to open. Only the app knows all screens."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.syntax.reference import PackageReference


class OpenPackage(Struct, frozen=True):
    """The package screen."""

    package_id: UUID
    version: str | None = None
    """The version to start with; None for the latest."""


class OpenReadme(Struct, frozen=True):
    """The README of a version, or another of its texts."""

    package_id: UUID
    version: str
    path: str | None = None
    """A file of the version."""
    since: str | None = None
    """The changelog from this version on, or down to it."""
    is_changelog: bool = False
    """The whole changelog."""


class OpenFiles(Struct, frozen=True):
    """The list of a version's files."""

    package_id: UUID
    version: str


class OpenTree(Struct, frozen=True):
    """The dependency tree of a version, or the tree of what depends on it."""

    version_id: UUID
    title: str
    """Names the version until it is loaded: `express@4.21.2`."""
    is_upwards: bool = False


class OpenComparison(Struct, frozen=True):
    """Two versions of a package, side by side."""

    before: VersionRow
    after: VersionRow
    name: str


class OpenSideBySide(Struct, frozen=True):
    """Two to four packages side by side."""

    packages: Sequence[PackageReference]


class OpenComparing(Struct, frozen=True):
    """The dialog that asks which packages to compare."""

    text: str = ""
    """What it starts with."""
    replaces: bool = False
    """What is compared now is closed then."""


class OpenComparisons(Struct, frozen=True):
    """The list of saved comparisons."""


class OpenOverTime(Struct, frozen=True):
    """How a package changed over time."""

    package_id: UUID
    name: str
    """`npm:react`"""


class OpenAdvisories(Struct, frozen=True):
    """What threatens a version and all that it brings."""

    version_id: UUID
    name: str
    """`npm:react@19.2.0`"""


class OpenAdvisory(Struct, frozen=True):
    """One advisory, and who here is affected."""

    advisory_id: UUID
    name: str


class OpenRequests(Struct, frozen=True):
    """The requests screen."""


class OpenTags(Struct, frozen=True):
    """The tags screen."""


class OpenInsights(Struct, frozen=True):
    """The insights screen."""


class OpenShared(Struct, frozen=True):
    """What several packages bring together."""

    package_ids: Sequence[UUID]


class OpenWatched(Struct, frozen=True):
    """The list of watched packages, with their news."""


class OpenProjects(Struct, frozen=True):
    """The list of projects."""


class OpenProject(Struct, frozen=True):
    """What one project declares and has locked."""

    name: str


class OpenAddProject(Struct, frozen=True):
    """The dialog that asks for the folder of a project."""


class OpenDeleted(Struct, frozen=True):
    """The list of deleted packages."""


class OpenSearch(Struct, frozen=True):
    """Back to the search screen, with the search box focused."""

    query: str | None = None
    """What to search for; None keeps the current search."""


class OpenAsk(Struct, frozen=True):
    """The dialog to ask for a package."""

    text: str = ""
    """What it starts with."""


class OpenTagPicker(Struct, frozen=True):
    """The tags of one or more packages."""

    package_ids: Sequence[UUID]
    title: str


class OpenCopies(Struct, frozen=True):
    """The menu of what can be copied from a package."""

    registry: str
    name: str
    version: str | None


class OpenPages(Struct, frozen=True):
    """The menu of the package's pages on the web."""

    detail: PackageDetail


class OpenHelp(Struct, frozen=True):
    """Every key that works where the focus is."""


Opening = (
    OpenPackage
    | OpenReadme
    | OpenFiles
    | OpenTree
    | OpenComparison
    | OpenSideBySide
    | OpenComparing
    | OpenComparisons
    | OpenOverTime
    | OpenAdvisories
    | OpenAdvisory
    | OpenRequests
    | OpenTags
    | OpenInsights
    | OpenShared
    | OpenWatched
    | OpenProjects
    | OpenProject
    | OpenAddProject
    | OpenDeleted
    | OpenSearch
    | OpenAsk
    | OpenTagPicker
    | OpenCopies
    | OpenPages
    | OpenHelp
)
