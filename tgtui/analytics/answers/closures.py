"""The closures of all roots of a graph at once: how many versions each reaches, how deep, and who reaches what.

A breadth-first search runs from a block of roots together, level by level: each version has a bit for each root of the
block, and what came to a version from all its users is one `or` of their bits. So the work is that of the edges for a
word of roots, not for each of them; depth is a distance, which condensing circles would not tell. Memory is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Ints: TypeAlias = npt.NDArray[np.int32]
Words: TypeAlias = npt.NDArray[np.uint64]

BITS = 64
"""Of a word."""
WORDS = 24
"""Of a version's row at most: that many times BITS roots make a block."""
CELLS = 24_000_000
"""Words of all rows of a block, 8 bytes each."""
WORDS_AT_ONCE = 4_000_000
"""That come over edges and are put together at once, 8 bytes each."""
ROWS_AT_ONCE = 255
"""Whose bits are added up in bytes."""
LOWEST = np.uint64(0x0101_0101_0101_0101)
"""The lowest bit of each byte."""


class Graph(Struct, frozen=True):
    """Versions by number, with where their edges lead."""

    starts: npt.NDArray[np.int64]
    """Of each version its first edge, and one more at the end."""
    targets: Ints
    package: Ints
    """The package of each version, by number."""
    packages: int
    """How many there are."""
    guards: Ints | None = None
    """Of each edge in the order of `targets` the row that tells from which roots it is followed, if that differs."""

    def __len__(self) -> int:
        return len(self.starts) - 1


class Block(Struct, frozen=True):
    """The closures of some roots, each of which is a bit by its place."""

    roots: Ints
    counts: Ints
    """Versions in each closure, without the root."""
    depths: Ints
    """The distance of the farthest."""
    versions: Ints
    """All that are reached from any, in order; the roots too."""
    rows: Words
    """Of each version of the graph which roots reach it, themselves included."""
    firsts: tuple[Ints, Words]
    """The versions at a distance of one from any, and from which roots they are that near."""


def graph_of(
    sources: Ints, targets: Ints, package: Ints, packages: int, guards: Ints | None = None
) -> Graph:
    """From arrows in any order."""
    order = np.argsort(sources, kind="stable")
    starts = np.zeros(len(package) + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=len(package)), out=starts[1:])
    return Graph(
        starts,
        targets[order].astype(np.int32),
        package.astype(np.int32),
        packages,
        None if guards is None else guards[order].astype(np.int32),
    )


def closures(
    graph: Graph, roots: Ints, guarding: Callable[[Ints, int], Words] | None = None
) -> Iterator[Block]:
    """Of each of these versions, in their order; each is given once. A block is valid until the next is asked for.

    `guarding` gives the rows that the edges' `guards` mean, for some of the roots and a number of words.
    """
    words = max(1, min(WORDS, CELLS // max(1, len(graph)), -(-len(roots) // BITS)))
    rows = np.zeros((len(graph), words), np.uint64)
    for start in range(0, len(roots), words * BITS):
        some = np.ascontiguousarray(roots[start : start + words * BITS], np.int32)
        guards = None if guarding is None else guarding(some, words)
        block = _search(graph, some, rows, guards)
        yield block
        rows[block.versions] = 0


def marked(places: npt.NDArray[np.intp], words: int) -> Words:
    """A row with the bits of these places."""
    bits = np.zeros(words * BITS, np.uint8)
    bits[places] = 1
    return np.packbits(bits, bitorder="little").view(np.uint64)


def places(row: Words, count: int) -> npt.NDArray[np.bool_]:
    """Which of the first `count` places have their bit in a row."""
    return np.unpackbits(row.view(np.uint8), count=count, bitorder="little").astype(bool)


def per_place(rows: Words) -> npt.NDArray[np.int64]:
    """How many of these rows have each bit."""
    words = rows.shape[1]
    total = np.zeros((words, 8, 8), np.int64)
    step = ROWS_AT_ONCE * max(1, WORDS_AT_ONCE // (ROWS_AT_ONCE * words))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        bounds = np.arange(0, len(some), ROWS_AT_ONCE)
        for bit in range(8):  # of each byte: eight bytes of a word are added up together
            sums = np.add.reduceat((some >> np.uint64(bit)) & LOWEST, bounds, axis=0)
            of_bytes = np.ascontiguousarray(sums).view(np.uint8).reshape(-1, words, 8)
            total[:, :, bit] += of_bytes.sum(axis=0, dtype=np.int64)
    return total.reshape(-1)


def _search(graph: Graph, roots: Ints, rows: Words, guards: Words | None) -> Block:
    place = np.arange(len(roots))
    rows[roots, place // BITS] = np.uint64(1) << (place % BITS).astype(np.uint64)
    versions = np.sort(roots)
    touched = [versions]
    depths = np.zeros(len(roots), np.int32)
    came = rows[versions]
    level = 0
    firsts = (versions[:0], came[:0])
    while len(versions):
        level += 1
        found = [part for part in _step(graph, versions, came, rows, guards) if len(part[0])]
        if not found:
            break
        versions = np.concatenate([part[0] for part in found])
        came = np.concatenate([part[1] for part in found])
        depths[places(np.bitwise_or.reduce(came, axis=0), len(roots))] = level
        touched.append(versions)
        if level == 1:
            firsts = (versions, came)
    reached = np.unique(np.concatenate(touched))
    counts = (per_place(rows[reached])[: len(roots)] - 1).astype(np.int32)
    return Block(roots, counts, depths, reached, rows, firsts)


def _step(
    graph: Graph, versions: Ints, came: Words, rows: Words, guards: Words | None
) -> Iterator[tuple[Ints, Words]]:
    """Where edges from these lead, each once, and the bits that are new there; they are in `rows` now."""
    at, targets = members(graph.starts, graph.targets, versions)
    if not len(targets):
        return
    order = np.argsort(targets, kind="stable")
    at, targets = at[order], targets[order]
    guard = None
    if guards is not None and graph.guards is not None:
        guard = members(graph.starts, graph.guards, versions)[1][order]
    firsts = np.flatnonzero(np.diff(targets, prepend=-1))
    ends = np.append(firsts[1:], len(targets))
    size = max(1, WORDS_AT_ONCE // rows.shape[1])
    cuts = np.searchsorted(ends, np.arange(size, len(targets), size))
    bounds = np.unique([0, *(cuts + 1), len(firsts)])
    for begin, end in pairwise(bounds[bounds <= len(firsts)].tolist()):
        here = firsts[begin:end]
        part = slice(here[0], ends[end - 1])
        bits = came[at[part]]
        if guard is not None and guards is not None:
            bits &= guards[guard[part]]
        new = np.bitwise_or.reduceat(bits, here - here[0], axis=0)
        reached = targets[here]
        new &= ~rows[reached]
        is_new = new.any(axis=1)
        reached, new = reached[is_new], new[is_new]
        rows[reached] |= new
        yield reached, new


def members(starts: npt.NDArray[np.int64], lists: Ints, of: Ints) -> tuple[Ints, Ints]:
    """For each of `of` the members of its list: (place in `of`, member)."""
    begins = starts[of]
    sizes = starts[of + 1] - begins
    last = np.cumsum(sizes)
    total = int(last[-1]) if len(last) else 0
    at = np.arange(total) + np.repeat(begins - (last - sizes), sizes)
    return np.repeat(np.arange(len(of), dtype=np.int32), sizes), lists[at]
