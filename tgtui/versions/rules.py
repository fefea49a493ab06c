"""What a registry's version rules answer: order, prereleases, and which version a declared range chooses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from tgtui.versions.npm.pick import NotPicked, Picked


class VersionIndex(Protocol):
    """One package's versions, made ready for many picks; never changes, threads may share it."""

    @property
    def versions(self) -> Mapping[str, None]:
        """As an ordered set."""
        ...

    def __len__(self) -> int: ...

    def latest(self) -> str | None:
        """What stands for the package where nothing else is asked for; None where it has no version."""
        ...

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """The choice of the registry's own client. `node_version` matters to npm alone."""
        ...


class VersionRules(Protocol):
    """How one registry's versions are ordered and chosen. Pure: no network, no database."""

    def sort_key(self, version: str) -> bytes:
        """Bytes that compare as the versions do; different for different versions."""
        ...

    def is_prerelease(self, version: str) -> bool:
        """Whether `latest` passes it over."""
        ...

    def index(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        yanked: Collection[str],
        engines_node: Mapping[str, str],
    ) -> VersionIndex:
        """Of the versions of one package, in its document's order."""
        ...

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """What a range stands for that leads out of the registry (git, file, URL): its own resolution, or
        why it can't be used. None where the registry is to be asked."""
        ...


def highest(
    versions: Collection[str],
    yanked: Collection[str],
    sort_key: Callable[[str], bytes],
    is_prerelease: Callable[[str], bool],
) -> str | None:
    """The highest release that is not yanked, else the highest version; None where there is none at all."""
    steady = [v for v in versions if v not in yanked and not is_prerelease(v)]
    return max(steady or versions, key=sort_key, default=None)
