"""The result list of the search screen: which search it shows, and what it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tgtui.data.views.packages import PackageRow
from tgtui.data.views.searches import SearchFacets
from tgtui.screens.search import searches
from tgtui.screens.search.empty import is_now, nothing_found, wanted_reference, was_deleted
from tgtui.screens.search.jobs import LongWork
from tgtui.screens.search.pages import FIRST_PAGE, ResultPages
from tgtui.screens.search.selection import Selection
from tgtui.syntax.query import SearchQuery
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.search.results import result_columns

if TYPE_CHECKING:
    from tgtui.screens.search.screen import SearchScreen


class FoundPackages:
    """Fills the list from the database; a search that is overtaken by the next letter is dropped."""

    def __init__(self, screen: SearchScreen) -> None:
        self.query = SearchQuery()
        """What is asked for now."""
        self.marked = Selection()
        self.work = LongWork(screen, self.show_title)
        self.milliseconds = 0
        """How long the first page of the search took."""
        self.renamed: tuple[PackageReference, UUID] | None = None
        """Where nothing is called as was searched: the package that goes by this name all the same."""
        self._screen = screen
        self._shown: SearchQuery | None = None
        """The query whose results are listed; None until there are any."""
        self.rows = SparseList[PackageRow](
            result_columns(
                lambda: screen.app.now(), self.marked, lambda row: row.id in self.pages.similar
            ),
            key=lambda row: row.id,
            id="results-list",
        )
        self.pane = ListPane(self.rows, "Packages", id="results")
        self.pages = ResultPages(self.rows, screen)
        self._counting = 0
        """Counts that are under way."""
        self._is_bound = False
        """The filters counted as far as they do, and there are more."""

    @property
    def is_at_bound(self) -> bool:
        """One looks at the last of those that were counted: now it is worth knowing how many there are."""
        is_open = self._is_bound and not self.pages.found.is_exact and not self._counting
        return is_open and self.rows.lines_in_sight().stop >= self.rows.line_count

    @property
    def chosen(self) -> list[PackageRow]:
        """The marked packages, else the one under the cursor."""
        current = self.rows.current
        return self.marked.rows or ([current] if current is not None else [])

    async def read(self, *, reset: bool = False) -> None:
        """The first page, or again what is in sight. `reset` puts the cursor on the first row."""
        from tgtui.data.search.results import search_packages

        query, app = self.query, self._screen.app
        if not reset and query == self._shown and self.rows.line_count:
            await self.pages.refresh()
        else:
            started = app.stopwatch()
            page = await self._screen.catalogue.database.read(
                search_packages, query, limit=FIRST_PAGE, now=app.now()
            )
            if query != self.query:
                return
            if reset or query != self._shown:
                self.milliseconds = round((app.stopwatch() - started) * 1000)
            self._shown, self._is_bound = query, False
            self.pages.show(query, page)
        if query == self.query:
            self.show_title()
            await self._show_nothing(query)

    def show_total(self, facets: SearchFacets) -> None:
        """What the filters know of how many match; names that are only similar are not among them."""
        self._is_bound = facets.is_bound
        if not self.pages.similar:
            self.pages.set_total(facets.matching, is_exact=not facets.is_bound)

    async def total(self) -> int:
        """How many match, counted if that is not known."""
        if not self.pages.found.is_exact:
            await self._counted()
        return self.pages.found.total

    async def count(self) -> None:
        """Find out how many match."""
        await self._counted()

    async def go_to_end(self) -> None:
        """To the last row, of which nobody knows yet where it is."""
        line = self.rows.cursor_line
        if await self._counted() and self.rows.cursor_line == line:
            self.rows.action_last()

    def show_position(self) -> None:
        """Below the list: where one is in it."""
        is_counting = self._counting > 0
        self.pane.locate(searches.position(self.rows, self.pages.found, is_counting=is_counting))

    async def _counted(self) -> bool:
        self._counting += 1
        self.show_position()
        try:
            return await self.pages.count()
        finally:
            self._counting -= 1
            self.show_position()

    def show_title(self) -> None:
        """What the list's order is, how much is marked, and that some are there by likeness only."""
        self.pane.entitle(searches.list_title(self.query, len(self.marked), self.work.said))
        self.pane.note(searches.likeness(self.query, self.rows.line_count, self.pages.similar))
        self.rows.redraw()
        self._screen.refresh_bindings()

    async def _show_nothing(self, query: SearchQuery) -> None:
        """In the place of rows, where there are none."""
        self.renamed = None
        if self.rows.line_count:
            self.pane.say(None)
            self._screen.box.will("open")
            return
        reference = wanted_reference(query)
        request = deleted = None
        screen = self._screen
        absent = await searches.absent(screen, query.tags, query.dependencies)
        if isinstance(reference, PackageReference):
            from tgtui.data.packages.removal import find_deleted
            from tgtui.data.requests.lists import newest_request

            read, named = screen.catalogue.database.read, (reference.registry, reference.name)
            renamed = await screen.catalogue.renamed(str(reference))
            if renamed and query == self.query:
                self.renamed = renamed[0]
                key = "enter" if screen.focused is screen.box else "a"
                self.pane.say(is_now(reference, renamed[0][0], key))
                screen.box.will("open")
                return
            request = await read(newest_request, *named)
            deleted = await read(find_deleted, *named)
        if query == self.query:
            key = "enter" if screen.focused is screen.box else "a"
            person, now = screen.catalogue.principal, screen.app.now()
            is_on_its_way = request is not None and request.status in {"pending", "fetching"}
            is_new = isinstance(reference, PackageReference) and deleted is None
            can_ask = is_new and not is_on_its_way and person.can("ask")
            screen.box.will("ask" if can_ask else "")
            self.pane.say(
                was_deleted(deleted, now, can_restore=person.can("admin"))
                if deleted is not None
                else nothing_found(
                    query, reference, request, key, now, person=person, absent=absent
                )
            )
