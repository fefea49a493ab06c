"""A line to type in, whose cursor stands still when no one types: each blink is written to the terminal."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

BLINKS = 10
"""How often the cursor changes after the last key; then it stays."""
BLINK_S = 0.5
"""Between two changes; Textual's own."""


class LineInput(Input):
    """Every line of the screens is one. Takes all that is pasted: Textual's own keeps the first line only."""

    _blinked = 0

    def _toggle_cursor(self) -> None:
        self._blinked += 1
        if self._blinked < BLINKS:
            super()._toggle_cursor()
        else:
            self._pause_blink(visible=True)

    def _restart_blink(self) -> None:
        self._blinked = 0
        super()._restart_blink()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        super()._on_paste(events.Paste(" ".join(event.text.split())))
