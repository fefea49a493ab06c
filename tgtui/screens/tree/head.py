"""The line above a tree: what it is the tree of, and what is known of the whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tgtui.widgets.content import safe
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.labels import MUTED


class TreeHead(PageText):
    """`express@4.21.2 · npm   65 packages · depth 7 · 3 repeated · as of 3 min ago`."""

    DEFAULT_CSS = """
    TreeHead { height: auto; max-height: 2; padding: 0 1; margin-bottom: 1; }
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
    ) -> None:
        """`registry` is None until the root is read; `filter` in words, empty if there is none."""
        root = safe(name, style="bold $primary")
        if is_upwards:
            root = Content.styled("what depends on ", MUTED) + root
        if registry is not None:
            root += Content.styled(f" · {registry}", MUTED)
        first, *others = [Content.styled(fact, MUTED) for fact in facts] or [Content("")]
        parts = [root + "   " + first, *others]
        if filter:
            parts.append(Content.styled(filter, "bold $text-warning"))
        self.update(Page([Flow(parts, Content.styled(" · ", MUTED))], "\n"))
