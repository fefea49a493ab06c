"""Questions about what a project has locked: why is it there, what is there twice, what do two projects share?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from tgtui.data.views.projects import ProjectContents, ProjectEdge, ProjectPackage

MAX_STEPS = 200_000
"""Of paths that are tried."""


class Way(Struct, frozen=True):
    """A path from a workspace to a package."""

    packages: tuple[int, ...]
    edges: tuple[ProjectEdge, ...]
    """One fewer."""


class Duplicate(Struct, frozen=True):
    """A package that is locked in several versions."""

    registry: str
    name: str
    versions: tuple[tuple[str, tuple[int, ...]], ...]
    """Each version with the positions of what uses it."""


class LockedGraph:
    """The edges of a project from both ends."""

    def __init__(self, contents: ProjectContents) -> None:
        self.contents = contents

    @cached_property
    def below(self) -> Mapping[int, Sequence[ProjectEdge]]:
        """What each package uses, by name."""
        found: dict[int, list[ProjectEdge]] = defaultdict(list)
        for edge in self.contents.edges:
            found[edge.dependent].append(edge)
        packages = self.contents.packages
        for edges in found.values():
            edges.sort(key=lambda edge: (edge.type == "dev", packages[edge.dependency].name))
        return found

    @cached_property
    def above(self) -> Mapping[int, Sequence[ProjectEdge]]:
        """What uses each package."""
        found: dict[int, list[ProjectEdge]] = defaultdict(list)
        for edge in self.contents.edges:
            found[edge.dependency].append(edge)
        return found

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """Workspaces; of a file that names none, what nothing else uses."""
        packages = self.contents.packages
        with_root = {each.path for each in packages if each.is_workspace}
        return tuple(
            position
            for position, each in enumerate(packages)
            if each.is_workspace or (each.path not in with_root and position not in self.above)
        )

    def named(
        self, name: str, *, registry: str | None = None, version: str | None = None
    ) -> list[int]:
        """Positions of a package, in any version unless one is given."""
        return [
            position
            for position, each in enumerate(self.contents.packages)
            if each.name == name
            and not each.is_workspace
            and (registry is None or each.registry == registry)
            and (version is None or each.version == version)
        ]

    def ways(self, target: int, limit: int) -> tuple[list[Way], bool]:
        """The shortest paths from any root, and whether there are more. Each goes through a package once."""
        roots = set(self.roots)
        found: list[Way] = []
        visits: dict[int, int] = defaultdict(int)
        waiting: list[tuple[ProjectEdge, ...]] = [()]
        steps = 0
        for edges in waiting:
            steps += 1
            at = edges[0].dependent if edges else target
            if at in roots and (edges or at == target):
                if len(found) == limit:
                    return found, True
                found.append(Way((*(edge.dependent for edge in edges), target), edges))
                continue
            visits[at] += 1
            if visits[at] > limit or steps > MAX_STEPS:
                continue
            passed = {edge.dependency for edge in edges}
            waiting += (
                (edge, *edges)
                for edge in self.above.get(at, ())
                if edge.dependent not in passed and edge.dependent != target
            )
        return found, False

    def duplicates(self) -> list[Duplicate]:
        """By name; workspaces and what has no version are none."""
        versions: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
        for position, each in enumerate(self.contents.packages):
            if each.source == "registry" and each.version is not None:
                versions[each.registry, each.name].setdefault(each.version, []).append(position)
        return [
            Duplicate(
                registry,
                name,
                tuple(
                    (version, tuple(self._users(positions)))
                    for version, positions in sorted(of.items())
                ),
            )
            for (registry, name), of in sorted(versions.items())
            if len(of) > 1
        ]

    def asked_of(self, registry: str, name: str, version: str) -> list[tuple[str, str]]:
        """(dependent, range) of all that use a package in a version, where the lock file says the range."""
        return sorted(
            {
                (self.contents.packages[edge.dependent].label, edge.range)
                for position in self.named(name, registry=registry, version=version)
                for edge in self.above.get(position, ())
                if edge.range
            }
        )

    def _users(self, positions: Sequence[int]) -> Iterator[int]:
        seen: set[int] = set()
        for position in positions:
            for edge in self.above.get(position, ()):
                if edge.dependent not in seen:
                    seen.add(edge.dependent)
                    yield edge.dependent


class Shared(Struct, frozen=True):
    """A package that two projects have."""

    registry: str
    name: str
    mine: tuple[str, ...]
    """Versions in the one."""
    others: tuple[str, ...]
    """Versions in the other."""

    @property
    def is_same(self) -> bool:
        return self.mine == self.others


def shared_between(one: ProjectContents, other: ProjectContents) -> list[Shared]:
    """Different versions first, then by name."""
    mine, theirs = _versions(one.packages), _versions(other.packages)
    both = [
        Shared(*key, tuple(sorted(mine[key])), tuple(sorted(theirs[key])))
        for key in mine.keys() & theirs.keys()
    ]
    return sorted(both, key=lambda each: (each.is_same, each.name, each.registry))


def _versions(packages: Sequence[ProjectPackage]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in packages:
        if each.source == "registry":
            found[each.registry, each.name].add(each.version or "?")
    return found
