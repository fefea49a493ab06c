"""A box for one line of text."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class OneLine(Input):
    """Takes all that is pasted: Textual's own box keeps the first line only."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        super()._on_paste(events.Paste(" ".join(event.text.split())))
