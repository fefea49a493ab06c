"""The results in the middle: the list of what a search finds, or what to say in its place, and what is marked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from textual import on
from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import counted, number
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageRow
from tgtui.data.views.searches import SearchFacets
from tgtui.identity.people import Principal
from tgtui.screens.base.opening import OpenAdvisory
from tgtui.screens.base.work import start
from tgtui.screens.search.counts import counts_text, likeness_text, position_text
from tgtui.screens.search.empty import (
    Nothing,
    OnEnter,
    Open,
    OpenFlaw,
    ask_or_nothing,
    is_now,
    nothing_found,
    wanted_advisory,
    wanted_reference,
    was_deleted,
)
from tgtui.screens.search.jobs import Job, Pages, Told, ask_for_all, every_match, in_pages
from tgtui.screens.search.line import absent
from tgtui.screens.search.marks import Marks
from tgtui.screens.search.pages import FIRST_PAGE, ResultPages
from tgtui.syntax.query import SearchQuery, Sort
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.keys import key
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.search.results import result_columns

if TYPE_CHECKING:
    from tgtui.services.requests import Requesting

MARKED_AT_MOST = 10_000
"""Packages; each is kept with all that its line says."""
JOB = "job"
"""The group of its background work."""
SORT_LABELS: dict[Sort, str] = {
    "relevance": "best match first, then most used here",
    "name": "by name",
    "updated": "latest release first",
    "dependents": "most depended on here first",
    "popular": "most opened, asked for and tagged here first",
    "heaviest": "those that bring most packages first",
    "dependents-all": "those in most packages' trees first",
    "size": "the largest ones first, unpacked",
}

Renamed = tuple[PackageReference, UUID]


class ResultsPane(ListPane):
    """Reads the rows of a search; one that the next letter overtakes is dropped."""

    class Listed(Message):
        """Rows are shown, or a text in their place; `on_enter` may be another."""

    class TotalChanged(Message):
        """More is known, or something else, about how many match."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ResultsPane.TotalChanged)

    def __init__(
        self,
        read: Reader,
        now: Callable[[], datetime],
        *,
        stopwatch: Callable[[], float],
        renamed: Callable[[str], Awaitable[Sequence[Renamed]]],
        person: Callable[[], Principal],
        is_typing: Callable[[], bool],
        is_enter_here: Callable[[], bool],
        id: str,
    ) -> None:
        """`renamed` finds what goes by a name that is not its own; `person` is who is here; `is_typing` says whether
        keys go into the search line; `is_enter_here`, whether enter does what `on_enter` says."""
        self.search_query = SearchQuery()
        """What is searched for now."""
        self.marks = Marks()
        self.rows = SparseList[PackageRow](
            result_columns(now, self.marks, lambda row: row.id in self.pages.similar),
            key=lambda row: row.id,
            id=f"{id}-list",
        )
        super().__init__(self.rows, "Packages", id=id)
        self.pages = ResultPages(self.rows, read, now, partial(start, self))
        self.job = Job(
            partial(start, self, JOB),
            lambda: self.workers.cancel_group(self, JOB),
            self.post_message,
            self._show_job,
        )
        self.is_searching = False
        """`search` is under way, and will read what is typed meanwhile too."""
        self._read = read
        self._now = now
        self._stopwatch = stopwatch
        self._find_renamed = renamed
        self._person = person
        self._is_typing = is_typing
        self._is_enter_here = is_enter_here
        self._instead: Callable[[], Content] | None = None
        """What is said in the place of rows: it names keys, and where the focus is they may be others."""
        self._without_rows: OnEnter = Nothing()
        """What enter does if there are no rows; nothing until that is found out."""
        self._flaw: OpenFlaw | None = None
        """The advisory that is searched for, if nothing else is."""
        self._listed: SearchQuery | None = None
        """The search whose results are listed; None until there are any."""
        self._milliseconds = 0
        """How long its first page took."""
        self._counting = 0
        """Counts under way."""
        self.is_marking = False
        """All that is found is about to be marked."""
        self._is_going_to_end = False
        """Which row is the last is being counted."""
        self._is_bound = False
        """The filters stopped counting before the end."""
        self._said_total: tuple[int, bool] | None = None
        self._drawn_with: tuple[int, frozenset[UUID]] = 0, frozenset()
        """How many are marked and which rows are only similar, as the rows were drawn last."""

    @property
    def current(self) -> PackageRow | None:
        """The row under the cursor."""
        return self.rows.current

    @property
    def is_behind(self) -> bool:
        """What is listed is not what is searched for now."""
        return self._listed != self.search_query

    @property
    def is_reading_current(self) -> bool:
        """The row under the cursor, or the last one that it goes to, is not here yet, and is on its way."""
        return self._is_going_to_end or (self.current is None and self.pages.is_reading)

    @property
    def on_enter(self) -> OnEnter:
        """What enter in the search line does. If nothing has the name, it may open what goes by it all the same."""
        if self._flaw is not None and self._listed == self.search_query:
            return self._flaw
        if not self.rows.line_count:
            return self._without_rows if self._listed == self.search_query else Nothing()
        return Open(self.current.id) if self.current is not None else Nothing()

    @property
    def chosen(self) -> list[PackageRow]:
        """The marked packages, else the one under the cursor."""
        return self.marks.rows or ([self.current] if self.current is not None else [])

    async def search(self) -> SearchQuery:
        """List what `search_query` finds, from its first row. Returns the last search typed meanwhile."""
        self.is_searching = True
        try:
            query = None
            while query != self.search_query:
                query = self.search_query
                await self.refresh_rows(reset=True)
            return query
        finally:
            self.is_searching = False

    async def refresh_rows(self, *, reset: bool = False) -> None:
        """Read the first page, or what is in sight again. `reset` puts the cursor on the first row."""
        from tgtui.data.search.results import search_packages

        query = self.search_query
        is_kept = not (reset or self._is_untouched(query))
        if is_kept and query == self._listed and self.rows.line_count:
            await self.pages.refresh()
        else:
            started = self._stopwatch()
            page = await self._read(search_packages, query, limit=FIRST_PAGE, now=self._now())
            if query != self.search_query:
                return
            if reset or query != self._listed:
                self._milliseconds = round((self._stopwatch() - started) * 1000)
            if query != self._listed:
                self._without_rows = Nothing()
            self._listed, self._is_bound = query, False
            self.pages.show(query, page)
        if query == self.search_query:
            self._flaw = await _flaw_of(self._read, wanted_advisory(query))
            self._show_title()
            await self._show_nothing(query)

    def _is_untouched(self, query: SearchQuery) -> bool:
        """Nobody searched or moved yet: what comes first is shown, as packages arrive."""
        is_all = not (query.words or query.is_narrowed)
        return is_all and self.rows.cursor_line <= 0 and not self.rows.has_focus

    def show_total(self, facets: SearchFacets) -> None:
        """What the filters know of how many match; names that are only similar are not among them."""
        self._is_bound = facets.is_bound
        if not self.pages.similar:
            self.pages.set_total(facets.matching, is_exact=not facets.is_bound)

    def summary(self, facets: SearchFacets | None, catalogue: int) -> str:
        """How many match, and how long the first page took. `facets` are None until this search is counted, `catalogue`
        is how many packages there are."""
        query = self._listed or self.search_query
        is_all = not (query.words or query.is_narrowed)
        found, similar = self.pages.found, len(self.pages.similar)
        told = counts_text(facets, found, similar, catalogue, is_all=is_all)
        return f"{told} · {self._milliseconds} ms"

    @property
    def listed(self) -> SearchQuery | None:
        """The search whose results are listed."""
        return self._listed

    def say_again(self) -> None:
        """Other keys work than before: name those."""
        if self._instead is not None and not self.rows.line_count:
            self.say(self._instead())

    @property
    def total(self) -> int | None:
        """How many match; None if that is not known exactly."""
        found = self.pages.found
        return found.total if found.is_exact else None

    async def count(self) -> int:
        """How many match, counted if that is not known."""
        return await self._count() if self.total is None else self.total

    def mark(self) -> None:
        """Mark the row under the cursor, or remove its mark, and go to the next one."""
        if self.current is not None:
            self.marks.toggle(self.current)
            self.rows.action_cursor_down()
            self._show_title()

    def mark_all(self) -> None:
        """Mark all that is found; if all is marked already, nothing."""
        if self.pages.found.is_whole:
            self.marks.toggle_all(self.rows.rows)
        elif self.marks.is_all_of(self.search_query):
            self.marks.clear()
        else:
            work = partial(self._mark_every_match, self.search_query)
            self.job.start("marking", "Stopped; the marks are unchanged.", work)
        self._show_title()

    def clear_marks(self) -> None:
        self.marks.clear()
        self._show_title()

    def ask_for_marked(self, requesting: Requesting) -> None:
        """Queue what is marked, as one chain."""
        work = partial(ask_for_all, self.marks.rows, requesting.ask_all, self.job.progress)
        self.job.start("asking", "Stopped; what was asked for so far is queued.", work)

    @property
    def exported(self) -> int | None:
        """How many packages an export would hold; None if that is not known exactly."""
        return len(self.marks) or self.total

    def export(self, path: Path) -> None:
        """Write the marked packages, or all that is found, into a file."""
        from tgtui.output.package_list import EXPORTED_AT_MOST

        if self.marks or self.pages.found.is_whole:
            rows = self.marks.rows or self.rows.rows
            work = partial(self._export, in_pages(rows), len(rows), path)
        else:
            query = self.search_query
            pages = every_match(self._read, query, EXPORTED_AT_MOST, self._now)
            work = partial(self._export, pages, self.total, path)
        self.job.start("exporting", "Stopped; nothing was written.", work)

    async def _export(self, pages: Pages, total: int | None, path: Path) -> Told:
        from tgtui.output.package_list import EXPORTED_AT_MOST, write_list

        total = await self._count() if total is None else total
        at_most = min(total, EXPORTED_AT_MOST)
        done = await write_list(pages, path, lambda done: self.job.progress(done, at_most))
        written = counted(done, "package")
        if EXPORTED_AT_MOST <= done < total:
            written = f"The first {number(done)} of {counted(total, 'package')}"
        return Told(f"{written} written to {path}")

    async def _mark_every_match(self, query: SearchQuery) -> Told | None:
        """Once all are read, all at once: stopping it changes nothing, nor does another search meanwhile."""
        self.is_marking = True
        try:
            total = await self.count()
            rows: list[PackageRow] = []
            async for some in every_match(self._read, query, MARKED_AT_MOST, self._now):
                rows += some
                self.job.progress(len(rows), min(total, MARKED_AT_MOST))
                if query != self.search_query:
                    return None
        finally:
            self.is_marking = False
        self.marks.mark_all(query, rows)
        if not MARKED_AT_MOST <= len(rows) < total:
            return None
        return Told(
            f"The first {number(len(rows))} of {number(total)} are marked, which is the maximum;"
            " narrow the search for the others."
        )

    @on(SparseList.Moved)
    def _moved(self, event: SparseList.Moved) -> None:
        event.stop()
        self.pages.look()
        self.call_after_refresh(self._show_place)  # the list is painted first
        if self._is_at_bound:
            start(self, "end", self._count_on)

    @on(SparseList.LastWanted)
    def _last_wanted(self, event: SparseList.LastWanted) -> None:
        event.stop()
        start(self, "end", self._go_to_end)

    @property
    def _is_at_bound(self) -> bool:
        """The last row that was counted is in sight: now it is worth knowing how many there are."""
        is_open = self._is_bound and self.total is None and not self._counting
        return is_open and self.rows.lines_in_sight().stop >= self.rows.line_count

    async def _count_on(self) -> None:
        await self._count()

    async def _go_to_end(self) -> None:
        """To the last row; which line that is must be counted first."""
        found, line = self.pages.found, self.rows.cursor_line
        self._is_going_to_end = True
        try:
            await self._count()
        finally:
            self._is_going_to_end = False
        if found is self.pages.found and self.rows.cursor_line == line:
            self.rows.action_last()

    async def _count(self) -> int:
        self._counting += 1
        self._show_position()
        try:
            return await self.pages.count()
        finally:
            self._counting -= 1
            self._show_position()

    def _show_place(self) -> None:
        self._show_position()
        found = self.pages.found
        if self._said_total != (found.total, found.is_exact):
            self._said_total = found.total, found.is_exact
            self.post_message(self.TotalChanged())

    def _show_position(self) -> None:
        is_counting, similar = self._counting > 0, len(self.pages.similar)
        self.locate(position_text(self.rows, self.pages.found, similar, is_counting=is_counting))

    def _show_job(self) -> None:
        if self.is_mounted:  # closing the pane cancels its job
            self._show_title()

    def _show_title(self) -> None:
        """The order, how many are marked or how far a job is; and that some rows are only similar."""
        self.entitle(_list_title(self.search_query, len(self.marks), self.job.said))
        self.note(
            likeness_text(
                self.search_query,
                self.rows.line_count,
                self.pages.similar,
                can_ask=self._person().can("authenticated"),
            )
        )
        drawn_with = len(self.marks), self.pages.similar
        if drawn_with != self._drawn_with:
            self._drawn_with = drawn_with
            self.rows.redraw()
        self.refresh_bindings()

    async def _show_nothing(self, query: SearchQuery) -> None:
        """In the place of rows, if there are none."""
        if self.rows.line_count:
            self._list(None)
            return
        reference = wanted_reference(query)
        request = deleted = None
        hopeless = await absent(self._read, query.tags, query.dependencies)
        if isinstance(reference, PackageReference):
            from tgtui.data.packages.removal import find_deleted
            from tgtui.data.requests.lists import newest_request

            renamed = await self._find_renamed(str(reference))
            if renamed and query == self.search_query:
                own, package_id = renamed[0]
                self._without_rows = Open(package_id)
                self._list(lambda: is_now(reference, own, self._ask_key))
                return
            named = reference.registry, reference.name
            request = await self._read(newest_request, *named)
            deleted = await self._read(find_deleted, *named)
        if query != self.search_query:
            return
        person, now = self._person(), self._now()
        enter = ask_or_nothing(query, reference, request, deleted, now, person)
        self._without_rows = enter
        if deleted is not None:
            restores = person.can("admin")
            self._list(lambda: was_deleted(deleted, now, can_restore=restores))
            return
        self._list(
            lambda: nothing_found(
                query,
                reference,
                request,
                enter,
                self._ask_key,
                now,
                person=person,
                is_typing=self._is_typing(),
                absent=hopeless,
            )
        )

    def _list(self, instead: Callable[[], Content] | None) -> None:
        self._instead = instead
        self.say(None if instead is None else instead())
        self.post_message(self.Listed())

    @property
    def _ask_key(self) -> str:
        enter = key("search.submit" if self._is_typing() else "search.open")
        return enter if self._is_enter_here() else key("app.ask")


async def _flaw_of(read: Reader, name: str) -> OpenFlaw | None:
    if not name:
        return None
    from tgtui.data.versions.advisories.naming import advisory_named

    id = await read(advisory_named, name)
    return OpenFlaw(OpenAdvisory(id, name)) if id is not None else None


def _list_title(query: SearchQuery, marked: int, doing: str) -> Content:
    if doing:
        return Content.assemble(
            "Packages · ", (f"{doing} · {key('app.back')} stops", "$text-warning")
        )
    parts = ["Packages"]
    if query.sort != "relevance":
        parts.append(SORT_LABELS[query.sort])
    title = Content(" · ".join(parts))
    if marked:
        title = Content.assemble(title, " · ", (f"{number(marked)} marked", "$text-success"))
    return title
