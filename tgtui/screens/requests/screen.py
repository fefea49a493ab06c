"""The queue as people see it: chains, what each request waits for, what went wrong and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.packages.detail import find_package
from tgtui.data.views.requests import Step
from tgtui.identity.roles import lacking
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.requests.commands import (
    CancelChain,
    CancelRequest,
    FilterRequests,
    MineOrAll,
    OpenRequested,
    RetryRequest,
    UnfoldChain,
)
from tgtui.screens.requests.reader import FILTERS, RequestReader
from tgtui.widgets.requests.detail import advice, explanation, headline
from tgtui.widgets.requests.list import RequestList
from tgtui.widgets.requests.model import Line, RequestLines

MOMENT_S = 1
"""How often the ages and waits on the screen move on."""


class RequestsScreen(BaseScreen):
    """Reads what is looked at; while the worker gets on, only the lines that differ are drawn."""

    CSS_PATH = "requests.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        UnfoldChain,
        RetryRequest,
        CancelRequest,
        CancelChain,
        OpenRequested,
        FilterRequests,
        MineOrAll,
    )

    def __init__(self) -> None:
        super().__init__()
        self._reader = RequestReader()
        self._steps: dict[UUID, Step] = {}
        self._paging = self.coalescer(self._page)

    def place(self) -> Content:
        return Content("Requests")

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="requests-head")
        yield RequestList(id="requests")
        yield Static(id="requests-note")
        yield Static(id="request-head")
        yield Static(id="request-error")
        yield Static(id="request-advice")

    def on_mount(self) -> None:
        self.query_one("#requests-note", Static).display = False
        self.set_interval(MOMENT_S, self._move_on)
        self.rows.focus()
        self._draw_head()

    @property
    def rows(self) -> RequestList:
        """The widget."""
        return self.query_one(RequestList)

    async def refresh_live(self) -> None:
        principal = self.catalogue.principal
        if not principal.sees_all_requests:
            if principal.account_id is None:
                self._reader.model.clear()
                self._draw()
                return
            if self._reader.account_id != principal.account_id:
                self._reader.narrow_to(principal.account_id)
        rows = self.rows
        await self._reader.read(
            self.catalogue.database, [rows.rows[i] for i in rows.lines_in_sight()]
        )
        self._draw()
        self._paging.hint()

    def refresh_progress(self) -> None:
        before = self._steps.keys() | set()
        self._read_steps()
        if isinstance(self.rows.rows, RequestLines):
            for request_id in before | self._steps.keys():
                for line in self.rows.rows.lines_of(request_id):
                    self.rows.renew_line(line)
        self._draw_detail()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"retry", "cancel", "cancel_chain"}:
            return self.is_live and self.catalogue.principal.can("ask")
        if action == "show_requests":
            return False
        if action == "mine":
            principal = self.catalogue.principal if self.is_live else None
            return principal is not None and principal.sees_all_requests and principal.can("ask")
        return super().check_action(action, parameters)

    @on(RequestList.Looked)
    def _looked(self) -> None:
        if self.is_live:
            self._paging.hint()

    @on(RequestList.Highlighted)
    def _highlighted(self) -> None:
        self._draw_detail()

    @on(RequestList.Selected)
    async def _selected(self) -> None:
        line = self.rows.current_request
        if line is not None and line.chain is not None and line.chain.total > 1:
            self.action_unfold()
        else:
            await self.action_open_package()

    def action_unfold(self, is_open: bool | None = None) -> None:
        """Without `is_open` the other way round. On a member: fold its chain."""
        line = self.rows.current_request
        if line is None:
            return
        if line.is_member:
            root_id = line.request.root_request_id
            if not is_open and root_id is not None:
                self._reader.model.toggle(root_id, is_open=False)
                self.rows.move_to_key((False, root_id))
        else:
            self._reader.model.toggle(line.request.id, is_open=is_open)
        self._draw()
        self._paging.hint()

    async def action_retry(self) -> None:
        line = self.rows.current_request
        if line is not None:
            name = f"{line.request.registry}:{line.request.name}"
            await self._do(
                self.catalogue.requesting.retry(line.request.id), f"Asked again for {name}."
            )

    async def action_cancel(self) -> None:
        line = self.rows.current_request
        if line is not None:
            name = f"{line.request.registry}:{line.request.name}"
            if line.request.status == "completed" and line.chain is not None and line.chain.open:
                self.tell(f"{name} itself is fetched; C cancels what is queued because of it.")
                return
            await self._cancel(line.request.id, name)

    async def _cancel(self, request_id: UUID, name: str) -> None:
        try:
            is_ended = await self.catalogue.requesting.cancel(request_id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return
        others = f"You no longer wait for {name}; others do, so it stays queued."
        self.tell(f"Cancelled {name}." if is_ended else others)
        self.hint()

    async def action_cancel_chain(self) -> None:
        line = self.rows.current_request
        if line is None:
            return
        try:
            # Of a request that is followed, alone in the list, its own chain and not that of who caused it.
            root_id = (line.request.root_request_id if line.is_member else None) or line.request.id
            ended = await self.catalogue.requesting.cancel_chain(root_id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"Cancelled {counted(ended, 'request')}.")
            self.hint()

    async def action_open_package(self) -> None:
        line = self.rows.current_request
        if line is None:
            return
        request = line.request
        try:
            package_id = await self.catalogue.database.read(
                find_package, request.registry, request.name
            )
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return
        if package_id is None:
            self.tell(f"{request.registry}:{request.name} is not in the catalogue yet.")
        else:
            self.app.open(OpenPackage(package_id))

    def action_filter(self) -> None:
        """The next state."""
        self._reader.next_filter()
        self._draw_head()
        self.hint()

    def action_mine(self) -> None:
        reader = self._reader
        everybody = reader.account_id is None
        reader.narrow_to(self.catalogue.principal.account_id if everybody else None)
        self._draw_head()
        self.hint()

    async def _do(self, action: Awaitable[object], done: str) -> None:
        try:
            await action
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(done)
            self.hint()

    async def _page(self) -> None:
        """Read on while the end of what was read is near."""
        try:
            while await self._reader.read_on(self.catalogue.database, *self._near()):
                self._draw()
        except TgtuiError as error:
            self.tell(error, is_error=True)

    def _near(self) -> tuple[list[Line], bool]:
        """The lines in sight and the next ones, and whether they are the last."""
        near = self.rows.near()
        return near, self.rows.lines_in_sight().start + len(near) >= len(self.rows.rows)

    def _read_steps(self) -> None:
        """How far the worker of this program is; the lines look at this very dictionary."""
        progress = self.catalogue.activity.progress
        self._steps.clear()
        self._steps.update({id: at.step for id, at in progress.items()})

    def _move_on(self) -> None:
        """Ages and waits of the lines on the screen."""
        if self.is_live and self.is_current:
            for line in self.rows.lines_in_sight():
                self.rows.renew_line(line)
            self._draw_detail()

    def _draw(self) -> None:
        self._read_steps()
        lines = RequestLines(self._reader.model, self.app.now, self._steps)
        self.rows.set_rows(lines)
        note = self.query_one("#requests-note", Static)
        note.display = not lines
        note.update(Content(self._empty_words()))
        self._draw_head()
        self._draw_detail()

    def _empty_words(self) -> str:
        if self._reader.statuses:
            return f"No request is {self._reader.filter_name}. Press f for the next state."
        if self.is_live and not self.catalogue.principal.can("ask"):
            return lacking(self.catalogue.principal, "authenticated")
        if self._reader.account_id is not None:
            return "You have asked for nothing yet. Search with / and ask for what is missing."
        return "Nobody has asked for anything yet. Search with / and ask for what is missing."

    def _draw_head(self) -> None:
        sees_all = self.is_live and self.catalogue.principal.sees_all_requests
        is_all = sees_all and self._reader.account_id is None
        whose = "Everybody's requests" if is_all else "My requests"
        parts = [Content.styled(whose, "bold $primary"), Content("  ")]
        for name, _statuses in FILTERS:
            is_on = name == self._reader.filter_name
            parts.append(
                Content.styled(f"‹{name}›", "bold $text-accent")
                if is_on
                else Content.styled(f" {name} ", "$foreground-muted")
            )
        self.query_one("#requests-head", Static).update(Content("").join(parts))

    def _draw_detail(self) -> None:
        line = self.rows.current_request
        empty = Content("")
        said = (
            (empty, empty, empty)
            if line is None
            else (headline(line), explanation(line), advice(line))
        )
        for name, content in zip(("head", "error", "advice"), said, strict=True):
            widget = self.query_one(f"#request-{name}", Static)
            if widget.content != content:
                widget.update(content)
