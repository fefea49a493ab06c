"""The line above a tree: what it is the tree of, and what is known of the whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tgtui.widgets.content import safe
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.labels import MUTED

MAX_DOUBTS = 3
MAX_DOUBT = 400
"""Characters."""


class TreeHead(PageText):
    """`express@4.21.2 · npm   65 packages · depth 7 · 3 repeated · as of 3 min ago`."""

    DEFAULT_CSS = """
    TreeHead { height: auto; max-height: 2; padding: 0 1; margin-bottom: 1; }
    TreeHead.-doubted { max-height: 6; }
    """

    def __init__(self) -> None:
        super().__init__(id="tree-head")

    def show(
        self,
        name: str,
        registry: str | None,
        facts: Sequence[str],
        filter: str,
        *,
        is_upwards: bool,
        doubts: Sequence[str] = (),
    ) -> None:
        """`registry` is None until the root is read; `filter` in words, empty if there is none. `doubts` say why it may
        not be what is installed."""
        root = safe(name, style="bold $primary")
        if is_upwards:
            root = Content.styled("what depends on ", MUTED) + root
        if registry is not None:
            root += Content.styled(f" · {registry}", MUTED)
        first, *others = [Content.styled(fact, MUTED) for fact in facts] or [Content("")]
        parts = [root + "   " + first, *others]
        if filter:
            parts.append(Content.styled(filter, "bold $text-warning"))
        self.set_class(bool(doubts), "-doubted")
        lines: list[Content | Flow] = [Flow(parts, Content.styled(" · ", MUTED))]
        lines += [safe(doubt, MAX_DOUBT, style="$text-warning") for doubt in doubts[:MAX_DOUBTS]]
        if len(doubts) > MAX_DOUBTS:
            more = f"and {len(doubts) - MAX_DOUBTS} more: `tgtui tree` lists them"
            lines.append(Content.styled(more, MUTED))
        self.update(Page(lines, "\n"))
