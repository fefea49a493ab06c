"""What a search returns: pages of packages, counts to narrow it by, and searches that were saved."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tgtui.data.views.packages import PackageRow


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
