"""The queue: requests with the chains they caused, what each waits for, what went wrong and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar, TypeVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.views.requests import Cancelled
from tgtui.output.requests import LEFT, cancelled_text, chain_name, retried_text
from tgtui.screens.base.commands import OpenMenu, bindings
from tgtui.screens.base.live import Alarm
from tgtui.screens.base.opening import OpenPackage, OpenPages
from tgtui.screens.base.screen import MOMENT_S, BaseScreen
from tgtui.screens.requests.commands import (
    CancelChain,
    CancelRequest,
    FilterRequests,
    MineOrAll,
    OpenRequested,
    RetryRequest,
    UnfoldChain,
)
from tgtui.screens.requests.list_pane import RequestsPane
from tgtui.widgets.keys import key
from tgtui.widgets.requests.detail import RequestDetail
from tgtui.widgets.requests.list import RequestList
from tgtui.widgets.requests.model import RequestLine

T = TypeVar("T")


class RequestsScreen(BaseScreen):
    """The list, and below it what there is to say of the request under the cursor."""

    CSS_PATH = "requests.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        UnfoldChain,
        RetryRequest,
        CancelRequest,
        CancelChain,
        OpenRequested,
        FilterRequests,
        MineOrAll,
        OpenMenu,
    )

    def __init__(self) -> None:
        super().__init__()
        self._pane = RequestsPane(self.read, self.now)
        self._detail = RequestDetail()
        self._more = self.coalescer(self._load_more)
        self._words = Alarm(self._move_on)

    def place(self) -> Content:
        return Content("Requests")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._detail

    def on_unmount(self) -> None:
        self._words.stop()

    async def refresh_live(self) -> None:
        await self._pane.load(self.catalogue.principal)
        self._pane.show_progress(self.catalogue.activity.progress)
        self._show_detail()
        self._wait_for_words()
        self._more.hint()

    def refresh_progress(self) -> None:
        self._pane.show_progress(self.catalogue.activity.progress)
        self._show_detail()

    def _move_on(self) -> None:
        if self.is_live and self.is_current:
            self._pane.move_on()
            self._show_detail()
            self._wait_for_words()

    def _wait_for_words(self) -> None:
        """Wake up when the next age or wait on the screen is another."""
        self._words.set(max(MOMENT_S, self._pane.lasts))

    def _show_detail(self) -> None:
        self._detail.show(self._pane.current, can_act=self._can_act)

    @property
    def _can_act(self) -> bool:
        """The person may retry and cancel."""
        return self.is_live and self.catalogue.principal.can("authenticated")

    async def _load_more(self) -> None:
        try:
            await self._pane.load_more()
        except TgtuiError as error:
            self.tell(error, is_error=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"open_menu", "open_package", "unfold"} and self._pane.current is None:
            return False
        if action in {"retry", "cancel", "cancel_chain"}:
            return self._can_act
        if action == "show_requests":
            return False
        if action == "mine":
            principal = self.catalogue.principal if self.is_live else None
            return (
                principal is not None
                and principal.sees_all_requests
                and principal.can("authenticated")
            )
        return super().check_action(action, parameters)

    @on(RequestList.Looked)
    def _looked(self) -> None:
        if self.is_live:
            self._wait_for_words()
            self._more.hint()

    @on(RequestList.Highlighted)
    def _highlighted(self) -> None:
        self._show_detail()

    @on(RequestList.Selected)
    def _selected(self) -> None:
        self.act("open", self.action_open_package)

    def action_unfold(self, is_open: bool | None = None) -> None:
        """Without `is_open`, toggle."""
        self._pane.unfold(is_open)
        self._wait_for_words()
        self.seek("unfold", self._load_more)

    def action_filter(self) -> None:
        self._pane.next_filter()
        self.load()

    def action_mine(self) -> None:
        self._pane.toggle_mine()
        self.load()

    async def action_retry(self) -> None:
        line = self._pane.current
        if line is not None:
            id = line.request.id if line.is_member else line.chain_id
            await self._do(
                self.catalogue.requesting.retry(id),
                lambda retried: retried_text(
                    _name_of(line),
                    retried,
                    are_several=line.chain is not None and line.chain.roots > 1,
                ),
            )

    async def action_cancel(self) -> None:
        line = self._pane.current
        if line is None:
            return
        package = _name_of(line)
        chain = line.chain
        if chain is not None and chain.roots > 1:
            self.tell(
                f"{package} were requested together: {key('requests.cancel_chain')} cancels them all;"
                f" unfold and press {key('requests.cancel')} to cancel one."
            )
            return
        if line.request.status == "completed" and chain is not None and chain.open:
            self.tell(
                f"{package} itself is already fetched;"
                f" {key('requests.cancel_chain')} cancels the dependencies queued for it."
            )
            return
        await self._do(
            self.catalogue.requesting.cancel(line.request.id),
            lambda is_cancelled: (
                f"{package}: {cancelled_text(Cancelled(1, 0))}."
                if is_cancelled
                else LEFT.format(package=package)
            ),
        )

    async def action_cancel_chain(self) -> None:
        chain = self._pane.current_chain
        if chain is not None:
            await self._do(
                self.catalogue.requesting.cancel_chain(chain.id),
                lambda cancelled: f"{chain_name(chain)}: {cancelled_text(cancelled)}.",
            )

    async def _do(self, work: Awaitable[T], done: Callable[[T], str]) -> None:
        """Do it, and say what `done` makes of its result, or why it failed."""
        try:
            told = done(await work)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(told)
            self.hint()

    async def action_open_package(self) -> None:
        package_id = await self._package_id()
        if package_id is not None:
            self.app.open(OpenPackage(package_id))

    async def action_open_menu(self) -> None:
        package_id = await self._package_id()
        if package_id is None:
            return
        try:
            detail = await self.read(package_detail, package_id)
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return
        if detail is not None:
            self.app.open(OpenPages(detail))

    async def _package_id(self) -> UUID | None:
        """Of the request under the cursor; None if its package is not here, which is said."""
        line = self._pane.current
        if line is None:
            return None
        request = line.request
        try:
            package_id = await self.read(find_package, request.registry, request.name)
        except TgtuiError as error:
            self.tell(error, is_error=True)
            return None
        if package_id is None:
            self.tell(f"{request.registry}:{request.name} is not in the catalogue yet.")
        return package_id


def _name_of(line: RequestLine) -> str:
    """`npm:a`, or `npm:a and 199 more`; hostile text."""
    if line.chain is not None:
        return chain_name(line.chain)
    return f"{line.request.registry}:{line.request.name}"
