"""What both screens of advisories are made of: a list, and beside it the text about the row under the cursor."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.lists.pane import ListPane


class ListBesideText(BaseScreen):
    """It follows the catalogue while it is open."""

    CSS_PATH = "advisories.tcss"

    def __init__(self, pane: ListPane) -> None:
        super().__init__()
        self._pane = pane
        self._text = Static(id="advisory-text")

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="advisories"):
            yield self._pane
            with VerticalScroll(id="advisory", classes="pane"):
                yield self._text

    def on_mount(self) -> None:
        self._pane.wait()
