"""The line to type in what to find in a tree or a list, and what was found."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tgtui.widgets.one_line import OneLine

PLACEHOLDER = "a name, or name@version"


class FindInput(OneLine):
    """Enter and the down key go on to what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "submit", "go to it", show=False, id="find.down"),
        Binding("enter", "submit", "go to it", show=True, id="find.submit"),
        Binding("escape", "leave", "close", show=True, id="find.close"),
    ]

    class Left(Message):
        """The search is over."""

    def action_leave(self) -> None:
        self.post_message(self.Left())


class FindBar(Horizontal):
    """Hidden until opened. Sends Sought while people type, and Taken when they are done."""

    DEFAULT_CSS = """
    FindBar { height: 1; display: none; padding: 0 1; }
    FindBar > .label { width: 6; color: $primary; text-style: bold; }
    FindBar > FindInput { width: 1fr; max-width: 60; background: $surface; }
    FindBar > #find-status { width: auto; margin-left: 2; color: $foreground-muted; }
    FindBar.-open { display: block; }
    """

    class Sought(Message):
        """This is to be found."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, FindBar.Sought)

    class Taken(Message):
        """Go to the first that was found."""

    def __init__(self, *, placeholder: str = PLACEHOLDER) -> None:
        super().__init__()
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        yield Static(Content("Find"), classes="label")
        yield FindInput(placeholder=self._placeholder, compact=True, id="find-text")
        yield Static(id="find-status")

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(FindInput).value

    def open(self) -> None:
        """Show it, ready to be typed in: the next key is meant for it."""
        self.add_class("-open")
        box = self.query_one(FindInput)
        box.select_all()
        self.screen.set_focus(box)

    def close(self) -> None:
        """Hide and empty it."""
        self.remove_class("-open")
        box = self.query_one(FindInput)
        with box.prevent(Input.Changed):
            box.clear()
        self.say(Content(""))

    def say(self, status: Content) -> None:
        """Beside what is typed."""
        self.query_one("#find-status", Static).update(status)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(event.value))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Taken())
