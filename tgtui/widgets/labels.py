"""How a registry, a tag and a state look, the same on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from textual.color import Color, ColorParseError
from textual.content import Content
from textual.style import Style

from tgtui.data.views.packages import PackageState
from tgtui.data.views.tags import TagLabel
from tgtui.registries.base import REGISTRIES
from tgtui.widgets.content import safe
from tgtui.widgets.flow import Flow

MUTED = "$foreground-muted"
SQUARE = "■"
"""Before a tag's name, in its colour."""
TAG_GAP = Content("  ")
DARKEST, LIGHTEST = 0.3, 0.8
"""Perceived brightness of a square, from 0 to 1."""
LABELS = 1_000
"""Tags of which is kept how they look: the same ones are drawn again and again."""
STATE_WORDS: dict[PackageState, tuple[str, str]] = {
    "ready": ("", ""),
    "queued": ("queued", MUTED),
    "fetching": ("fetching", "$text-primary"),
    "failed": ("failed", "$text-error"),
    "unknown": ("not fetched", MUTED),
}
"""What is said of a package that was not fetched yet, and in which style."""


@lru_cache
def registry_label(registry: str) -> Content:
    """`npm` in its colour."""
    known = registry in REGISTRIES
    return safe(registry, 8, style=f"$registry-{registry}" if known else MUTED)


@lru_cache
def state_label(state: PackageState) -> Content:
    """One word, empty for a package that is there."""
    word, style = STATE_WORDS[state]
    return Content.styled(word, style)


@lru_cache(LABELS)
def tag_label(tag: TagLabel) -> Content:
    """Its name behind a square of its colour: legible whatever the colour and the theme, or without any."""
    return Content.assemble(tag_square(tag.color), " ", safe(tag.name, 40))


def tag_square(color: str | None) -> Content:
    """The colour, made lighter or darker where it would not be seen on a dark or on a light theme."""
    try:
        shown = Color.parse(color or "")
    except ColorParseError:
        return Content.styled(SQUARE, MUTED)
    if shown.brightness < DARKEST:
        part = (DARKEST - shown.brightness) / (1 - shown.brightness)
        shown = shown.blend(Color(255, 255, 255), part)
    elif shown.brightness > LIGHTEST:
        part = (shown.brightness - LIGHTEST) / shown.brightness
        shown = shown.blend(Color(0, 0, 0), part)
    return Content(SQUARE).stylize(Style(foreground=shown))


def tag_labels(tags: Sequence[TagLabel]) -> Flow:
    """Side by side."""
    return Flow([tag_label(tag) for tag in tags], TAG_GAP)
