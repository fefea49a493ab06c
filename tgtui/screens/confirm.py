"""A dialog that asks before something is done which others notice."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tgtui.widgets.content import safe


class ConfirmScreen(ModalScreen[bool | None]):
    """Ends with True on enter, None on escape."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "confirm", "Yes", id="confirm.yes"),
        Binding("escape,q", "dismiss", "Close", id="confirm.close"),
    ]

    def __init__(self, title: str, does: str, text: Content) -> None:
        """`does` is what enter does, as in `enter deletes it`."""
        super().__init__()
        self._title = title
        self._does = does
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = safe(self._title, 70)
            dialog.border_subtitle = Content(f"{self._does} · esc closes")
            yield Static(self._text)

    def action_confirm(self) -> None:
        self.dismiss(True)
