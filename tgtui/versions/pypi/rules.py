"""Python's VersionRules: what pip would take of one package, alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from tgtui.versions.pypi.order import is_prerelease, parsed, sort_key
from tgtui.versions.pypi.ranges import InvalidRange, applicable, specifier_of
from tgtui.versions.rules import LATEST, NotPicked, Picked, highest

URL = re.compile(r"@\s*(\S+)(?:\s.*)?")
"""A requirement that names an address in place of versions."""
CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


class PypiIndex:
    """A package's versions."""

    __slots__ = ("_latest", "_readable", "_yanked", "versions")

    def __init__(
        self, versions: Iterable[str], dist_tags: Mapping[str, str], yanked: Collection[str]
    ) -> None:
        self.versions = dict.fromkeys(versions)
        self._yanked = frozenset(yanked)
        read = [(version, text) for text in self.versions if (version := parsed(text))]
        self._readable = sorted(read, key=lambda each: each[0], reverse=True)
        tagged = dist_tags.get(LATEST)
        self._latest = tagged if tagged in self.versions else None

    def __len__(self) -> int:
        return len(self.versions)

    def latest(self) -> str | None:
        """What pip takes on the machine of the settings; else the highest release that is not yanked."""
        if self._latest is not None:
            return self._latest
        return highest(self.versions, self._yanked, sort_key, is_prerelease)

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """The highest version that pip would try for this specifier alone."""
        text = wanted.strip()
        if text == LATEST and self._latest is not None:
            return Picked(self._latest)
        try:
            asked = specifier_of(text)
        except InvalidRange as error:
            return NotPicked(str(error), "UNSUPPORTED")
        left = applicable(
            asked, self._readable, lambda each: each[0], lambda each: each[1] in self._yanked
        )
        if left:
            return Picked(left[0][1])
        return NotPicked(f"No published version matches {text[:80]!r}.", "ETARGET")


class PypiRules:
    """See `docs/resolution.md`."""

    def sort_key(self, version: str) -> bytes:
        return sort_key(version)

    def is_prerelease(self, version: str) -> bool:
        return is_prerelease(version)

    def index(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        yanked: Collection[str],
        engines_node: Mapping[str, str],
    ) -> PypiIndex:
        return PypiIndex(versions, dist_tags, yanked)

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """The address of `@ https://…`, without credentials."""
        match = URL.fullmatch(wanted.strip())
        return CREDENTIALS.sub("", match[1]) if match else None
