"""Shared rules of registries whose client takes only one version of a package: the candidate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from tgtui.versions.npm.pick import LATEST, NotPicked
from tgtui.versions.rules import highest


class CandidateIndex:
    """The versions of one package; the candidate is the one tagged `latest`, else the highest."""

    __slots__ = ("candidate", "versions")

    def __init__(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        yanked: Collection[str],
        sort_key: Callable[[str], bytes],
    ) -> None:
        self.versions = dict.fromkeys(versions)
        tagged = dist_tags.get(LATEST)
        found = highest(self.versions, yanked, sort_key, lambda version: False)
        self.candidate = tagged if tagged in self.versions else found

    def __len__(self) -> int:
        return len(self.versions)

    def latest(self) -> str | None:
        return self.candidate


class CandidateRules:
    """The part of VersionRules that does not depend on the order of versions."""

    def is_prerelease(self, version: str) -> bool:
        """Never: every version in the index is meant to be installed."""
        return False

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """Never: nothing leads out of such a registry."""
        return None
