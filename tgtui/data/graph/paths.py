"""The paths from a root to a version, shortest first.

The walk is Eppstein's idea without his heap of heaps: every path is a shortest one with some detours, and each
detour is taken once. So no path appears twice, and the next one is always at the head of the queue. Of the detours that leave
a path at one place only the shortest is in the queue, until it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from msgspec import Struct

from tgtui.data.graph.closure import Closure

MAX_CANDIDATES = 100_000
"""Detours that are looked at at most: in a thicket of cycles nearly every one crosses itself."""


COUNTED = 100
"""Paths to what is vulnerable in a tree; there may be billions."""


class _Tail(Struct, frozen=True):
    """The fixed end of a path: from here down to the version in question."""

    number: int
    below: _Tail | None

    def numbers(self) -> Iterator[int]:
        tail: _Tail | None = self
        while tail is not None:
            yield tail.number
            tail = tail.below


class Ways(Struct, frozen=True):
    """Some of the paths to a version."""

    ways: tuple[tuple[int, ...], ...]
    """Numbers in the closure, from a root to the version; none crosses itself."""
    has_more: bool
    """There are more, or may be."""


def ways_to(closure: Closure, number: int, limit: int) -> Ways:
    """At most `limit` paths, shortest first."""
    found: list[tuple[int, ...]] = []
    nearest = _Nearest(closure)
    queue: list[tuple[int, int, int, _Tail, _Detours | None]] = []
    """By length; equally long ones by the path that they leave, and where."""
    heappush(queue, (closure.levels[number], 0, 0, _Tail(number, None), None))
    looked_at = 0
    while queue and looked_at < MAX_CANDIDATES:
        _length, path, place, tail, others = heappop(queue)
        if others is not None and (following := others.next(closure)) is not None:
            heappush(queue, (following[0], path, place, following[1], others))
        looked_at += 1
        settled = list(tail.numbers())
        if len(set(settled)) < len(settled):
            continue  # so would every path that ends with it
        upper = closure.way_to(tail.number)[:-1]
        if len({*upper, *settled}) == len(upper) + len(settled):
            if len(found) == limit:
                return Ways(tuple(found), has_more=True)
            found.append((*upper, *settled))
        for place, detours in enumerate(_leaving(tail, upper, len(settled) - 1, nearest)):
            if (first := detours.next(closure)) is not None:
                heappush(queue, (first[0], looked_at, place, first[1], detours))
    return Ways(tuple(found), has_more=bool(queue))


class _Nearest(dict[int, list[int]]):
    """What leads to a version, the nearest to a root first. Most versions are never asked for."""

    def __init__(self, closure: Closure) -> None:
        self._closure = closure

    def __missing__(self, number: int) -> list[int]:
        levels = self._closure.levels
        self[number] = sorted(self._closure.sources[number], key=levels.__getitem__)
        return self[number]


class _Detours(Struct):
    """What else leads to the head of a tail than the path does, the shortest first: few of thousands are taken."""

    tail: _Tail
    of_path: int
    """What leads there on the path."""
    below: int
    """Edges of the tail."""
    sources: list[int]
    taken: int = 0

    def next(self, closure: Closure) -> tuple[int, _Tail] | None:
        """The least length of a path with the next detour, and its end."""
        while self.taken < len(self.sources):
            source = self.sources[self.taken]
            self.taken += 1
            if source != self.of_path:
                return closure.levels[source] + 1 + self.below, _Tail(source, self.tail)
        return None


def ways_counted(
    closure: Closure, numbers: Iterable[int], limit: int = COUNTED
) -> dict[int, tuple[int, bool]]:
    """How many paths there are to each of these, and whether there are more. When all of them together
    have `limit`, one of each of the rest is counted. A root has none."""
    found: dict[int, tuple[int, bool]] = {}
    total = 0
    for number in numbers:
        if number < closure.roots:
            found[number] = 0, False
        else:
            ways = ways_to(closure, number, max(1, limit - total))
            found[number] = len(ways.ways), ways.has_more
            total += len(ways.ways)
    return found


def _leaving(tail: _Tail, upper: list[int], below: int, nearest: _Nearest) -> Iterator[_Detours]:
    """Paths that leave this one between its root and its fixed end.

    None leaves at the root itself: it would pass the root twice.
    """
    for following in reversed(upper):
        yield _Detours(tail, following, below, nearest[tail.number])
        tail = _Tail(following, tail)
        below += 1
