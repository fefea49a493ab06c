"""Shared rules of registries whose client takes only one version of a package: the candidate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from tgtui.versions.rules import LATEST, NotPicked, VersionIndex, highest


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
    """VersionRules of such a registry."""

    def __init__(
        self,
        sort_key: Callable[[str], bytes],
        make_index: Callable[
            [Iterable[str], Mapping[str, str], Collection[str], Callable[[str], bytes]],
            VersionIndex,
        ],
    ) -> None:
        """`sort_key` orders versions; `make_index` is the registry's kind of CandidateIndex."""
        self._sort_key = sort_key
        self._make_index = make_index

    def sort_key(self, version: str) -> bytes:
        return self._sort_key(version)

    def is_prerelease(self, version: str) -> bool:
        """Never: every version in the index is meant to be installed."""
        return False

    def index(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        yanked: Collection[str],
        engines_node: Mapping[str, str],
    ) -> VersionIndex:
        return self._make_index(versions, dist_tags, yanked, self._sort_key)

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """Never: nothing leads out of such a registry."""
        return None
