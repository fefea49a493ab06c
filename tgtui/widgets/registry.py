"""How a registry, a tag and a state look, the same on every screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.color import Color, ColorParseError
from textual.content import Content
from textual.style import Style

from tgtui.data.views import PackageState, TagLabel
from tgtui.registries.base import REGISTRIES
from tgtui.widgets.content import safe

MUTED = "$foreground-muted"
STATE_WORDS: dict[PackageState, tuple[str, str]] = {
    "ready": ("", ""),
    "queued": ("queued", MUTED),
    "fetching": ("fetching", "$text-primary"),
    "failed": ("failed", "$text-error"),
    "unknown": ("not fetched", MUTED),
}
"""What is said of a package that was not fetched yet, and in which style."""


def registry_label(registry: str) -> Content:
    """`npm` in its colour."""
    known = registry in REGISTRIES
    return safe(registry, 8, style=f"$registry-{registry}" if known else MUTED)


def state_label(state: PackageState) -> Content:
    """One word, empty for a package that is there."""
    word, style = STATE_WORDS[state]
    return Content.styled(word, style)


def tag_label(tag: TagLabel) -> Content:
    """The tag's name in its own colour, as far as that is one."""
    label = safe(tag.name, 40)
    try:
        color = Color.parse(tag.color or "")
    except ColorParseError:
        return label.stylize("$text-secondary")
    return label.stylize(Style(foreground=color))


def tag_labels(tags: Sequence[TagLabel]) -> Content:
    """Side by side."""
    return Content(" ").join([tag_label(tag) for tag in tags])
