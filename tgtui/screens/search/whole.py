"""All that a search finds, also what was never looked at: read page by page, and marked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from tgtui.basics.formatting import number
from tgtui.data.views.packages import PackageRow
from tgtui.syntax.query import SearchQuery

if TYPE_CHECKING:
    from tgtui.screens.search.screen import SearchScreen

MARKED_AT_MOST = 10_000
"""Packages; each is kept with all that its line says."""
READ_AT_ONCE = 1_000
"""Rows of a page that nobody looks at."""


async def every_match(
    screen: SearchScreen, query: SearchQuery, at_most: int
) -> AsyncIterator[Sequence[PackageRow]]:
    """Page by page. What moves meanwhile comes once; names that are only similar are no matches."""
    from tgtui.data.search.results import search_packages

    read, seen = screen.catalogue.database.read, set[UUID]()
    after: str | None = None
    while len(seen) < at_most:
        limit, now = min(READ_AT_ONCE, at_most - len(seen)), screen.app.now()
        page = await read(search_packages, query, after=after, limit=limit, now=now)
        left_out = seen | page.similar
        rows = [row for row in page.rows if row.id not in left_out]
        seen.update(row.id for row in rows)
        yield rows
        after = page.next_cursor
        if after is None:
            return


def mark_all(screen: SearchScreen) -> None:
    """Mark all that is found; where that is marked already, nothing."""
    found = screen.found
    if found.pages.found.is_whole:
        found.marked.toggle_all(found.rows.rows)
    elif found.marked.is_all_of(found.query):
        found.marked.clear()
    else:
        work = partial(_mark_every_match, screen, found.query)
        found.work.start("marking", "Stopped; the marks are as they were.", work)
    found.show_title()


async def _mark_every_match(screen: SearchScreen, query: SearchQuery) -> None:
    """When all are read, all at once: giving it up changes nothing, nor does another search meanwhile."""
    found = screen.found
    total = await found.total()
    rows: list[PackageRow] = []
    async for some in every_match(screen, query, MARKED_AT_MOST):
        rows += some
        found.work.progress("marking", len(rows), min(total, MARKED_AT_MOST))
        if query != found.query:
            return
    found.marked.mark_all(query, rows)
    if MARKED_AT_MOST <= len(rows) < total:
        screen.tell(
            f"The first {number(len(rows))} of {number(total)} are marked, the most at once;"
            " narrow the search for the others."
        )
