"""Jobs on many packages that take a while: one at a time, beside the list, with progress, and they can be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from textual.message import Message

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import number
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageRow
from tgtui.data.views.requests import MAX_PACKAGES
from tgtui.screens.base.asking import outcome
from tgtui.screens.base.work import Work as BackgroundWork
from tgtui.syntax.query import SearchQuery
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.keys import key

if TYPE_CHECKING:
    from tgtui.services.requests import AskedFor, RefusedFor

READ_AT_ONCE = 1_000
"""Rows of a page that is read for a job, not for the eye."""

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


class Start(Protocol):
    """Runs work in the background, and calls `failed` if it fails: `base.work.start` of a pane."""

    def __call__(
        self, work: BackgroundWork, failed: Callable[[TgtuiError], object], /
    ) -> object: ...


class Job:
    """The one that runs beside a pane."""

    def __init__(
        self,
        start: Start,
        cancel: Callable[[], object],
        tell: Callable[[Told], object],
        changed: Callable[[], object],
    ) -> None:
        """`cancel` stops what was started, `tell` says something in passing, and `changed` is called when `said`
        changes."""
        self.said = ""
        """Its progress: `marking 3,000 of 8,120`; empty while nothing runs."""
        self._start = start
        self._cancel = cancel
        self._tell = tell
        self._changed = changed
        self._what = self._stopped = ""

    @property
    def is_running(self) -> bool:
        return bool(self.said)

    def start(self, what: str, stopped: str, work: Work) -> None:
        """`what` is being done, as in "marking"; `stopped` is what to say if people stop it."""
        if self.is_running:
            self._tell(Told(f"Still {self.said}; {key('app.back')} stops it."))
            return
        self._what, self._stopped = what, stopped
        self._say(what)
        self._start(partial(self._run, work), self._failed)

    def progress(self, done: int, total: int) -> None:
        self._say(f"{self._what} {number(done)} of {number(max(done, total))}")

    def stop(self) -> None:
        if self.is_running:
            self._cancel()
            self._tell(Told(self._stopped))

    async def _run(self, work: Work) -> None:
        try:
            told = await work()
        finally:
            self._say("")
        if told is not None:
            self._tell(told)

    def _failed(self, error: TgtuiError) -> None:
        self._tell(Told(error, is_error=True))

    def _say(self, text: str) -> None:
        self.said = text
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
    rows: Sequence[PackageRow],
    ask_all: Callable[[Sequence[PackageReference]], Awaitable[Sequence[AskedFor | RefusedFor]]],
    progress: Progress,
) -> Told:
    """Queue all that have not been fetched, at once; a refusal does not stop the others."""
    from tgtui.services.requests import (
        RefusedFor,  # needs the database, which the first paint does not
    )

    waiting = [row for row in rows if row.state != "ready"]
    refused: list[str] = []
    for start in range(0, len(waiting), MAX_PACKAGES):
        progress(start, len(waiting))
        some = waiting[start : start + MAX_PACKAGES]
        try:
            outcomes = await ask_all([PackageReference(row.registry, row.name) for row in some])
        except TgtuiError as error:
            refused += [str(error)] * len(some)
        else:
            refused += [each.reason for each in outcomes if isinstance(each, RefusedFor)]
    asked = len(waiting) - len(refused)
    here = len(rows) - len(waiting)
    return Queued(outcome(asked, refused, here=here), is_error=bool(refused))
