"""The closures of all versions of a registry whose client takes what is being installed anyway, from one reading.

For those who ask for very many of them. Most closures are what edges lead to by themselves: `can_differ` tells of
which that is not certain, and only those need `closure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select

from tgtui.data.graph.choosing.marking import Group
from tgtui.data.graph.choosing.root import (
    OPTIONAL,
    Chosen,
    Named,
    choose,
)
from tgtui.data.graph.choosing.straight import Choice, Straight
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
        self.groups = whole.groups
        self._whole = whole

    def alternatives_of(self, number: int, place: int) -> list[Alternative]:
        return self._whole.alternatives.get((number, place), [])

    def number_of(self, named: Named) -> int | None:
        number = self._whole.named.get(named)
        return number if number in self.reached else None

    def conflicts_of(self, number: int) -> Sequence[int]:
        told = self._whole.excluded.get(number, ())
        return [other for other in told if other in self.reached] if told else ()

    def rivals(self) -> list[int]:
        others = self._whole.versions_called(self._whole.names[self.root][0])
        return [other for other in others if other != self.root and other in self.reached]

    def has(self, id: UUID) -> bool:
        return self._whole.numbers.get(id.hex) in self.reached


class _Alternatives(NamedTuple):
    """One text of them."""

    told: list[Alternative]
    others: tuple[int, ...]
    """Versions that may be taken, in order."""
    unchosen: tuple[int, ...]


_Edge: TypeAlias = tuple[str, int | None, bool, bool, str | None]
"""Its id, by which edges are in the order of the document; where it leads; whether it is required, and hopeless; its
alternatives."""


class Choices:
    """All versions of one registry with what they need, in memory: about a kilobyte each."""

    def __init__(self, connection: Connection, registry: str) -> None:
        v = package_versions
        rows = connection.execute(
            select(hexadecimal(v.c.id), packages.c.name, v.c.version, v.c.conflicts)
            .join(packages, packages.c.id == v.c.package_id)
            .where(packages.c.registry == registry, packages.c.deleted_at.is_(None))
        )
        self.keys: list[str] = []
        """The id of each version, 32 hexadecimal digits."""
        self.names: list[Named] = []
        told: dict[int, str] = {}
        for some in rows.partitions(ROWS_AT_ONCE):
            for key, name, version, conflicts in some:
                if conflicts:
                    told[len(self.keys)] = conflicts
                self.keys.append(key)
                self.names.append((name, version))
        by_key = {key: number for number, key in enumerate(self.keys)}
        self.keys = [key.lower() for key in self.keys]
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.named = {name: number for number, name in enumerate(self.names)}
        self._called: dict[str, list[int]] = {}
        for number, (name, _version) in enumerate(self.names):
            self._called.setdefault(name, []).append(number)
        self.excluded = {number: self._excluded(text) for number, text in told.items()}
        """What can't be beside a version."""
        self.groups: list[list[Group]] = []
        """What each version needs, in the order of the document, with all alternatives."""
        self.alternatives: dict[tuple[int, int], list[Alternative]] = {}
        """By version, and place in its groups."""
        self._targets: list[list[int]] = []
        self.straight = Straight()
        self._keep(_edges(connection, registry, by_key))

    def _keep(self, edges: list[list[_Edge]]) -> None:
        """The edges of all versions."""
        unpackings: dict[str, _Alternatives] = {}
        for number, mine in enumerate(edges):
            mine.sort()
            groups: list[Group] = []
            choices: list[Choice] = []
            for place, (_id, target, is_required, is_hopeless, text) in enumerate(mine):
                if text is None:
                    groups.append(Group(is_required, target, is_hopeless=is_hopeless))
                    choices.append((target, ()))
                    continue
                told = unpackings.get(text)
                if told is None:
                    told = unpackings[text] = self._alternatives(text)
                self.alternatives[number, place] = told.told
                groups.append(Group(is_required, target, told.others, told.unchosen, is_hopeless))
                others = (*told.others, *told.unchosen)
                choices.append((target, tuple(n for n in others if n != target)))
            self.groups.append(groups)
            self._targets.append([group.target for group in groups if group.target is not None])
            self.straight.add(
                choices,
                self.excluded.get(number, ()),
                is_hindered=any(
                    group.target is None
                    and group.is_required
                    and (group.is_hopeless or (number, place) in self.alternatives)
                    for place, group in enumerate(groups)
                ),
            )

    def _alternatives(self, text: str) -> _Alternatives:
        told = unpacked(text)
        found = [(self._numbered(each), each[2]) for each in told]
        return _Alternatives(
            told,
            tuple(number for number, is_choice in found if number is not None and is_choice),
            tuple(number for number, is_choice in found if number is not None and not is_choice),
        )

    def _excluded(self, text: str) -> list[int]:
        return [number for number in map(self._numbered, unpacked(text)) if number is not None]

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
        for number, groups in enumerate(self.groups):
            for group in groups:
                if group.target is None and group.is_required and group.is_hopeless:
                    yield number, number
                for others in (group.others, group.unchosen):
                    yield from ((number, other) for other in others if other != group.target)
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

    def _chosen(self, number: int) -> Chosen[_Part]:
        found: Chosen[_Part] | None = choose(UUID(hex=self.keys[number]), self._reading, self._ids)
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


def _edges(connection: Connection, registry: str, numbers: Mapping[str, int]) -> list[list[_Edge]]:
    """Of each version, in no order. `numbers` are by id as the database tells it."""
    e = package_dependencies
    rows = connection.execute(
        select(
            hexadecimal(e.c.id),
            hexadecimal(e.c.version_id),
            hexadecimal(e.c.resolved_version_id),
            e.c.dependency_package_id.in_(DELETED_PACKAGES),
            e.c.dependency_type,
            e.c.resolved_version == UNRESOLVED,
            e.c.alternatives,
        )
        .join(packages, packages.c.id == e.c.package_id)
        .where(packages.c.registry == registry, is_here(e.c.package_id), installed(e.c))
    )
    found: list[list[_Edge]] = [[] for _ in numbers]
    for some in rows.partitions(ROWS_AT_ONCE):
        for id, source, target, is_deleted, kind, is_hopeless, alternatives in some:
            number = numbers.get(source)
            if number is not None:
                at = None if is_deleted else numbers.get(target)
                is_required = kind[0] != OPTIONAL
                found[number].append((id, at, is_required, is_hopeless, alternatives or None))
    return found
