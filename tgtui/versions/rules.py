"""The protocol of a registry's version rules: order, prereleases, and the version that a range chooses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal, Protocol

from msgspec import Struct

LATEST = "latest"
"""The dist-tag used if nothing else is asked for."""

NotPickedCode = Literal["ETARGET", "ENOVERSIONS", "UNSUPPORTED"]


class Picked(Struct, frozen=True):
    """The choice of the registry's own client."""

    version: str
    """As the registry's document spells it."""


class NotPicked(Struct, frozen=True):
    """The client would fail here."""

    reason: str
    """A sentence."""
    code: NotPickedCode
    """ETARGET: no such version or tag. ENOVERSIONS: the package has none. UNSUPPORTED: not from a registry."""


class VersionIndex(Protocol):
    """One package's versions, prepared for many picks; immutable, so threads may share it."""

    @property
    def versions(self) -> Mapping[str, None]:
        """As an ordered set."""
        ...

    def __len__(self) -> int: ...

    def latest(self) -> str | None:
        """The version used by default; None if there is none."""
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
        """Whether `latest` skips it."""
        ...

    def index(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        yanked: Collection[str],
        engines_node: Mapping[str, str],
    ) -> VersionIndex:
        """The index of one package's versions, in its document's order."""
        ...

    def elsewhere(self, declared_name: str, wanted: str) -> str | NotPicked | None:
        """The answer for a range that leads out of the registry (git, file, URL): its own resolution, or why it
        can't be used. None if the registry must be asked."""
        ...


def highest(
    versions: Collection[str],
    yanked: Collection[str],
    sort_key: Callable[[str], bytes],
    is_prerelease: Callable[[str], bool],
) -> str | None:
    """The highest release that is not yanked, else the highest version; None if there is none at all."""
    steady = [v for v in versions if v not in yanked and not is_prerelease(v)]
    return max(steady or versions, key=sort_key, default=None)
