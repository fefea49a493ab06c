"""Text that is selected with the mouse stays so only while it is the text that people look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.selection import SELECT_ALL
from textual.widget import Widget


class Selecting:
    """For a screen. No screen of its own, else Textual would overlook the other's styles."""

    _selected_in: Mapping[Widget, tuple[str, str] | None] = {}
    """What widgets said when some of it was selected."""

    def watch_selections(self, selections: Mapping[Widget, object]) -> None:
        self._selected_in = {widget: widget.get_selection(SELECT_ALL) for widget in selections}

    def on_idle(self) -> None:
        """At the same place of another text it means nothing."""
        if any(each.get_selection(SELECT_ALL) != text for each, text in self._selected_in.items()):
            self._end_selection()

    def on_screen_suspend(self) -> None:
        """Another screen, or a dialog, has the keys: what is copied is its text."""
        if self._selected_in:
            self._end_selection()

    def _end_selection(self) -> None:
        me: Any = self
        me.clear_selection()
