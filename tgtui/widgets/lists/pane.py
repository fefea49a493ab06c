"""A bordered pane with a list or a long text, or with a few words if there is nothing to show."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.lines import LineView
from tgtui.widgets.lists.row_list import RowList

CALM_S = 0.2
"""Anything read sooner is not announced: that would only flicker."""
LOADING = Content.styled("loading…", MUTED)


class LinePane(Container):
    """Holds lines; `say` puts a text in their place. The lines keep the focus in both cases."""

    DEFAULT_CSS = """
    LinePane { height: 1fr; }
    LinePane > .nothing { display: none; padding: 1 2; height: 1fr; }
    LinePane > .note {
        display: none; height: auto; max-height: 4; padding: 0 1; color: $foreground-muted;
    }
    LinePane.-empty > .nothing { display: block; }
    LinePane.-empty > LineView { height: 0; }
    LinePane.-noted > .note { display: block; }
    """

    def __init__(self, lines: LineView, title: str, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._title = self._position = ""
        self.entitle(Content(title))
        self._held = lines
        self._nothing = Static(classes="nothing")
        self._note = Static(classes="note")
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._held
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
        """In the lower border: the position among the lines."""
        if self._position != position.markup:
            self._position = position.markup
            self.border_subtitle = position

    def wait(self) -> None:
        """Something is being read: says so if that takes longer than a moment, until `say` is called."""
        if self._waiting is None:
            self._waiting = self.set_timer(CALM_S, lambda: self._show(LOADING))

    def say(self, text: Content | None) -> None:
        """Show a text in place of the lines; None brings them back."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        self._show(text)

    def note(self, text: Content | None) -> None:
        """A line or two below, about what is shown."""
        self.set_class(bool(text), "-noted")
        if text:
            self._note.update(text)

    def _show(self, text: Content | None) -> None:
        self.set_class(text is not None, "-empty")
        if text is not None:
            self._nothing.update(text)


class ListPane(LinePane):
    """Holds a RowList."""

    def __init__(self, rows: RowList[Any], title: str, *, id: str) -> None:
        super().__init__(rows, title, id=id)
        self.list = rows
