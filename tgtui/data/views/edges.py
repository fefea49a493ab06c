"""Dependencies of versions, from either end, and totals of a tree of them. Registry text in them is still hostile."""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from tgtui.data.views.advisories import Worst
from tgtui.registries.registration import registration

UNRESOLVED = "unresolved"
"""`resolved_version` of an edge for which no published version could be chosen."""
NOT_LOOKED_UP = "Not looked up: an install does not bring it, and it is not in the catalogue."
"""`resolution_error` of an edge that is unresolved only because no one needed to know."""

Use = Literal["runtime", "optional", "peer", "suggested", "dev"]
"""How a package uses another. An install follows the first three: apt's Recommends count as optional, and so do
Homebrew's recommended dependencies. `suggested` are optional peers, apt's Suggests, what macOS has already; `dev` is
what only building, testing or developing the package needs."""
USES: tuple[Use, ...] = get_args(Use)
"""The most binding first: of several uses the first one counts."""


def is_own_resolution(registry: str, resolved_version: str) -> bool:
    """Whether a git, file or URL specifier stands in place of a published version."""
    has_sign = ":" in resolved_version or "/" in resolved_version
    return has_sign and registration(registry).admits_sources


class Edge(Struct, frozen=True):
    """One dependency of one version, with what is known about its target."""

    id: UUID
    registry: str
    """Of the target."""
    name: str
    declared_name: str | None
    """The alias it is installed under, if it differs from `name`."""
    range: str
    resolved_version: str
    """The chosen version; the specifier itself for git, file, URL; or `unresolved`."""
    resolved_version_id: UUID | None
    package_id: UUID | None
    """None while the target is not in the catalogue."""
    resolution_error: str | None
    """Why it is unresolved, a sentence."""
    type: str
    """runtime, dev, peer, optional."""
    source_field: str
    is_optional: bool
    is_yanked: bool
    """The resolved version is deprecated or yanked."""
    is_outdated: bool
    """The target's latest version is higher than the resolved one."""
    is_loaded: bool
    """The resolved version's own dependencies are stored."""
    child_count: int
    """The number of the resolved version's edges that an install follows."""
    is_left_out: bool = False
    """Unresolved only in the tree it was read for, where it would not go with the rest; `resolution_error` says why."""
    worst: Worst | None = None
    """Advisories about the resolved version; None if none is known."""

    @property
    def is_unresolved(self) -> bool:
        """No published version satisfies the range, or it was not looked up; `resolution_error` says why."""
        return self.resolved_version == UNRESOLVED

    @property
    def is_not_looked_up(self) -> bool:
        """Unresolved, but not an error: no install brings its package, and the catalogue does not have it."""
        return self.is_unresolved and self.resolution_error == NOT_LOOKED_UP

    @property
    def is_external(self) -> bool:
        """A git, file or URL specifier: there is nothing to fetch from a registry."""
        return is_own_resolution(self.registry, self.resolved_version)

    @property
    def is_missing(self) -> bool:
        """The chosen version is not in the catalogue yet."""
        return self.resolved_version_id is None and not (self.is_unresolved or self.is_external)


class UsedBy(Struct, frozen=True):
    """How many packages in the catalogue use one: each is counted once, by its most binding use in any version."""

    runtime: int = 0
    optional: int = 0
    peer: int = 0
    """Required ones."""
    suggested: int = 0
    dev: int = 0

    @property
    def installed(self) -> int:
        """Those whose install brings it."""
        return self.runtime + self.optional + self.peer

    @property
    def total(self) -> int:
        return self.installed + self.suggested + self.dev


class Dependent(Struct, frozen=True):
    """A package in the catalogue that uses the one in question, in its highest version that does."""

    package_id: UUID
    version_id: UUID
    registry: str
    name: str
    version: str
    range: str
    resolved_version: str
    type: str
    use: Use
    """The most binding one of any version."""
    other_versions: int
    """How many more of its versions known here use it, in whatever way."""


class DependentPage(Struct, frozen=True):
    """Dependents: those whose install brings the package, then those that suggest it, then those that use it for
    development only; each by name."""

    rows: tuple[Dependent, ...]
    next_cursor: str | None


class TreeTotals(Struct, frozen=True):
    """Counts over the whole closure of a version."""

    packages: int
    """Different versions reached, without the root."""
    depth: int
    """The longest of the shortest paths from the root, in edges."""
    repeated: int
    """Edges that lead to a version another edge already reached."""
    unresolved: int
    missing: int
    """Edges whose target is not in the catalogue yet."""
    not_loaded: int
    """Versions reached whose own dependencies are not stored."""
    deprecated: int
    """Versions reached that are deprecated or yanked."""
    clashes: int = 0
    """Pairs of versions that can't be installed together: the client would go back on a choice."""
    severities: tuple[int, ...] = ()
    """Of each flaw of each version, the root's too: places in SEVERITIES, the worst first."""
    threatening: tuple[int, bool] = (0, False)
    """Paths from the root to versions with a flaw, and whether there are more."""
