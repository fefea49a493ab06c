"""Lists of mirrors: `mirror+file:`, `mirror+https:` and their like (apt-transport-mirror(1))."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from urllib.parse import urlsplit

from msgspec import Struct, field

from tgtui.registries.apt.configuration.sources import LOCAL, is_local

MAX_LIST_BYTES = 1 << 20
MAX_MIRRORS = 32
"""Mirrors of a list that are used; each costs time if a file is missing everywhere."""
LAST = 1 << 31
"""The priority of mirrors without one."""


class Mirror(Struct, frozen=True):
    """A place that has the files of a source."""

    uri: str
    """Ends with a slash."""
    limits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What it has, if not everything: by `arch`, `component`, `suite` and `type`."""
    is_named_here: bool = True
    """Whether this machine's own settings name it. Only then it may get a login."""

    def has(self, about: Mapping[str, str]) -> bool:
        """Whether it may have a file. `about` is what is known of the file, in the words of `limits`."""
        return all(about.get(word, "") in {"", *values} for word, values in self.limits.items())


def parse_mirrors(text: str, address: str) -> list[Mirror]:
    """The mirrors of the list at an address, best first. Only a list on this machine may name places on it."""
    is_here = is_local(address)
    schemes = ("http", "https", *LOCAL) if is_here else ("http", "https")
    found: list[tuple[int, Mirror]] = []
    for line in text.split("\n"):
        uri, *notes = line.split() or ["#"]
        try:
            is_usable = not uri.startswith("#") and urlsplit(uri).scheme in schemes
        except ValueError:
            continue
        if not is_usable:
            continue
        limits: defaultdict[str, set[str]] = defaultdict(set)
        for note in notes:
            word, _, value = note.partition(":")
            limits[word].add(value)
        priority = min(limits.pop("priority", {""}))
        mirror = Mirror(
            uri if uri.endswith("/") else uri + "/",
            {word: frozenset(values) for word, values in limits.items()},
            is_here,
        )
        found.append((int(priority) if priority.isdecimal() else LAST, mirror))
    return [mirror for _, mirror in sorted(found, key=itemgetter(0))][:MAX_MIRRORS]
