"""The closures of all versions of a registry whose client takes what is being installed anyway, from one reading.

For those who ask for very many of them. Most closures are what edges lead to by themselves: `can_differ` tells of
which that is not certain, and only those need `closure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.graph.choosing.root import (
    OPTIONAL,
    Chosen,
    Groups,
    Named,
    ReadEdge,
    choose,
)
from tgtui.data.graph.choosing.straight import Straight
from tgtui.data.models.live import DELETED_PACKAGES, is_here
from tgtui.data.models.tables import package_dependencies, package_versions, packages
from tgtui.data.storage.sql import hexadecimal
from tgtui.data.versions.edges import installed
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.indexes.alternatives import Alternative, unpacked

ROWS_AT_ONCE = 2_000


class _Part:
    """What one root reaches, by the numbers of all versions."""

    def __init__(self, whole: Choices, root: int, reached: set[int]) -> None:
        self.root = root
        self.reached = reached
        self.keys, self.names = whole.keys, whole.names
        self.loaded, self.yanked = whole.loaded, whole.yanked
        self.edges, self.alternatives = whole.edges, whole.alternatives
        self.groups = whole.groups
        self._whole = whole

    def number_of(self, named: Named) -> int | None:
        number = self._whole.named.get(named)
        return number if number in self.reached else None

    def conflicts_of(self, number: int) -> Sequence[int]:
        told = self._whole.excluded.get(number, ())
        return [other for other in told if other in self.reached] if told else ()

    def rivals(self) -> list[int]:
        others = self._whole.versions_called(self.names[self.root][0])
        return [other for other in others if other != self.root and other in self.reached]

    def has(self, id: UUID) -> bool:
        return self._whole.numbers.get(id.hex) in self.reached


class Choices:
    """All versions of one registry with what they need, in memory: about a kilobyte each."""

    def __init__(self, connection: Connection, registry: str) -> None:
        v = package_versions
        rows = connection.execute(
            select(
                hexadecimal(v.c.id),
                packages.c.name,
                v.c.version,
                v.c.dependencies_fetched_at.is_not(None),
                v.c.is_yanked,
                v.c.conflicts,
            )
            .join(packages, packages.c.id == v.c.package_id)
            .where(packages.c.registry == registry, packages.c.deleted_at.is_(None))
        )
        self.keys: list[str] = []
        """The id of each version, 32 hexadecimal digits."""
        self.names: list[Named] = []
        self.loaded: list[bool] = []
        self.yanked: list[bool] = []
        self.conflicts: dict[int, list[Alternative]] = {}
        for some in rows.partitions(ROWS_AT_ONCE):
            for key, name, version, is_loaded, is_yanked, conflicts in some:
                if conflicts:
                    self.conflicts[len(self.keys)] = unpacked(conflicts)
                self.keys.append(key.lower())
                self.names.append((name, version))
                self.loaded.append(bool(is_loaded))
                self.yanked.append(bool(is_yanked))
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.named = {name: number for number, name in enumerate(self.names)}
        self._called: dict[str, list[int]] = {}
        for number, (name, _version) in enumerate(self.names):
            self._called.setdefault(name, []).append(number)
        self.edges: list[list[ReadEdge]] = [[] for _ in self.keys]
        self._targets: list[list[int]] = [[] for _ in self.keys]
        self.alternatives: dict[str, list[Alternative]] = {}
        self.groups = Groups(self.edges, self.alternatives, self.named)
        """Of each version, with all alternatives."""
        self.excluded: dict[int, list[int]] = {}
        """What can't be beside a version."""
        for number, told in self.conflicts.items():
            numbers = map(self._numbered, told)
            self.excluded[number] = [other for other in numbers if other is not None]
        self._read_edges(connection, registry)

    def _read_edges(self, connection: Connection, registry: str) -> None:
        e = package_dependencies
        rows = connection.execute(
            select(
                hexadecimal(e.c.id),
                hexadecimal(e.c.version_id),
                hexadecimal(e.c.resolved_version_id),
                e.c.dependency_package_id.in_(DELETED_PACKAGES),
                e.c.dependency_type,
                e.c.resolved_version,
                e.c.alternatives,
            )
            .join(packages, packages.c.id == e.c.package_id)
            .where(packages.c.registry == registry, is_here(e.c.package_id), installed(e.c))
        )
        for some in rows.partitions(ROWS_AT_ONCE):
            for id, source, target, is_deleted, kind, resolved, alternatives in some:
                number = self.numbers.get(source.lower())
                if number is None:
                    continue
                at = None if is_deleted or not target else self.numbers.get(target.lower())
                is_required = not kind.startswith(OPTIONAL)
                edge = ReadEdge(id.lower(), is_required, resolved == UNRESOLVED, at)
                self.edges[number].append(edge)
                if alternatives:
                    self.alternatives[edge.key] = unpacked(alternatives)
        for number, edges in enumerate(self.edges):
            edges.sort()
            self._targets[number] = [e.target for e in edges if e.target is not None]
        self.straight = Straight()
        for number, edges in enumerate(self.edges):
            self.straight.add(
                [(edge.target, self._others(edge)) for edge in edges],
                self.excluded.get(number, ()),
                is_hindered=any(
                    edge.is_required
                    and edge.target is None
                    and (edge.is_hopeless or edge.key in self.alternatives)
                    for edge in edges
                ),
            )

    def _others(self, edge: ReadEdge) -> tuple[int, ...]:
        """What else satisfies it, what is chosen for it first."""
        told = sorted(self.alternatives.get(edge.key, ()), key=lambda each: not each[2])
        numbers = map(self._numbered, told)
        return tuple(n for n in numbers if n is not None and n != edge.target)

    def _numbered(self, named: Alternative) -> int | None:
        return self.named.get((named[0], named[1]))

    def versions_called(self, name: str) -> Sequence[int]:
        """Of one package."""
        return self._called.get(name, ())

    def called(self) -> list[int]:
        """Of each version the number of its package."""
        numbers = {name: number for number, name in enumerate(self._called)}
        return [numbers[name] for name, _version in self.names]

    def doubts(self) -> Iterator[tuple[int, int]]:
        """Pairs of versions that only one closure has both of if it may differ from what edges lead to.

        A version that is paired with itself makes any closure doubtful. If a closure has no such pair, and no other
        version of its root's package, each group is satisfied by its first choice alone and nothing conflicts: the
        walk marks all that is reached.
        """
        for number, edges in enumerate(self.edges):
            for edge in edges:
                if edge.is_required and edge.target is None and edge.is_hopeless:
                    yield number, number
                for name, version, _is_choice in self.alternatives.get(edge.key, ()):
                    other = self.named.get((name, version))
                    if other is not None and other != edge.target:
                        yield number, other
        for number, others in self.excluded.items():
            yield from ((number, other) for other in others)

    def tree(self, number: int) -> tuple[list[int], int, int]:
        """The versions of its closure by number, itself first and then those it needs directly; how many these are;
        and the distance of the farthest. By the whole walk, from this root alone."""
        found = self._chosen(number)
        marked, groups = found.marks.marked, self.groups
        level = {number: 0}
        order = [number]
        direct = 0
        for each in order:  # grows meanwhile
            below = level[each] + 1
            for group in groups[each]:
                target = group.target
                if target not in marked:
                    target, _cause = found.end_of(group)
                if target is not None and target not in level:
                    level[target] = below
                    order.append(target)
            direct = direct or len(order) - 1
        return order, direct, level[order[-1]]

    def _chosen(self, number: int) -> Chosen:
        found = choose(UUID(hex=self.keys[number]), self._reading, self._ids)
        assert found is not None, "it is one of those that were read"
        return found

    def _reading(self, roots: Sequence[UUID]) -> _Part:
        order = [self.numbers[root.hex] for root in roots]
        reached = set(order)
        for number in order:  # grows meanwhile
            for target in self._targets[number]:
                if target not in reached:
                    reached.add(target)
                    order.append(target)
        return _Part(self, order[0], reached)

    def _ids(self, wanted: Iterable[Named]) -> list[UUID]:
        found = (self.named.get(name) for name in sorted(wanted))
        return [UUID(hex=self.keys[number]) for number in found if number is not None]
