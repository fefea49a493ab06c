"""npm's VersionRules: semver, node's ranges, and specifiers that lead out of the registry.

What npm refuses (`workspace:`, `catalog:`, `link:` ...) leads nowhere: in a published document it is a mistake of its author.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tgtui.versions.npm.pick import PickIndex
from tgtui.versions.npm.semver import is_prerelease, sort_key
from tgtui.versions.npm.specifier import parse_specifier
from tgtui.versions.rules import NotPicked

OUTSIDE = ":/"
"""Signs that no version has: a specifier with one of them can't be mistaken for a version."""


class NpmRules:
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
    ) -> PickIndex:
        return PickIndex(versions, dist_tags, yanked, engines_node)

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """The specifier itself; `pkg.tgz` and `..` in npm's long form, which no version looks like."""
        specifier = parse_specifier(declared_name, wanted)
        if specifier.registry is not None:
            return None
        if specifier.kind in ("invalid", "unsupported"):
            return NotPicked(specifier.error or "The specifier can't be read.", "UNSUPPORTED")
        return wanted if any(sign in wanted for sign in OUTSIDE) else f"file:{wanted}"
