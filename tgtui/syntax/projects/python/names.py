"""Names and requirements as Python's packaging standards spell them."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct
from packaging.utils import canonicalize_name

REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:@\s*(\S+)|\(?([^;()]*)\)?)\s*(?:;(.*))?",
    re.DOTALL,
)
SPECIFIER = re.compile(r"(?:===|==|!=|~=|<=|>=|<|>)\s*[^\s,<>=!~]+")
PINNED = re.compile(r"={2,3}\s*([^\s,*;]+)$")


class Requirement(Struct, frozen=True):
    """One requirement of PEP 508, read loosely: what is wrong in it is the installer's concern."""

    name: str
    """Normalised."""
    range: str
    url: str | None
    marker: str | None

    @property
    def pinned(self) -> str | None:
        """The only version that it admits."""
        found = PINNED.fullmatch(self.range)
        return found[1] if found else None


def normalised(name: str) -> str:
    """As PEP 503 compares names."""
    return canonicalize_name(name)


@lru_cache(4096)
def parse_requirement(text: str) -> Requirement | None:
    """None if it is no requirement."""
    found = REQUIREMENT.fullmatch(text)
    if found is None:
        return None
    parts = [part.strip() for part in (found[3] or "").split(",") if part.strip()]
    if not all(SPECIFIER.fullmatch(part) for part in parts):
        return None
    range = ",".join("".join(part.split()) for part in parts)
    marker = (found[4] or "").strip() or None
    return Requirement(normalised(found[1]), range, found[2], marker)
