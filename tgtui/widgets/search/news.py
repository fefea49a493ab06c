"""The lines on the search screen that say what is malware here, and what is new of watched packages."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tgtui.data.views.watching import NewsGlance
from tgtui.output.watching import glance_in_words, malware_in_words
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED

MAX_NEWS = 200
"""Characters."""


class NewsLine(Static):
    """Takes a line of the screen for each of both, only if there is any."""

    DEFAULT_CSS = """
    NewsLine {
        display: none; height: auto; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis;
    }
    NewsLine.-news { display: block; }
    """

    def show(self, glance: NewsGlance) -> None:
        """Some of it, and the key that shows all."""
        lines: list[Content] = []
        if glance.malware:
            told = safe(malware_in_words(glance.malware), MAX_NEWS)
            shows = (
                f"  in this catalogue; {key('package.advisories')} on the package shows it",
                MUTED,
            )
            lines.append(Content.assemble(("MALWARE", "bold $text-error"), "  ", told, shows))
        if said := glance_in_words(glance):
            shows = (f" ({key('app.watched')})  ", MUTED)
            lines.append(
                Content.assemble(("New", "bold $text-accent"), shows, safe(said, MAX_NEWS))
            )
        self.set_class(bool(lines), "-news")
        if lines:
            self.update(Content("\n").join(lines))
