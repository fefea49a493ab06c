"""A version with all it reaches, in memory: small numbers and lists, and what is computed from them.

No SQL and no recursion here: a chain may be of any depth, and cycles are normal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tgtui.data.views.edges import UNRESOLVED

EdgeT = TypeVar("EdgeT")
"""What holds an edge's facts: an `Edge` of a tree, or one of an outline."""


class Rerouted(Struct, frozen=True):
    """Where an edge leads in one closure, if that is not where it leads by itself."""

    id: UUID | None
    """The version that serves here; None if the edge is left out."""
    name: str
    """Of that package."""
    version: str
    reason: str | None = None
    """Why it is left out, a sentence."""
    is_added: bool = False
    """It is followed in this closure only: something asks for the extra that it belongs to."""

    @property
    def is_left_out(self) -> bool:
        return self.id is None

    def applied_to(self, edge: EdgeT, **facts: Any) -> EdgeT:
        """An edge as it is in this closure; `facts` are those of the version that serves."""
        former: Any = edge
        if self.is_added:
            facts = {**facts, "type": "runtime", "is_optional": False}
        changed: EdgeT = replace(
            former,
            name=self.name or former.name,
            declared_name=self.declared_name(former.declared_name, former.name, former.range),
            range=self.range(former.name, former.range),
            resolved_version=self.version or UNRESOLVED,
            resolution_error=self.reason,
            is_left_out=self.is_left_out,
            **facts,
        )
        return changed

    def declared_name(self, declared_name: str | None, name: str, range: str) -> str | None:
        """What the edge is written as, if that is not the name of what serves."""
        if declared_name is not None or self.is_left_out or name == self.name:
            return declared_name
        return f"{name} ({range})" if range else name

    def range(self, name: str, range: str) -> str:
        """What is asked of what serves; a provider's own version is not asked for."""
        return range if self.is_left_out or name == self.name else ""


class Closure(Struct, frozen=True, dict=True):
    """Versions by number: the roots first (a single root is 0), the rest in no particular order.

    It may also be read upwards, from a version to its dependents; then these are the `targets`.
    """

    keys: list[str]
    """The id of each version, 32 hexadecimal digits."""
    targets: list[list[int]]
    """Where the edges of each version lead; a version that two edges lead to is listed twice."""
    open_ends: list[int]
    """How many edges of each version have no target here: missing, unresolved, or from outside a registry."""
    loaded: Sequence[bool]
    """The version's own dependencies are stored."""
    yanked: Sequence[bool]
    """It is deprecated or yanked."""
    roots: int = 1
    """How many of the first versions are roots."""
    _numbers: dict[str, int] = field(default_factory=dict)
    rerouted: Mapping[UUID, Rerouted] = field(default_factory=dict)
    """By the edge's id: what is decided only by what else the root brings (`choosing.py`)."""
    clashes: tuple[tuple[int, int], ...] = ()
    """Versions that can't be installed together: the client would go back on a choice."""

    def __len__(self) -> int:
        return len(self.keys)

    def id_of(self, number: int) -> UUID:
        return UUID(hex=self.keys[number])

    @cached_property
    def ids(self) -> Sequence[UUID]:
        """The ids of all versions, by number."""
        return [UUID(int=int(key, 16)) for key in self.keys]

    def number_of(self, id: UUID | None) -> int | None:
        """The version's number; None if it is not reached."""
        return None if id is None else self._numbers.get(id.hex)

    @cached_property
    def edge_count(self) -> int:
        """The number of edges within the closure."""
        return sum(map(len, self.targets))

    @cached_property
    def levels(self) -> list[int]:
        """Distance of each version from the nearest root, in edges."""
        levels = [-1] * len(self)
        for number, level, _above in self._walk():
            levels[number] = level
        return levels

    @cached_property
    def parents(self) -> list[int]:
        """The version before each on a shortest path from a root, -1 for a root."""
        parents = [-1] * len(self)
        for number, _level, above in self._walk():
            parents[number] = above
        return parents

    @cached_property
    def sources(self) -> list[list[int]]:
        """`targets` reversed: who leads to each version, each source once."""
        sources: list[list[int]] = [[] for _ in self.keys]
        for number, targets in enumerate(self.targets):
            for target in dict.fromkeys(targets):
                sources[target].append(number)
        return sources

    def way_to(self, number: int) -> list[int]:
        """A shortest path from a root to the version, both included."""
        way = [number]
        while (above := self.parents[way[-1]]) >= 0:
            way.append(above)
        return way[::-1]

    def brings(self, number: int) -> int:
        """How many other versions it reaches, however far."""
        return len(self._reached([number])) - 1

    def brings_alone(self, number: int) -> int:
        """How many versions only it brings, itself included: without it they would not be here."""
        others = self._reached(range(self.roots), without=number)
        return len(self) - len(others) - 1 if number >= self.roots else len(self) - self.roots

    def leading_to(self, numbers: Iterable[int]) -> set[int]:
        """These versions and all that reach one of them."""
        return _reached(self.sources, numbers)

    def _reached(self, numbers: Collection[int], without: int = -1) -> set[int]:
        return _reached(self.targets, numbers, without)

    def _walk(self) -> Iterator[tuple[int, int, int]]:
        """Breadth first: number, level, number of the version it was reached from."""
        seen = bytearray(len(self))
        present = list(range(self.roots))
        for number in present:
            seen[number] = 1
            yield number, 0, -1
        level = 0
        while present:
            level += 1
            following: list[int] = []
            for number in present:
                for target in self.targets[number]:
                    if not seen[target]:
                        seen[target] = 1
                        following.append(target)
                        yield target, level, number
            present = following


def _reached(targets: list[list[int]], numbers: Iterable[int], without: int = -1) -> set[int]:
    seen = set(numbers)
    seen.discard(without)
    waiting = list(seen)
    while waiting:
        for target in targets[waiting.pop()]:
            if target not in seen and target != without:
                seen.add(target)
                waiting.append(target)
    return seen
