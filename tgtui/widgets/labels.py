"""How a registry, a tag, and the state of a package or request look on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from textual.color import Color, ColorParseError
from textual.content import Content
from textual.style import Style

from tgtui.basics.formatting import short_number
from tgtui.data.views.advisories import Finding, Worst
from tgtui.data.views.packages import PackageState
from tgtui.data.views.tags import TagLabel
from tgtui.output.marks import Mark
from tgtui.output.requests import STATE_WORDS, RequestState
from tgtui.registries.base import REGISTRIES
from tgtui.syntax.advisories.ranks import CRITICAL, HIGH, LOW, MALWARE, MEDIUM, severity_word
from tgtui.widgets.content import safe
from tgtui.widgets.flow import Flow

MUTED = "$foreground-muted"
KEY_STYLE = "bold $text-accent"
SQUARE = "■"
"""Before a tag's name, in its colour."""
TAG_GAP = Content("  ")
DARKEST, LIGHTEST = 0.3, 0.8
"""Perceived brightness of a square, from 0 to 1."""
LABELS = 1_000
"""How many drawn tags are cached: the same ones are drawn over and over."""
REQUEST_STYLES: dict[RequestState, str] = {
    "pending": "$foreground",
    "fetching": "$text-primary",
    "completed": "$text-success",
    "failed": "$text-error",
    "cancelled": MUTED,
    "working": "$text-primary",
    "partial": "$text-warning",
}
"""The colour of each state."""
SEVERITY_STYLES: dict[int, str] = {
    LOW: "$text-warning",
    MEDIUM: "$text-warning",
    HIGH: "$text-error",
    CRITICAL: "bold $text-error",
    MALWARE: "bold reverse $text-error",
}
"""The colour of advisories."""
PACKAGE_WORDS: dict[PackageState, tuple[str, str]] = {
    "ready": ("", ""),
    "queued": (STATE_WORDS["pending"], MUTED),
    "fetching": (STATE_WORDS["fetching"], REQUEST_STYLES["fetching"]),
    "failed": (STATE_WORDS["failed"], REQUEST_STYLES["failed"]),
    "unknown": ("not fetched", MUTED),
}
"""Word and colour for a package that has not been fetched yet."""


@lru_cache
def registry_label(registry: str) -> Content:
    """`npm` in its colour."""
    known = registry in REGISTRIES
    return safe(registry, 8, style=f"$registry-{registry}" if known else MUTED)


@lru_cache
def state_label(state: PackageState) -> Content:
    """One word, empty for a package that was fetched."""
    word, style = PACKAGE_WORDS[state]
    return Content.styled(word, style)


@lru_cache
def request_label(state: RequestState) -> Content:
    """One word, in its colour."""
    return Content.styled(STATE_WORDS[state], REQUEST_STYLES[state])


@lru_cache
def worst_label(worst: Worst | None) -> Content:
    """`▲3`: how many advisories, in the colour of the worst; empty if none is known."""
    if worst is None:
        return Content("")
    sign = Mark.VULNERABLE.sign
    style = SEVERITY_STYLES.get(worst.severity, "$text-warning")
    if worst.severity == MALWARE:
        return Content.styled(f"{sign}malware", style)
    return Content.styled(f"{sign}{short_number(worst.count)}", style)


@lru_cache
def severity_label(rank: int) -> Content:
    """Its word, in its colour."""
    return Content.styled(severity_word(rank), SEVERITY_STYLES.get(rank, "$text-warning"))


def finding_lines(findings: Sequence[Finding], shown: int) -> list[Content | Flow]:
    """A line for each flaw, the worst first; how many more there are."""
    lines: list[Content | Flow] = []
    for each in findings[:shown]:
        style = SEVERITY_STYLES.get(each.severity, "$text-warning")
        word = Content.styled(f"{Mark.VULNERABLE.sign} {severity_word(each.severity)}", style)
        text = safe(f"{each.flaw} {each.summary or ''}".rstrip(), 160)
        lines.append(Content.assemble(word, " ", text))
    if len(findings) > shown:
        lines.append(Content.styled(f"  and {len(findings) - shown} more", MUTED))
    return lines


@lru_cache(LABELS)
def tag_label(tag: TagLabel) -> Content:
    """Its name after a square of its colour: legible in any colour and theme, or without colours."""
    return Content.assemble(tag_square(tag.color), " ", safe(tag.name, 40))


def tag_square(color: str | None) -> Content:
    """The colour, made lighter or darker if it would be hard to see on a dark or light theme."""
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


def key_does(key: str, what: str) -> Content:
    """A key, and what it does: `a asks again`."""
    return Content.assemble((key, KEY_STYLE), f" {what}")
