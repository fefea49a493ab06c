"""The line above a tree: what it is the tree of, and what is known of the whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED


class TreeHead(Static):
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
        parts = [safe(name, style="bold $primary")]
        if registry is not None:
            parts.append(Content.styled(f" · {registry}", MUTED))
        if is_upwards:
            parts.insert(0, Content.styled("what depends on ", MUTED))
        parts.append(Content.styled("   " + " · ".join(facts), MUTED))
        if filter:
            parts.append(Content.styled(f" · {filter}", "bold $text-warning"))
        self.update(Content("").join(parts))
