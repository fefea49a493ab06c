"""A bordered pane with a list, or with a text if there is nothing to list."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.row_list import RowList

CALM_S = 0.2
"""Anything read sooner is not announced: that would only flicker."""
LOADING = Content.styled("loading…", MUTED)


class ListPane(Container):
    """Holds a RowList; `say` puts a text in its place. The list keeps the focus in both cases."""

    DEFAULT_CSS = """
    ListPane { height: 1fr; }
    ListPane > .nothing { display: none; padding: 1 2; height: 1fr; }
    ListPane > .note {
        display: none; height: auto; max-height: 4; padding: 0 1; color: $foreground-muted;
    }
    ListPane.-empty > .nothing { display: block; }
    ListPane.-empty > RowList { height: 0; }
    ListPane.-noted > .note { display: block; }
    """

    def __init__(self, rows: RowList[Any], title: str, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._title = self._position = ""
        self.entitle(Content(title))
        self.list = rows
        self._nothing = Static(classes="nothing")
        self._note = Static(classes="note")
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.list
        yield self._nothing
        yield self._note

    @property
    def is_waiting(self) -> bool:
        """What it waits for is not here yet."""
        return self._waiting is not None

    def entitle(self, title: Content) -> None:
        """In the upper border, which is drawn only if it changed."""
        if self._title != title.markup:
            self._title = title.markup
            self.border_title = title

    def locate(self, position: Content) -> None:
        """In the lower border: the position in the list."""
        if self._position != position.markup:
            self._position = position.markup
            self.border_subtitle = position

    def wait(self) -> None:
        """Something is being read: says so if that takes longer than a moment, until `say` is called."""
        if self._waiting is None:
            self._waiting = self.set_timer(CALM_S, lambda: self._show(LOADING))

    def say(self, text: Content | None) -> None:
        """Show a text in place of the list; None brings the list back."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        self._show(text)

    def note(self, text: Content | None) -> None:
        """A line or two below the list, about its rows."""
        self.set_class(bool(text), "-noted")
        if text:
            self._note.update(text)

    def _show(self, text: Content | None) -> None:
        self.set_class(text is not None, "-empty")
        if text is not None:
            self._nothing.update(text)
