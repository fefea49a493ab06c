"""The line on the search screen that says what is new of watched packages."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tgtui.data.views.watching import NewsGlance
from tgtui.output.watching import glance_in_words
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED

MAX_NEWS = 200
"""Characters."""


class NewsLine(Static):
    """Takes a line of the screen only if something is new."""

    DEFAULT_CSS = """
    NewsLine {
        display: none; height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis;
    }
    NewsLine.-news { display: block; }
    """

    def show(self, glance: NewsGlance) -> None:
        """Some of it, and the key that shows all."""
        said = glance_in_words(glance)
        self.set_class(bool(said), "-news")
        if said:
            shows = f" ({key('app.watched')})  "
            new = ("New", "bold $text-accent")
            self.update(Content.assemble(new, (shows, MUTED), safe(said, MAX_NEWS)))
