"""The filters on the left: what results can be narrowed by, how many each leads to, and saved searches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from tgtui.data.storage.reader import Reader
from tgtui.data.views.searches import SavedSearchRow, SearchFacets
from tgtui.screens.search.promised import PromisedCounts, narrowed
from tgtui.syntax.query import SearchQuery
from tgtui.widgets.search.facets import FacetList, FacetRow

FEW = 5_000
"""Packages that are counted in a moment."""


class FacetsPane(FacetList):
    """Counts what the search finds."""

    def __init__(
        self,
        read: Reader,
        now: Callable[[], datetime],
        saved_searches: Callable[[], Awaitable[Sequence[SavedSearchRow]]],
        *,
        can_save: Callable[[], bool],
        id: str,
    ) -> None:
        super().__init__(can_save, id=id)
        self.search = SearchQuery()
        """What is searched for now; counts of anything else are dropped."""
        self.counted: SearchFacets | None = None
        """Of the search that was counted last ..."""
        self.counted_of: SearchQuery | None = None
        """... which is this one."""
        self.is_anything_watched = False
        """By the person: then that is a filter too."""
        self.projects: Sequence[str] = ()
        """Names of the person's projects, and of those that others share."""
        self._read = read
        self._now = now
        self._read_saved = saved_searches
        self._saved: Sequence[SavedSearchRow] = ()
        self._promised = PromisedCounts()

    async def refresh_saved(self) -> None:
        """Read the saved searches again; they are shown with the next counts."""
        self._saved = await self._read_saved()

    async def count(self) -> SearchFacets | None:
        """Count and show; None if the next letter overtook it."""
        from tgtui.data.search.facets import search_facets

        search = self.search
        facets = await self._read(search_facets, search, now=self._now())
        if search != self.search:
            return None
        self.counted, self.counted_of = self._promised.kept(search, facets), search
        self.show(
            self.counted,
            search,
            self._saved,
            can_watch=self.is_anything_watched,
            projects=self.projects,
        )
        return self.counted

    async def follow_size(self) -> float:
        """Read how many packages there are while few are here: counts of a search remember that for long, and a new
        catalogue grows tenfold meanwhile. Returns the seconds until this is counted again, 0 if it was counted now."""
        from tgtui.data.search.facets import search_facets

        known = self.counted
        if known is None or known.catalogue > FEW or self.counted_of == SearchQuery():
            return 0.0
        whole = await self._read(search_facets, SearchQuery(), now=self._now())
        if self.counted is not None:
            self.counted = replace(self.counted, catalogue=whole.catalogue)
        return whole.again_in

    def search_by(self, row: FacetRow) -> SearchQuery | str:
        """The search with this filter turned on or off, or the saved one."""
        if row.kind == "saved" or row.kind == "heading":
            return row.value
        return narrowed(self.search, row.kind, row.value)
