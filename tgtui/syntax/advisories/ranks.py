"""The ranks of severity, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping

SEVERITIES = ("unknown", "low", "medium", "high", "critical", "malware")
"""The mildest first; the place of each is its number. `malware`: the package itself is the attack."""
UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL, MALWARE = range(len(SEVERITIES))
WORDS: Mapping[str, int] = {
    **{word: rank for rank, word in enumerate(SEVERITIES)},
    "moderate": MEDIUM,
    "info": LOW,
    "negligible": LOW,
    "unimportant": LOW,
    "none": LOW,
}
"""Others' words for them: of npm, GitHub, Debian and Ubuntu."""


def severity_word(rank: int) -> str:
    """Its word."""
    return SEVERITIES[rank] if 0 <= rank < len(SEVERITIES) else SEVERITIES[UNKNOWN]


def rank_of_word(word: str) -> int | None:
    """A place in SEVERITIES of any source's word; None if it is none."""
    return WORDS.get(word.strip().lower())
