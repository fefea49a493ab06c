"""The result list of the search screen: read in pages, calm while one looks, and what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tgtui.data.views import PackageRow, SearchPage
from tgtui.references import PackageReference
from tgtui.screens import searches
from tgtui.screens.asking import is_now, nothing_found, wanted_reference, was_deleted
from tgtui.screens.paging import PagedRows, settled
from tgtui.screens.selection import Selection
from tgtui.searching import SearchQuery
from tgtui.widgets.list_pane import ListPane
from tgtui.widgets.results import result_columns
from tgtui.widgets.row_list import RowList

if TYPE_CHECKING:
    from tgtui.screens.search import SearchScreen

FIRST_PAGE = 50
"""More than most screens show: as few as that come at once."""
PAGE = 100
LIVE_ROWS = 500
"""Rows that are read again when the catalogue changes; what was paged in below them stays as it was."""


class FoundPackages:
    """Fills the list from the database; a search that is overtaken by the next letter is dropped."""

    def __init__(self, screen: SearchScreen) -> None:
        self.query = SearchQuery()
        """What is asked for now."""
        self.marked = Selection()
        self.milliseconds = 0
        """How long the first page of the search took."""
        self.renamed: tuple[PackageReference, UUID] | None = None
        """Where nothing is called as was searched: the package that goes by this name all the same."""
        self._screen = screen
        self._shown: SearchQuery | None = None
        """The query whose results are listed; None until there are any."""
        self._similar: frozenset[object] = frozenset()
        self.rows = RowList[PackageRow](
            result_columns(
                lambda: screen.app.now(), self.marked, lambda row: row.id in self._similar
            ),
            key=lambda row: row.id,
            id="results-list",
        )
        self.pane = ListPane(self.rows, "Packages", id="results")
        self._paged: PagedRows[PackageRow, str] = PagedRows(self.rows)

    @property
    def chosen(self) -> list[PackageRow]:
        """The marked packages, else the one under the cursor."""
        current = self.rows.current
        return self.marked.rows or ([current] if current is not None else [])

    async def read(self, *, reset: bool = False) -> None:
        """The first page, or as many rows as are looked at. `reset` puts the cursor on the first one."""
        from tgtui.data.search import search_packages

        query, app = self.query, self._screen.app
        reset = reset or query != self._shown
        limit = FIRST_PAGE if reset else min(LIVE_ROWS, max(FIRST_PAGE, len(self.rows.rows)))
        started = app.stopwatch()
        page = await self._screen.catalogue.database.read(
            search_packages, query, limit=limit, now=app.now()
        )
        if query != self.query:
            return
        if reset:
            self.milliseconds = round((app.stopwatch() - started) * 1000)
        await self._show(query, page, reset=reset)

    async def read_on(self) -> None:
        """The next page of what is listed."""
        from tgtui.data.search import search_packages

        query, read, now = self._shown, self._screen.catalogue.database.read, self._screen.app.now()
        if query is None:
            return
        await self._paged.read_on(
            lambda after: read(search_packages, query, after=after, limit=PAGE, now=now)
        )

    def show_title(self) -> None:
        """What the list's order is, how much is marked, and that some are there by likeness only."""
        self.pane.border_title = searches.list_title(self.query, len(self.marked))
        self.pane.note(searches.likeness(self.query, self.rows.rows, self._similar))
        self.rows.redraw()
        self._screen.refresh_bindings()

    async def _show(self, query: SearchQuery, page: SearchPage, *, reset: bool) -> None:
        from tgtui.data.search import package_rows

        rows: Sequence[PackageRow] = page.rows
        if not reset:
            before = self.rows.rows[: len(rows)]
            here = {row.id for row in rows}
            gone = [row.id for row in before if row.id not in here]
            kept: Sequence[PackageRow] = ()
            if gone and page.next_cursor is not None:
                kept = await self._screen.catalogue.database.read(package_rows, gone)
            rows = settled(before, rows, kept, key=lambda row: row.id)
        if query != self.query:
            return
        self._shown, self._similar = query, page.similar
        self._paged.show(rows, page.next_cursor, reset=reset)
        self.show_title()
        await self._show_nothing(query)

    async def _show_nothing(self, query: SearchQuery) -> None:
        """In the place of rows, where there are none."""
        self.renamed = None
        if self.rows.rows:
            self.pane.say(None)
            return
        reference = wanted_reference(query)
        request = deleted = None
        screen = self._screen
        absent = await searches.absent(screen, query.tags, query.dependencies)
        if isinstance(reference, PackageReference):
            from tgtui.data.removal import find_deleted
            from tgtui.data.request_lists import newest_request

            read, named = screen.catalogue.database.read, (reference.registry, reference.name)
            renamed = await screen.catalogue.renamed(str(reference))
            if renamed and query == self.query:
                self.renamed = renamed[0]
                key = "enter" if screen.focused is screen.box else "a"
                self.pane.say(is_now(reference, renamed[0][0], key))
                return
            request = await read(newest_request, *named)
            deleted = await read(find_deleted, *named)
        if query == self.query:
            key = "enter" if screen.focused is screen.box else "a"
            person, now = screen.catalogue.principal, screen.app.now()
            self.pane.say(
                was_deleted(deleted, now, can_restore=person.can("admin"))
                if deleted is not None
                else nothing_found(
                    query, reference, request, key, now, person=person, absent=absent
                )
            )
