"""A dialog over any screen: how far the import of a registry's index is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import ProgressBar, Static

from tgtui.importing import ImportRun
from tgtui.widgets.content import safe


class ImportScreen(ModalScreen[None]):
    """Escape closes it; the import goes on and says how it ended. `s` stops it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="import.close"),
        Binding("s", "stop", "Stop", id="import.stop"),
    ]

    def __init__(self, run: ImportRun) -> None:
        super().__init__()
        self._import = run
        self._text = Static()
        self._bar = ProgressBar(show_eta=False)
        self._unsubscribe: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(f"Import {self._import.registry}")
            dialog.border_subtitle = Content("esc closes, the import goes on · s stops it")
            yield self._text
            yield self._bar

    def on_mount(self) -> None:
        self._unsubscribe = self._import.subscribe(self._show)
        self._show()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    async def action_stop(self) -> None:
        if self._import.is_running:
            await self._import.stop()

    def _show(self) -> None:
        run = self._import
        if run.result is not None:
            self._text.update(safe(run.result, 600, style="$text-error" if run.is_failed else ""))
            self._bar.display = False
            return
        self._text.update(safe(run.step.words, 200))
        self._bar.update(total=run.step.total, progress=run.step.done)
