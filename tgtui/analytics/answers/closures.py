"""The closures of all roots of a graph at once: how many versions each reaches, how deep, and who reaches what.

A breadth-first search runs from a block of roots together, level by level, in arrays: depth is a distance, so counting
by components alone would not tell it. A block's memory is bounded, its work is that of the edges it meets, and a root
that reaches little costs little: many small closures are as fast as their edges can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Ints: TypeAlias = npt.NDArray[np.int32]

CELLS = 48_000_000
"""Of the table of who has been seen from where: 4 bytes each."""
EDGES_AT_ONCE = 1_000_000
"""That are followed together; some tens of bytes each."""
UNSEEN = -1


class Graph(Struct, frozen=True):
    """Versions by number, with where their edges lead."""

    starts: npt.NDArray[np.int64]
    """Of each version its first edge, and one more at the end."""
    targets: Ints
    package: Ints
    """The package of each version, by number."""
    packages: int
    """How many there are."""

    def __len__(self) -> int:
        return len(self.starts) - 1


class Block(Struct, frozen=True):
    """The closures of some roots. `of` and `reached` are pairs: each version reached, without the root itself."""

    roots: Ints
    counts: Ints
    """Versions in each closure, without the root."""
    depths: Ints
    """The distance of the farthest."""
    of: Ints
    """The place in `roots`."""
    reached: Ints
    seen: Ints
    """The table itself while the block lasts: UNSEEN, or seen, at `place * len(graph) + version`."""


def graph_of(sources: Ints, targets: Ints, package: Ints, packages: int) -> Graph:
    """From arrows in any order."""
    order = np.argsort(sources, kind="stable")
    starts = np.zeros(len(package) + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=len(package)), out=starts[1:])
    return Graph(starts, targets[order].astype(np.int32), package.astype(np.int32), packages)


def closures(graph: Graph, roots: Ints) -> Iterator[Block]:
    """Of each of these versions, in their order. A block is valid until the next is asked for."""
    size = max(1, min(CELLS // max(1, len(graph)), len(roots)))
    seen = np.full(size * len(graph), UNSEEN, np.int32)
    for start in range(0, len(roots), size):
        some = np.ascontiguousarray(roots[start : start + size], np.int32)
        block, touched = _search(graph, some, seen)
        yield block
        for each in touched:
            seen[each] = UNSEEN


def _search(graph: Graph, roots: Ints, seen: Ints) -> tuple[Block, list[Ints]]:
    count = np.int32(len(graph))
    first = np.arange(len(roots), dtype=np.int32) * count + roots
    seen[first] = 0
    touched = [first]
    of: list[Ints] = []
    reached: list[Ints] = []
    depths = np.zeros(len(roots), np.int32)
    places, versions = np.arange(len(roots), dtype=np.int32), roots
    level = 0
    while len(versions):
        level += 1
        found = [each for each in _step(graph, places, versions, seen) if len(each)]
        if not found:
            break
        cells = np.concatenate(found) if len(found) > 1 else found[0]
        places = cells // count
        versions = cells - places * count
        depths[places] = level
        touched.append(cells)
        of.append(places)
        reached.append(versions)
    empty = [np.empty(0, np.int32)]
    all_of = np.concatenate(of or empty)
    counts = np.bincount(all_of, minlength=len(roots)).astype(np.int32)
    return Block(roots, counts, depths, all_of, np.concatenate(reached or empty), seen), touched


def _step(graph: Graph, places: Ints, versions: Ints, seen: Ints) -> Iterator[Ints]:
    """The cells that edges from these lead to and that were not seen before, each once; they are seen now."""
    begins = graph.starts[versions]
    degrees = graph.starts[versions + 1] - begins
    has_edges = degrees > 0
    places, begins, degrees = places[has_edges], begins[has_edges], degrees[has_edges]
    ends = np.cumsum(degrees)
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(EDGES_AT_ONCE, total, EDGES_AT_ONCE))
    bounds = [0, *(int(cut) + 1 for cut in cuts), len(ends)]
    for begin, end in pairwise(bounds):
        if begin >= end:
            continue
        some = degrees[begin:end]
        last = np.cumsum(some)
        at = np.arange(int(last[-1])) + np.repeat(begins[begin:end] - (last - some), some)
        # Wide as an index is: a narrower one would be copied for each of the look-ups below.
        base = places[begin:end] * np.int64(len(graph))
        cells = np.repeat(base, some) + np.take(graph.targets, at, mode="clip")
        cells = cells[np.take(seen, cells, mode="clip") == UNSEEN]
        # Of several edges to one cell the last to write stays, and is the one that counts.
        numbers = np.arange(len(cells), dtype=np.int32)
        seen[cells] = numbers
        yield cells[np.take(seen, cells, mode="clip") == numbers].astype(np.int32)


def members(starts: npt.NDArray[np.int64], lists: Ints, of: Ints) -> tuple[Ints, Ints]:
    """For each of `of` the members of its list: (place in `of`, member)."""
    begins = starts[of]
    sizes = starts[of + 1] - begins
    last = np.cumsum(sizes)
    total = int(last[-1]) if len(last) else 0
    at = np.arange(total) + np.repeat(begins - (last - sizes), sizes)
    return np.repeat(np.arange(len(of), dtype=np.int32), sizes), lists[at]
