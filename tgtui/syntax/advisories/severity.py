"""How bad it is: CVSS's own bands of a vector's base score, else the word of the record."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from tgtui.syntax.advisories.ranks import CRITICAL, HIGH, LOW, MALWARE, MEDIUM, UNKNOWN, WORDS
from tgtui.syntax.advisories.record import Affected, Record, Score

NEWEST_FIRST = ("CVSS_V4", "CVSS_V3", "CVSS_V2")
MAX_VECTOR_CHARS = 400
REMEMBERED = 4_096


class Severity(Struct, frozen=True):
    """How bad one advisory is."""

    rank: int
    """A place in SEVERITIES."""
    score: float | None = None
    """CVSS's base score, 0.0 to 10.0."""
    vector: str | None = None


def severity_of(record: Record, affected: Iterable[Affected] = ()) -> Severity:
    """Of a record about these entries, whose own severities come first."""
    entries = tuple(affected)
    own = [score for each in entries for score in each.severity or ()]
    found = _scored(own) or _scored(record.severity or ())
    if found is None:
        words = [_word(record.database_specific)]
        words += [_word(each.ecosystem_specific) for each in entries]
        words += [_word(each.database_specific) for each in entries]
        words += [WORDS.get(score.score.lower()) for score in (*own, *(record.severity or ()))]
        found = Severity(max((rank for rank in words if rank is not None), default=UNKNOWN))
    return Severity(MALWARE, found.score, found.vector) if record.is_malware else found


def _scored(scores: Iterable[Score]) -> Severity | None:
    by_type: dict[str, str] = {}
    for each in scores:
        by_type.setdefault(each.type, each.score)
    for kind in NEWEST_FIRST:
        score = base_score(kind, by_type[kind]) if kind in by_type else None
        if score is not None:
            return Severity(_band(score), score, by_type[kind])
    return None


@lru_cache(REMEMBERED)
def base_score(kind: str, vector: str) -> float | None:
    """Of a vector of that type; None if it is none."""
    if len(vector) > MAX_VECTOR_CHARS:
        return None
    import cvss

    makers = {"CVSS_V2": cvss.CVSS2, "CVSS_V3": cvss.CVSS3, "CVSS_V4": cvss.CVSS4}
    try:
        return float(makers[kind](vector.strip().rstrip("/")).base_score)
    except (cvss.CVSSError, ValueError, KeyError, ArithmeticError):
        return None


def _band(score: float) -> int:
    """https://www.first.org/cvss/v3-1/specification-document section 5; no score at all is the mildest."""
    if score >= 9:
        return CRITICAL
    if score >= 7:
        return HIGH
    return MEDIUM if score >= 4 else LOW


def _word(said: Any) -> int | None:
    if not isinstance(said, dict):
        return None
    word = said.get("severity") or said.get("urgency")
    return WORDS.get(word.strip().lower().rstrip("*")) if isinstance(word, str) else None
