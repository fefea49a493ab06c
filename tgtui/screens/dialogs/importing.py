"""The dialog with the progress of an import of a registry's index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.widget import Widget
from textual.widgets import Static

from tgtui.screens.base.telling import Tell
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.services.imports import ImportRun
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.requests.line import bar

MAX_RESULT = 2_000
"""Characters of a result; each source that failed has a sentence in it."""


class ImportScreen(Dialog[None]):
    """Escape closes it; the import continues, and a notice tells how it ended. `s` stops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="import.close"),
        Binding("s", "stop", "Stop", id="import.stop"),
    ]

    def __init__(self, run: ImportRun) -> None:
        super().__init__(
            f"Import {run.registry}",
            f"{key('import.close')} closes, the import continues · {key('import.stop')} stops it",
        )
        self._import = run
        self._unsubscribe: Callable[[], None] | None = None

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="progress")

    def on_mount(self) -> None:
        self._unsubscribe = self._import.subscribe(self._show)
        self._show()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._import.is_running:
            say_end(self._import, self.app.tell)

    async def action_stop(self) -> None:
        if self._import.is_running:
            await self._import.stop()

    def _show(self) -> None:
        run = self._import
        text = self.query_one("#progress", Static)
        if run.result is not None:
            self.say_keys(f"{key('import.close')} closes")
            style = {"error": "$text-error", "warning": "$text-warning"}.get(_severity(run), "")
            text.update(safe(run.result, MAX_RESULT, style=style))
            return
        step = run.step
        part = min(1.0, step.done / step.total) if step.total else 0.0
        text.update(bar(part) + "  " + safe(step.words, 200))


def say_end(run: ImportRun, tell: Tell) -> None:
    """A single notice when an import ends after its dialog was closed."""
    if run.has_notice:
        return
    run.has_notice = True

    def told() -> None:
        if run.result is not None:
            unsubscribe()
            tell(run.result, _severity(run))

    unsubscribe = run.subscribe(told)


def _severity(run: ImportRun) -> SeverityLevel:
    if run.is_failed:
        return "error"
    return "warning" if run.has_failures else "information"
