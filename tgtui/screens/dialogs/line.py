"""A dialog for one line of text, such as a file name. While people type it shows what would happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.errors import UsageError
from tgtui.basics.text import clean
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.line_input import LineInput

Judge = Callable[[str], Content]
"""Says what would happen with the text; UsageError, with the reason, if it is not accepted."""


class LineScreen(Dialog[str | None]):
    """Returns a text that the judge accepts, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="line.close")]

    def __init__(
        self,
        title: str,
        hint: str,
        text: str,
        judge: Judge,
        *,
        placeholder: str = "",
        empty: Content | None = None,
    ) -> None:
        """`empty` is shown for an empty line, which is then not accepted; without it the judge decides."""
        super().__init__(title, f"{hint} · {key('line.close')} closes")
        self._text = clean(text, 1_000)
        self._judge = judge
        self._placeholder = placeholder
        self._empty = empty

    def compose_body(self) -> Iterable[Widget]:
        yield LineInput(self._text, placeholder=self._placeholder, compact=True, id="line")
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
        if self._empty is not None and not text.strip():
            verdict.update(self._empty)
            return False
        try:
            verdict.update(self._judge(text))
        except UsageError as error:
            verdict.update(safe(error, style="$text-error"))
            return False
        return True
