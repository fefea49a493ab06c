"""Results of a search: pages of packages, counts to narrow it by, and saved searches."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from tgtui.data.views.packages import PackageRow


class SearchPage(Struct, frozen=True):
    """One page of results and where the next begins."""

    rows: tuple[PackageRow, ...]
    next_cursor: str | None
    """Opaque; None on the last page."""
    similar: frozenset[UUID] = frozenset()
    """The last rows, which do not match and only have similar names."""


class Facet(Struct, frozen=True):
    """One value results can be narrowed by."""

    value: str
    """`npm`, a tag's slug, `<30d`, `deprecated`."""
    label: str
    count: int
    is_bound: bool = False
    """The count is a lower bound."""


class SearchFacets(Struct, frozen=True):
    """Counts for a search, separate from its rows, which must not wait for them."""

    matching: int
    catalogue: int
    """All packages in the catalogue."""
    registries: tuple[Facet, ...]
    tags: tuple[Facet, ...]
    ages: tuple[Facet, ...] = ()
    """Age of the latest release; every step, so that the facets stay in place during typing."""
    states: tuple[Facet, ...] = ()
    licences: tuple[Facet, ...] = ()
    """Of the latest version, the most frequent first; each licence of an expression counts."""
    is_bound: bool = False
    """`matching` and the counts of the facets are lower bounds."""
    again_in: float = 0.0
    """Counts of the whole catalogue are remembered and may miss the last change: the seconds until they are counted
    again; 0 if they were counted now."""


class SavedSearchRow(Struct, frozen=True):
    """A search that a person saved."""

    name: str
    query: str
    """As typed."""
