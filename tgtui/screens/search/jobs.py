"""Jobs on many packages that take a while: one at a time, beside the list, with progress, and they can be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from textual.message import Message
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted, number
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageRow
from tgtui.syntax.query import SearchQuery

READ_AT_ONCE = 1_000
"""Rows of a page that is read for a job, not for the eye."""
GROUP = "job"

Pages = AsyncIterator[Sequence[PackageRow]]
Progress = Callable[[int, int], None]
"""How many are done, of how many."""
Work = Callable[[], Awaitable["Told | None"]]
"""Returns what to say at its end."""


class Told(Message):
    """For a passing notice; the text may be anyone's."""

    def __init__(self, text: object, *, is_error: bool = False) -> None:
        super().__init__()
        self.text = text
        self.is_error = is_error


class Queued(Told):
    """Packages were asked for."""


class Job:
    """The one that runs beside a pane, which posts what is `Told` about it; `changed` is called when `said` changes."""

    def __init__(self, pane: Widget, changed: Callable[[], None]) -> None:
        self.said = ""
        """Its progress: `marking 3,000 of 8,120`; empty while nothing runs."""
        self._pane = pane
        self._changed = changed
        self._what = self._stopped = ""

    @property
    def is_running(self) -> bool:
        return bool(self.said)

    def start(self, what: str, stopped: str, work: Work) -> None:
        """`what` is being done, as in "marking"; `stopped` is what to say if people stop it."""
        if self.is_running:
            self._pane.post_message(Told(f"Still {self.said}; esc stops it."))
            return
        self._what, self._stopped = what, stopped
        self._say(what)
        self._pane.run_worker(self._run(work), group=GROUP)

    def progress(self, done: int, total: int) -> None:
        self._say(f"{self._what} {number(done)} of {number(max(done, total))}")

    def stop(self) -> None:
        if self.is_running:
            self._pane.workers.cancel_group(self._pane, GROUP)
            self._pane.post_message(Told(self._stopped))

    async def _run(self, work: Work) -> None:
        try:
            told = await work()
        except TgtuiError as error:
            told = Told(error, is_error=True)
        finally:
            self._say("")
        if told is not None:
            self._pane.post_message(told)

    def _say(self, text: str) -> None:
        self.said = text
        if self._pane.is_mounted:
            self._changed()


async def every_match(
    read: Reader, query: SearchQuery, at_most: int, now: Callable[[], datetime]
) -> Pages:
    """Page by page. What moves meanwhile comes once; names that are only similar are no matches."""
    from tgtui.data.search.results import search_packages

    seen = set[UUID]()
    after: str | None = None
    while len(seen) < at_most:
        limit = min(READ_AT_ONCE, at_most - len(seen))
        page = await read(search_packages, query, after=after, limit=limit, now=now())
        left_out = seen | page.similar
        rows = [row for row in page.rows if row.id not in left_out]
        seen.update(row.id for row in rows)
        yield rows
        after = page.next_cursor
        if after is None:
            return


async def in_pages(rows: Sequence[PackageRow]) -> Pages:
    """Rows that are already here, as `every_match` gives them."""
    for start in range(0, len(rows), READ_AT_ONCE):
        yield rows[start : start + READ_AT_ONCE]


async def ask_for_all(
    rows: Sequence[PackageRow], ask: Callable[[str], Awaitable[object]], progress: Progress
) -> Told:
    """Queue every one that has not been fetched; a refusal does not stop the others."""
    waiting = [row for row in rows if row.state != "ready"]
    refused: list[str] = []
    for done, row in enumerate(waiting):
        progress(done, len(waiting))
        try:
            await ask(f"{row.registry}:{row.name}")
        except TgtuiError as error:
            refused.append(str(error))
    asked = len(waiting) - len(refused)
    here = len(rows) - len(waiting)
    parts = [f"{counted(asked, 'package')} asked for"] if asked else []
    parts += [f"{counted(here, 'package')} already here"] if here else []
    parts += [f"{len(refused)} refused: {refused[0]}"] if refused else []
    return Queued("; ".join(parts), is_error=bool(refused))
