"""A text that changes often, for little: a layout draws the whole screen again."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class CalmText(Static):
    """Draws only what differs from what it shows, and has the screen laid out only if it takes more lines or fewer."""

    _said: Content | None = None

    def say(self, content: Content) -> None:
        """Show this."""
        if self._said is not None and content.is_same(self._said):
            return
        width, before = self.content_size.width, self._said
        self._said = content
        is_as_high = (
            before is not None
            and width > 0
            and content.get_height({}, width) == before.get_height({}, width)
        )
        self.update(content, layout=not is_as_high)
