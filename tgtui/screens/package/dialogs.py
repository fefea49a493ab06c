"""Dialogs of the package screen: the question before it is deleted, and its requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import ago, counted, number
from tgtui.data.requests.asking import active_requests
from tgtui.data.storage.reader import Reader
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.requests import RequestRow
from tgtui.screens.dialogs.confirm import ConfirmScreen
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, request_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.pane import CALM_S
from tgtui.widgets.lists.row_list import RowList

HISTORY_SHOWN = 100
"""Requests; older ones are on the requests screen."""


class DeleteScreen(ConfirmScreen):
    """Says what deleting the package touches; how many requests that cancels it reads itself."""

    def __init__(self, detail: PackageDetail, *, read: Reader) -> None:
        package = f"{detail.registry}:{detail.name}"
        super().__init__(f"Delete {package}?", "deletes it", deletion_text(detail, 0))
        self._detail = detail
        self._read = read
        self._question = Static(self._text)

    def compose_body(self) -> Iterable[Widget]:
        yield self._question

    def on_mount(self) -> None:
        self.start(self._count_requests, failed=self._say_error)

    async def _count_requests(self) -> None:
        detail = self._detail
        requests = await self._read(active_requests, [(detail.registry, detail.name)])
        self._question.update(deletion_text(detail, len(requests)))

    def _say_error(self, error: TgtuiError) -> None:
        self._question.update(safe(error, style="$text-error"))


def deletion_text(detail: PackageDetail, requests: int) -> Content:
    """What happens to the package, to what depends on it, and to this many active requests."""
    parts = [f"{detail.registry}:{detail.name} disappears from every list, search, tree and count"]
    dependents, others = detail.dependent_count, detail.used_by.total - detail.dependent_count
    if dependents:
        depend = "package known here depends" if dependents == 1 else "packages known here depend"
        parts.append(f"{number(dependents)} {depend} on it and will lack it")
    if others:
        use, suggest = ("uses", "suggests") if others == 1 else ("use", "suggest")
        parts.append(f"{number(others)} {use} it for development only or {suggest} it")
    if requests:
        parts.append(f"{counted(requests, 'request')} will be cancelled")
    parts.append("new requests are refused")
    return safe("; ".join(parts) + ".", 400) + Content("\n\nNothing is lost: it can be restored.")


class HistoryScreen(Dialog[None]):
    """The package's requests, newest first; the one under the cursor is explained below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,H", "dismiss", "Close", id="history.close")
    ]

    def __init__(
        self,
        package: str,
        *,
        read: Callable[[], Awaitable[Sequence[RequestRow]]],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(f"Requests for {package}", f"{key('history.close')} closes")
        self._read = read
        self._list = RowList[RequestRow](
            [
                Column(lambda row: Content(ago(row.updated_at, now())), width=10),
                Column(_status, width=9),
                Column(_cause, tells=True),
            ],
            key=lambda row: row.id,
        )
        self._verdict = Static(id="verdict")

    def compose_body(self) -> Iterable[Widget]:
        yield self._list
        yield self._verdict

    def on_mount(self) -> None:
        self._list.focus()
        self.seek(self._read_requests, failed=self._say)

    async def _read_requests(self) -> None:
        waiting = self.set_timer(CALM_S, lambda: self._say("loading…"))
        try:
            requests = await self._read()
        finally:
            waiting.stop()
        self._list.set_rows(requests)
        self._list.refresh(layout=True)  # as high as its rows
        if not requests:
            self._say("Not requested by anyone: imported, or fetched as a dependency.")

    @on(RowList.Highlighted)
    def _moved(self, event: RowList.Highlighted) -> None:
        row: RequestRow | None = event.row
        if row is not None:
            attempts = (
                counted(row.attempt_count, "attempt") if row.attempt_count else "Not tried yet"
            )
            self._say(f"{attempts}. {row.error_message or ''}")

    def _say(self, text: object) -> None:
        self._verdict.update(safe(text, 400))


def _status(row: RequestRow) -> Content:
    return request_label(row.status)


def _cause(row: RequestRow) -> Content:
    if row.requested_by is not None:
        return safe(f"requested by {row.requested_by}", 80)
    source = f"needed by {row.source_name}" if row.source_name else "queued by the worker"
    return safe(source, 120, style=MUTED)
