"""Completions of a search while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tgtui.registries.base import REGISTRIES
from tgtui.syntax.licences import COPYLEFT, KINDS
from tgtui.syntax.query import EXAMPLES, SORTS, STATES

LICENCES = ("mit", "apache-2.0", "isc", "bsd-3-clause", "gpl-*", *KINDS, COPYLEFT)
"""The most frequent ones, and the kinds."""
LEVELS = ("high", "critical", "malware", "medium", "low", "unknown")
"""Severities, the most asked for first; a test compares them."""
MIN_BEGUN = 2
"""Letters after which an operator is offered."""


def completions(text: str, values: Callable[[str, str], Sequence[str]]) -> str | None:
    """`text` with its last word completed; None if there is no completion.

    `values(operator, begun)` returns values of an operator, most likely first.
    """
    before, _space, last = text.rpartition(" ")
    minus = "-" if last.startswith("-") else ""
    operator, colon, begun = last.removeprefix("-").partition(":")
    if colon:
        found = [f"{operator}:{value}" for value in values(operator.casefold(), begun)]
    else:
        known = [*(f"{name}:" for name in EXAMPLES), *(f"{name}:" for name in REGISTRIES)]
        found = known if len(operator) >= MIN_BEGUN else []
    for each in found:
        if each.startswith(f"{operator}{colon}{begun}") and minus + each != last:
            return f"{before} {minus}{each}" if before else f"{minus}{each}"
    return None


def known_values(operator: str, begun: str) -> Sequence[str]:
    """`values` for operators with fixed values."""
    if operator == "updated":
        sign = begun[:1] if begun[:1] in {"<", ">"} else "<"
        return [f"{sign}{days}" for days in ("30d", "7d", "1y", "90d") if begun != sign + days]
    if operator == "size":
        sign = begun[:1] if begun[:1] in {"<", ">"} else ">"
        return [f"{sign}{size}" for size in ("1mb", "100kb", "10mb", "1gb")]
    if operator == "severity":
        bound = begun.rstrip("abcdefghijklmnopqrstuvwxyz")
        return [f"{bound}{word}" for word in LEVELS]
    return {"is": STATES, "sort": SORTS, "license": LICENCES}.get(operator, ())
