"""A dialog that asks before doing something that affects others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.keys import key


class ConfirmScreen(Dialog[bool | None]):
    """Returns True on enter, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "confirm", "Yes", id="confirm.yes"),
        Binding("escape,q", "dismiss", "Close", id="confirm.close"),
    ]

    def __init__(self, title: str, does: str, text: Content) -> None:
        """`does` says what enter does, as in `deletes it`."""
        super().__init__(title, f"{key('confirm.yes')} {does} · {key('confirm.close')} closes")
        self._text = text

    def compose_body(self) -> Iterable[Widget]:
        yield Static(self._text)

    def action_confirm(self) -> None:
        self.dismiss(True)
