"""Debian's dependency fields, `a (>= 1) | b, c:any [amd64]`, read as in policy 7.1 and deb-control(5)."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

CACHED_GROUPS = 1 << 17
"""About the number of different or-groups of a release."""
MAX_GROUP_CHARS = 4_000
RELATION = re.compile(
    r"([a-zA-Z0-9][a-zA-Z0-9+._-]*)(?::([a-zA-Z0-9-]+))?"
    r"(?:\s*\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\))?"
    r"(?:\s*\[([^\]]*)\])?(?:\s*<[^>]*>)*"
)
"""Name, architecture qualifier, operator, version, architecture list, build profiles (which no binary package has)."""
SEPARATOR = re.compile(r"\s*,\s*")


class Relation(Struct, frozen=True):
    """One alternative of a group."""

    name: str
    qualifier: str | None
    """`any`, `native` or an architecture after the name."""
    operator: str | None
    """`>=` and the like; None if any version will do."""
    version: str | None
    text: str
    """As written."""

    @property
    def constraint(self) -> str:
        """`>= 1.2`, or nothing."""
        return f"{self.operator} {self.version}" if self.operator else ""


class Group(Struct, frozen=True):
    """Alternatives, of which one is enough, in order of preference."""

    text: str
    """As written, white space folded."""
    alternatives: tuple[Relation, ...]
    """Empty if none is for this architecture, or the text can't be read."""
    is_readable: bool = True

    @property
    def first_name(self) -> str:
        """The name of the group, even if it can't be read."""
        if self.alternatives:
            return self.alternatives[0].name
        found = re.search(r"[a-zA-Z0-9+.-]+", self.text)
        return (found[0] if found else self.text)[:214]


def split_field(field: str) -> list[str]:
    """The groups of a field as texts."""
    return [text for text in SEPARATOR.split(field.strip()) if text]


@lru_cache(CACHED_GROUPS)
def parse_group(text: str, architecture: str) -> Group:
    """One group, for packages of `architecture`; never raises."""
    folded = " ".join(text[: MAX_GROUP_CHARS + 1].split())
    if len(text) > MAX_GROUP_CHARS:
        return Group(folded[:MAX_GROUP_CHARS], (), False)
    alternatives: list[Relation] = []
    for part in folded.split("|"):
        written = part.strip()
        match = RELATION.fullmatch(written)
        if match is None:
            return Group(folded, (), False)
        name, qualifier, operator, version, architectures = match.groups()
        if architectures is None or is_for(architectures.split(), architecture):
            alternatives.append(Relation(name, qualifier, operator, version, written))
    return Group(folded, tuple(alternatives))


def is_for(listed: list[str], architecture: str) -> bool:
    """Whether an architecture list (`amd64 arm64`, `!i386`, `linux-any`) names the architecture."""
    if not listed:
        return True
    negated = listed[0].startswith("!")
    named = any(_names(entry.removeprefix("!"), architecture) for entry in listed)
    return named != negated


def _names(entry: str, architecture: str) -> bool:
    if entry in ("any", architecture, "linux-any"):
        return True
    return entry == f"any-{architecture.rpartition('-')[2]}"
