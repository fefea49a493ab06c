"""What was asked of a package's registry: its last requests, who made them and how they ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.formatting import ago, counted
from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.requests import RequestRow
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED, request_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

SHOWN = 100
"""Requests; older ones are on the requests screen."""


class HistoryScreen(Dialog[None]):
    """Newest first; what is told of the one under the cursor stands below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="history.close")
    ]

    def __init__(self, package: str, requests: list[RequestRow], now: datetime) -> None:
        super().__init__(f"Requests of {package}", "esc closes")
        self._requests = requests
        self._list = RowList[RequestRow](
            [
                Column(lambda row: Content(ago(row.updated_at, now)), width=10),
                Column(_status, width=9),
                Column(_cause),
            ],
            key=lambda row: row.id,
        )

    def compose_body(self) -> Iterable[Widget]:
        yield self._list
        yield Static(id="verdict")

    def on_mount(self) -> None:
        self._list.set_rows(self._requests)
        self._list.focus()
        if not self._requests:
            self._say("Nobody asked for it: it was imported, or somebody's dependency.")

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        row: RequestRow | None = event.row
        if row is not None:
            attempts = counted(row.attempt_count, "attempt")
            self._say(f"{attempts}. {row.error_message or ''}")

    def _say(self, text: str) -> None:
        self.query_one("#verdict", Static).update(safe(text, 400))


async def show_history(screen: BaseScreen, detail: PackageDetail) -> None:
    """Open it over the screen of the package."""
    found = await screen.catalogue.requesting.history(detail.registry, detail.name, limit=SHOWN)
    package = f"{detail.registry}:{detail.name}"
    screen.app.push_screen(HistoryScreen(package, found, screen.app.now()))


def _status(row: RequestRow) -> Content:
    return request_label(row.status)


def _cause(row: RequestRow) -> Content:
    if row.requested_by is not None:
        return safe(f"asked for by {row.requested_by}", 80)
    source = f"needed by {row.source_name}" if row.source_name else "queued by the worker"
    return safe(source, 120, style=MUTED)
