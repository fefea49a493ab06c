"""The list of requests with its heading: whose they are, which state they are in, and what was loaded of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from tgtui.data.storage.reader import Reader
from tgtui.data.views.requests import Chain, Step
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.screens.requests.reader import FILTERS, RequestReader
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.requests.calm_text import CalmText
from tgtui.widgets.requests.list import RequestList
from tgtui.widgets.requests.model import Line, RequestLine, RequestLines

if TYPE_CHECKING:
    from tgtui.worker.events import Progress

MORE = "Search with {} and ask for a package that is missing."


class RequestsPane(Vertical):
    """Loads only what is looked at; while the worker makes progress, only the lines that differ are drawn."""

    DEFAULT_CSS = "RequestsPane { height: 1fr; }"

    def __init__(self, read: Reader, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._reader = RequestReader(read)
        self._now = now
        self._person: Principal | None = None
        """None until the catalogue is open."""
        self._steps: dict[UUID, Step] = {}
        """How far the worker of this program is. The lines look at this very dictionary."""
        self._head = CalmText(id="requests-head")
        self._note = CalmText(id="requests-note")
        self._list = RequestList(id="requests")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._list
        yield self._note

    def on_mount(self) -> None:
        self._note.display = False
        self._draw_head()
        self._list.focus()

    @property
    def current(self) -> RequestLine | None:
        """The request under the cursor."""
        return self._list.current_request

    @property
    def current_chain(self) -> Chain | None:
        """The chain of the request under the cursor."""
        line, chains = self.current, self._reader.model.chains
        return chains[line.chain_id] if line is not None and line.chain_id in chains else None

    async def load(self, person: Principal) -> None:
        """The newest requests that this person may see, and again those in sight."""
        self._person = person
        if person.sees_all_requests or person.account_id is not None:
            if not person.sees_all_requests and self._reader.account_id != person.account_id:
                self._reader.narrow_to(person.account_id)
            await self._reader.load([self._list.rows[i] for i in self._list.lines_in_sight()])
        else:
            self._reader.model.clear()
        self._draw()

    async def load_more(self) -> None:
        """What follows, while the end of what was loaded is near."""
        while await self._reader.load_more(*self._near()):
            self._draw()

    def show_progress(self, progress: Mapping[UUID, Progress]) -> None:
        """How far the worker of this program is now."""
        before = self._steps.keys() | set()
        self._steps.clear()
        self._steps.update({id: at.step for id, at in progress.items()})
        if isinstance(self._list.rows, RequestLines):
            for request_id in before | self._steps.keys():
                for line in self._list.rows.lines_of(request_id):
                    self._list.renew_line(line)

    def move_on(self) -> None:
        """Draw the lines in sight again whose age or wait is another now."""
        for line in self._list.lines_in_sight():
            self._list.renew_line(line)

    @property
    def lasts(self) -> float:
        """Seconds until `move_on` has something to draw; infinite if there is nothing that time changes."""
        rows = self._list.rows
        return rows.last(self._list.lines_in_sight()) if isinstance(rows, RequestLines) else inf

    def unfold(self, is_open: bool | None = None) -> None:
        """Unfold or fold the chain under the cursor; without `is_open`, toggle. On a member: fold its chain."""
        line, model = self.current, self._reader.model
        if line is None:
            return
        if not line.is_member:
            model.toggle(line.chain_id, is_open=is_open)
        elif not is_open:
            model.toggle(line.chain_id, is_open=False)
            self._list.move_to_key((line.chain_id, None))
        self._draw()

    def next_filter(self) -> None:
        """Only requests in the next state; they are loaded by the next `load`."""
        self._reader.next_filter()
        self._draw_head()

    def toggle_mine(self) -> None:
        """Only your own requests, or everyone's; they are loaded by the next `load`."""
        own = self._person.account_id if self._person is not None else None
        self._reader.narrow_to(own if self._reader.account_id is None else None)
        self._draw_head()

    def _near(self) -> tuple[list[Line], bool]:
        """The lines in sight and the next ones, and whether they are the last."""
        near = self._list.near()
        return near, self._list.lines_in_sight().start + len(near) >= len(self._list.rows)

    def _draw(self) -> None:
        lines = RequestLines(self._reader.model, self._now, self._steps)
        self._list.set_rows(lines)
        self._note.display = not lines
        self._note.say(Content(self._empty_words()))
        self._draw_head()

    def _empty_words(self) -> str:
        more = MORE.format(key("app.search"))
        if self._reader.statuses:
            return f"There are no {self._reader.filter_name} requests. {key('requests.filter')} shows the next state."
        if self._person is not None and not self._person.can("authenticated"):
            return lacking(self._person, "authenticated")
        if self._reader.account_id is not None:
            return f"You have not asked for anything yet. {more}"
        return f"No one has asked for anything yet. {more}"

    def _draw_head(self) -> None:
        sees_all = self._person is not None and self._person.sees_all_requests
        is_all = sees_all and self._reader.account_id is None
        whose = "Everyone's requests" if is_all else "My requests"
        parts = [Content.styled(whose, "bold $primary"), Content("  ")]
        for name, _statuses in FILTERS:
            is_on = name == self._reader.filter_name
            parts.append(
                Content.styled(f"‹{name}›", "bold $text-accent")
                if is_on
                else Content.styled(f" {name} ", MUTED)
            )
        self._head.say(Content("").join(parts))
