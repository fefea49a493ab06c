"""What queries return and screens show: frozen, typed, complete. Registry text in them is still hostile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tgtui.data.views.requests import RequestRow

UNRESOLVED = "unresolved"
"""`resolved_version` of an edge for which no published version could be chosen."""
NOT_LOOKED_UP = "Not looked up: an install does not bring it, and it is not in the catalogue."
"""`resolution_error` of an edge that is unresolved only because nobody needed to know."""


def is_own_resolution(registry: str, resolved_version: str) -> bool:
    """True where a git, file, URL or workspace specifier stands in place of a published version."""
    return registry in {"npm", "jsr"} and any(sign in resolved_version for sign in ":/")


PackageState = Literal["ready", "queued", "fetching", "failed", "unknown"]
"""`ready`: fetched at least once. The others: known by name only, and what its newest request does."""


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
class PackageRow:
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

    def record(self) -> dict[str, str]:
        """For an export, by the names of its columns; what is not known is empty."""
        return {
            "package": f"{self.registry}:{self.name}",
            "version": self.latest_version or "",
            "published": self.published_at.isoformat() if self.published_at else "",
            "tags": " ".join(tag.slug for tag in self.tags),
            "deprecated": "yes" if self.is_yanked else "no",
            "state": self.state,
            "description": self.description or "",
        }


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of results and where the next begins."""

    rows: tuple[PackageRow, ...]
    next_cursor: str | None
    """Opaque; None on the last page."""
    similar: frozenset[UUID] = frozenset()
    """Those rows, the last ones, that are not what was searched for, only named nearly so."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One value results can be narrowed by."""

    value: str
    """`npm`, a tag's slug, `<30d`, `deprecated`."""
    label: str
    count: int
    is_bound: bool = False
    """There are at least so many; more were not counted."""


@dataclass(frozen=True, slots=True)
class SearchFacets:
    """Counts for a search, apart from its rows so that rows never wait for them."""

    matching: int
    catalogue: int
    """Packages in the catalogue, whatever the search."""
    registries: tuple[Facet, ...]
    tags: tuple[Facet, ...]
    ages: tuple[Facet, ...] = ()
    """Since the latest release; all of them, so that nothing moves while one types."""
    states: tuple[Facet, ...] = ()
    is_bound: bool = False
    """At least `matching`; the counts of the facets are such, too."""


@dataclass(frozen=True, slots=True)
class SavedSearchRow:
    """A search somebody keeps."""

    name: str
    query: str
    """As it is typed."""


@dataclass(frozen=True, slots=True)
class PackageDetail:
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
    """Packages known here with a stored edge to this one."""
    tags: tuple[TagAssignment, ...]
    elsewhere: tuple[SameSoftware, ...]
    """The same software in other registries, by registry and name."""
    fetched_at: datetime | None
    """When the registry was last read for it with success."""
    last_attempt_at: datetime | None
    request: RequestRow | None
    """Its newest request, if any."""


@dataclass(frozen=True, slots=True)
class SameSoftware:
    """A package of another registry that is the same thing."""

    package_id: UUID
    registry: str
    name: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a package."""

    id: UUID
    package_id: UUID
    version: str
    published_at: datetime | None
    is_prerelease: bool
    is_yanked: bool
    yank_message: str | None
    dist_tags: tuple[str, ...]
    dependencies_loaded: bool
    dependencies_wanted: bool
    """Somebody asked for them, and they are not loaded yet."""


VersionOrder = Literal["newest", "oldest", "latest", "first"]
"""The ecosystem's order, highest or lowest first; by date, the last published or the first one first."""


@dataclass(frozen=True, slots=True)
class VersionCursor:
    """Where a page of versions ends."""

    published_at: datetime | None
    """None in the ecosystem's order, and of a version whose date is not known."""
    sort_key: bytes


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Versions in the order asked for."""

    rows: tuple[VersionRow, ...]
    next_cursor: VersionCursor | None
    """None on the last page."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One dependency of one version, with what is known of its target."""

    id: UUID
    registry: str
    """Of the target."""
    name: str
    declared_name: str | None
    """The alias it is installed under, where it differs from `name`."""
    range: str
    resolved_version: str
    """The chosen version; the specifier itself for git, file, URL; or `unresolved`."""
    resolved_version_id: UUID | None
    package_id: UUID | None
    """None while the target is not in the catalogue."""
    resolution_error: str | None
    """Why it is unresolved, a sentence."""
    type: str
    """runtime, dev, peer, optional."""
    source_field: str
    is_optional: bool
    is_yanked: bool
    """The resolved version is deprecated or yanked."""
    is_outdated: bool
    """The target's latest version is another than the resolved one, and higher."""
    is_loaded: bool
    """The resolved version's own dependencies are stored."""
    child_count: int
    """How many edges the resolved version has that an install follows."""

    @property
    def is_unresolved(self) -> bool:
        """No published version satisfies the range, or nobody looked yet; `resolution_error` says why."""
        return self.resolved_version == UNRESOLVED

    @property
    def is_not_looked_up(self) -> bool:
        """Unresolved without a fault: neither an install nor the catalogue has its package."""
        return self.is_unresolved and self.resolution_error == NOT_LOOKED_UP

    @property
    def is_external(self) -> bool:
        """A git, file, URL or workspace specifier: there is nothing to fetch from a registry."""
        return is_own_resolution(self.registry, self.resolved_version)

    @property
    def is_missing(self) -> bool:
        """The chosen version is not in the catalogue yet."""
        return self.resolved_version_id is None and not (self.is_unresolved or self.is_external)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A version known here that depends on the package at hand."""

    package_id: UUID
    version_id: UUID
    registry: str
    name: str
    version: str
    range: str
    resolved_version: str
    type: str


@dataclass(frozen=True, slots=True)
class DependentPage:
    """Dependents by name."""

    rows: tuple[Dependent, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TreeTotals:
    """The whole closure of a version, from one recursive query."""

    packages: int
    """Different versions reached, without the root."""
    depth: int
    """The longest of the shortest ways from the root, in edges."""
    repeated: int
    """Edges that lead to a version another edge already reached."""
    unresolved: int
    missing: int
    """Edges whose target is not in the catalogue yet."""
    not_loaded: int
    """Versions reached whose own dependencies are not stored."""
    deprecated: int
    """Versions reached that are deprecated or yanked."""
