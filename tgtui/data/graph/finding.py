"""Searches and filters a closure in memory: by name, or for edges worth a look. No SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import OpenEnd, VersionName
from tgtui.data.views.edges import Edge

Only = Literal["deprecated", "unresolved", "missing"]
"""The kinds of edges a sieve keeps, with everything that leads to them."""


class Hit(Struct, frozen=True):
    """A version of the closure, or a dependency that is not in the catalogue."""

    version_id: UUID
    """The version; for `end` the one that declares it."""
    end: OpenEnd | None = None


class FindIndex:
    """The names of a closure, prepared for search while typing."""

    def __init__(
        self,
        closure: Closure,
        names: Mapping[int, VersionName],
        ends: Sequence[OpenEnd],
        aliases: Iterable[tuple[int, str]] = (),
    ) -> None:
        """`aliases` are other names under which a version is declared."""
        levels, ids = closure.levels, closure.ids
        found = [
            (f"{name.name}@{name.version}".casefold(), levels[number], Hit(ids[number]))
            for number, name in names.items()
            if number >= closure.roots
        ]
        found += [
            (
                f"{name}@{end.resolved_version}".casefold(),
                levels[end.source] + 1,
                Hit(ids[end.source], end),
            )
            for end in ends
            for name in {end.name, end.declared_name or end.name}
        ]
        found += [
            (f"{alias}@{names[number].version}".casefold(), levels[number], Hit(ids[number]))
            for number, alias in aliases
            if number in names
        ]
        # Sorted once by what does not depend on the text: nearest first, then by name.
        self._entries = sorted(found, key=lambda entry: (entry[1], entry[0]))

    def hits(self, text: str) -> list[Hit]:
        """Names that contain the text: equal to it first, then those that begin with it, then the rest."""
        sought = text.strip().casefold()
        if not sought:
            return []
        groups: tuple[list[Hit], ...] = ([], [], [])
        whole = f"{sought}@"
        for entry, _level, hit in self._entries:
            if sought in entry:
                is_whole = entry == sought or entry.startswith(whole)
                groups[0 if is_whole else 1 if entry.startswith(sought) else 2].append(hit)
        return list(dict.fromkeys(hit for group in groups for hit in group))


class Sieve:
    """Keeps edges that are of one kind, or lead to one."""

    def __init__(self, closure: Closure, ends: Sequence[OpenEnd], only: Only) -> None:
        self._closure = closure
        self.only = only
        if only == "deprecated":
            found: list[tuple[int, OpenEnd | None]] = [
                (n, None) for n in range(closure.roots, len(closure)) if closure.yanked[n]
            ]
        else:
            found = [(end.source, end) for end in ends if _is(end, only)]
        found.sort(key=lambda each: closure.levels[each[0]])
        self.hits = [Hit(closure.id_of(number), end) for number, end in found]
        """What it keeps edges for, nearest first."""
        self._leading = closure.leading_to(number for number, _ in found)

    def admits(self, edge: Edge) -> bool:
        """The edge is of the kind, or its target leads to one."""
        if _is(edge, self.only):
            return True
        return self._closure.number_of(edge.resolved_version_id) in self._leading


def _is(edge: Edge | OpenEnd, only: Only) -> bool:
    if only == "unresolved":
        return edge.is_unresolved and not (isinstance(edge, Edge) and edge.is_left_out)
    if only == "missing":
        return edge.is_missing
    return isinstance(edge, Edge) and edge.is_yanked
