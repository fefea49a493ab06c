"""A dialog of one line: a name, a file. It says while one types what would become of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tgtui.errors import UsageError
from tgtui.text import clean
from tgtui.widgets.content import safe

Judge = Callable[[str], Content]
"""What becomes of the text; UsageError, with the reason, for one that can't be taken."""


class LineScreen(ModalScreen[str | None]):
    """Ends with a text that the judge takes, None on escape."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="line.close")]

    def __init__(self, title: str, hint: str, text: str, judge: Judge) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._text = clean(text, 1_000)
        self._judge = judge

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            dialog.border_subtitle = Content(f"{self._hint} · esc closes")
            yield Input(self._text, compact=True, id="line")
            yield Static(id="verdict")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._say(event.value)

    def on_mount(self) -> None:
        self._say(self._text)

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        if self._say(event.value):
            self.dismiss(event.value)
        else:
            self.app.bell()

    def _say(self, text: str) -> bool:
        verdict = self.query_one("#verdict", Static)
        try:
            verdict.update(self._judge(text))
        except UsageError as error:
            verdict.update(safe(error, style="$text-error"))
            return False
        return True
