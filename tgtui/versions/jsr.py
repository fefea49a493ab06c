"""jsr's VersionRules: the highest version that a constraint admits, a yanked one only if there is no other.

Source: deno_graph (`JsrPackageInfo` resolution) and deno_semver (constraints in specifiers): a partial
version, one with `~` or `^` before it, or a tag; nothing else. Prereleases as in node's ranges.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from tgtui.versions.npm.ranges import MAX_RANGE_CHARS, InvalidRange, compile_range
from tgtui.versions.npm.semver import is_prerelease, parse_version, sort_key
from tgtui.versions.rules import LATEST, NotPicked, Picked, highest

ANY = "*"
CONSTRAINT = re.compile(
    r"[~^]?v?(?:[0-9]+|[xX*])(?:\.(?:[0-9]+|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
"""What jsr accepts after the @ of a specifier: no blanks, no `>=`, no `||`."""
MAX_NAME_CHARS = 100
"""Characters of a scope or a package; jsr itself allows fewer."""
NAME = re.compile(r"@([a-z0-9-]+)/([a-z0-9-]+)")


class JsrIndex:
    """A package's versions, highest first, yanked ones separate."""

    __slots__ = ("_latest", "_unyanked", "_yanked", "versions")

    def __init__(
        self, versions: Iterable[str], dist_tags: Mapping[str, str], yanked: Collection[str]
    ) -> None:
        self.versions = dict.fromkeys(versions)
        parsed = [version for text in self.versions if (version := parse_version(text))]
        parsed.sort(key=lambda version: sort_key(version), reverse=True)
        self._unyanked = [version for version in parsed if version.text not in yanked]
        self._yanked = [version for version in parsed if version.text in yanked]
        tagged = dist_tags.get(LATEST)
        self._latest = tagged if tagged in self.versions else None

    def __len__(self) -> int:
        return len(self.versions)

    def latest(self) -> str | None:
        """The tag `latest`, which jsr calculates; else the highest release that is not yanked."""
        if self._latest is not None:
            return self._latest
        yanked = {version.text for version in self._yanked}
        return highest(self.versions, yanked, sort_key, is_prerelease)

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """The highest unyanked version the constraint admits, else the highest yanked one."""
        text = wanted.strip() or ANY
        if text == LATEST and self._latest is not None:
            return Picked(self._latest)
        if len(text) > MAX_RANGE_CHARS:
            reason = f"It is too long to be read: more than {MAX_RANGE_CHARS:,} characters."
            return NotPicked(reason, "UNSUPPORTED")
        if not CONSTRAINT.fullmatch(text):
            return NotPicked(f"{text[:80]!r} is not a constraint that jsr accepts.", "UNSUPPORTED")
        try:
            range_ = compile_range(text, loose=False)
        except InvalidRange:
            return NotPicked(f"{text[:80]!r} is not a version constraint.", "UNSUPPORTED")
        for candidates in (self._unyanked, self._yanked):
            found = next(filter(range_.admits, candidates), None)
            if found is not None:
                return Picked(found.text)
        return NotPicked(f"No published version matches {text[:80]!r}.", "ETARGET")


class JsrRules:
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
    ) -> JsrIndex:
        return JsrIndex(versions, dist_tags, yanked)

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        return None


def jsr_name_problem(name: str) -> str | None:
    """Why no jsr package can have this name, a sentence; None if one can."""
    match = NAME.fullmatch(name)
    if match is None:
        return "A jsr package is written @scope/name, with lower-case letters, digits and hyphens."
    if any(part.startswith("-") or part.endswith("-") for part in match.groups()):
        return "Neither the scope nor the name begins or ends with a hyphen."
    if max(map(len, match.groups())) > MAX_NAME_CHARS:
        return f"The scope or the name has more than {MAX_NAME_CHARS} characters."
    return None
