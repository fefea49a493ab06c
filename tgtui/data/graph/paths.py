"""The paths from a root to a version, shortest first.

The walk is Eppstein's idea without his heap of heaps: every path is a shortest one with some detours, and each
detour is taken once. So no path appears twice, and the next one is always at the head of the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from msgspec import Struct

from tgtui.data.graph.closure import Closure

MAX_CANDIDATES = 100_000
"""Detours that are followed at most: in a thicket of cycles nearly every one crosses itself."""


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
    queue = [(closure.levels[number], 0, _Tail(number, None))]
    begun = 1
    while queue:
        _length, _order, tail = heappop(queue)
        settled = list(tail.numbers())
        if len(set(settled)) < len(settled):
            continue  # so would every path that ends with it
        upper = closure.way_to(tail.number)[:-1]
        if len({*upper, *settled}) == len(upper) + len(settled):
            if len(found) == limit:
                return Ways(tuple(found), has_more=True)
            found.append((*upper, *settled))
        for length, detour in _detours(closure, tail, upper, len(settled) - 1):
            if begun == MAX_CANDIDATES:
                break
            heappush(queue, (length, begun, detour))
            begun += 1
    return Ways(tuple(found), has_more=begun == MAX_CANDIDATES)


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


def _detours(
    closure: Closure, tail: _Tail, upper: list[int], below: int
) -> Iterator[tuple[int, _Tail]]:
    """Paths that leave this one between its root and its fixed end, each with its least length.

    None leaves at the root itself: it would pass the root twice.
    """
    for following in reversed(upper):
        for source in closure.sources[tail.number]:
            if source != following:
                yield closure.levels[source] + 1 + below, _Tail(source, tail)
        tail = _Tail(following, tail)
        below += 1
