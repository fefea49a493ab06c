"""What every package brings and who needs it, exactly as the tree of its latest version counts.

Where a client takes what is being installed anyway (apt), a closure may be another than what edges lead to by
themselves. Which it may be is told from the closure itself, and only these trees are walked one by one
(docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from tgtui.analytics.answers.closures import (
    BITS,
    Block,
    Graph,
    Ints,
    Words,
    closures,
    marked,
    members,
    places,
)
from tgtui.analytics.answers.loading import NOWHERE, Loaded
from tgtui.data.graph.choosing.all_roots import Choices

PAIRS_AT_ONCE = 50_000
"""Of versions whose rows are looked at together."""


class Measures(Struct, frozen=True):
    """Of each package by number; NOWHERE where it has no latest version."""

    packages: Ints
    depth: Ints
    dependents: Ints
    dependents_all: Ints
    walked: int
    """Trees that had to be walked one by one."""
    differing: int
    """Those of them that are not what edges lead to by themselves."""


class Reusing:
    """A registry whose client takes what is being installed anyway, by the graph's numbers."""

    def __init__(self, choices: Choices, numbers: Mapping[str, int], graph: Graph) -> None:
        """`numbers` are the graph's, by id."""
        self._choices = choices
        self._theirs = {
            numbers[key]: place for place, key in enumerate(choices.keys) if key in numbers
        }
        self._ours = {place: number for number, place in self._theirs.items()}
        pairs = [
            (self._ours[a], self._ours[b])
            for a, b in choices.doubts()
            if a in self._ours and b in self._ours
        ]
        self._doubts = np.array(pairs, np.int32).reshape(-1, 2)
        self._graph = graph
        self._is_theirs = np.zeros(len(graph), bool)
        self._is_theirs[list(self._theirs)] = True

    def doubtful(self, block: Block) -> npt.NDArray[np.bool_]:
        """Of each root whether its closure may differ from what was reached."""
        is_theirs: npt.NDArray[np.bool_] = self._is_theirs[block.roots]
        if not is_theirs.any():
            return is_theirs
        is_reached = np.zeros(len(self._graph), bool)
        is_reached[block.versions] = True
        pairs = self._doubts[is_reached[self._doubts].all(axis=1)]
        both = np.zeros(block.rows.shape[1], np.uint64)
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            one, other = pairs[start : start + PAIRS_AT_ONCE].T
            both |= np.bitwise_or.reduce(block.rows[one] & block.rows[other], axis=0)
        found = places(both, len(block.roots))
        at, place = _of_own_packages(self._graph, block)
        versions = block.versions[at]
        is_there = (block.rows[versions, place // BITS] & _bit(place)) != 0
        found[place[is_there & (versions != block.roots[place])]] = True
        return found & is_theirs

    def tree(self, root: int) -> tuple[list[int], int, int]:
        """As `Choices.tree`; a version that was not exported yet has no number and is left out."""
        order, direct, depth = self._choices.tree(self._theirs[root])
        firsts = [self._ours[place] for place in order[: direct + 1] if place in self._ours]
        rest = [self._ours[place] for place in order[direct + 1 :] if place in self._ours]
        return firsts + rest, len(firsts) - 1, depth


def measure(loaded: Loaded, reusing: list[Reusing]) -> Measures:
    """All of them, block by block."""
    graph = loaded.graph
    count = graph.packages
    packages = np.full(count, NOWHERE, np.int32)
    depth = np.full(count, NOWHERE, np.int32)
    needing = _Needing(graph)
    walked = differing = 0
    for block in closures(graph, loaded.roots):
        counts, depths = block.counts.copy(), block.depths.copy()
        is_single = np.zeros(len(block.roots), bool)
        for registry in reusing:
            for place in np.flatnonzero(registry.doubtful(block)):
                order, direct, deepest = registry.tree(int(block.roots[place]))
                walked += 1
                before = int(counts[place])
                counts[place], depths[place] = len(order) - 1, deepest
                reached = np.array(order[1:], np.int32)
                is_here = block.rows[reached, place // BITS] & _bit(place)
                differing += before != len(reached) or not is_here.all()
                is_single[place] = True
                needing.add_tree(int(block.roots[place]), reached, direct)
        needing.add(block, is_single)
        own = graph.package[block.roots]
        packages[own], depth[own] = counts, depths
    return Measures(packages, depth, needing.direct, needing.in_all, walked, differing)


class _Needing:
    """Counts, of each package, those that need it; each counts once, and not for itself."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.direct = np.zeros(graph.packages, np.int32)
        self.in_all = np.zeros(graph.packages, np.int32)

    def add(self, block: Block, left_out: npt.NDArray[np.bool_]) -> None:
        """The closures of a block, but for those of some roots."""
        graph = self._graph
        rows = block.rows[block.versions]
        rows &= ~marked(np.flatnonzero(left_out), rows.shape[1])
        at, place = _of_own_packages(graph, block)
        rows[at, place // BITS] &= ~_bit(place)
        package = graph.package[block.versions]
        order = np.argsort(package, kind="stable")
        firsts = np.flatnonzero(np.diff(package[order], prepend=-1))
        by_package = np.bitwise_or.reduceat(rows[order], firsts, axis=0)
        self.in_all[package[order[firsts]]] += np.bitwise_count(by_package).sum(
            axis=1, dtype=np.int32
        )
        roots = block.roots[~left_out]
        of, targets = members(graph.starts, graph.targets, roots)
        theirs = graph.package[targets].astype(np.int64)
        is_foreign = theirs != graph.package[roots[of]]
        pairs = np.unique(of[is_foreign] * np.int64(graph.packages) + theirs[is_foreign])
        np.add.at(self.direct, pairs % graph.packages, 1)

    def add_tree(self, root: int, reached: Ints, direct: int) -> None:
        """One closure, those it needs directly first."""
        package = self._graph.package
        for total, versions in ((self.in_all, reached), (self.direct, reached[:direct])):
            found = np.unique(package[versions])
            total[found[found != package[root]]] += 1


def _of_own_packages(
    graph: Graph, block: Block
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where in `versions` there is one of a root's own package, and that root's place."""
    place = np.full(graph.packages, -1, np.intp)
    place[graph.package[block.roots]] = np.arange(len(block.roots))
    mine = place[graph.package[block.versions]]
    at = np.flatnonzero(mine >= 0)
    return at, mine[at]


def _bit(place: npt.NDArray[np.intp] | np.intp) -> Words | np.uint64:
    """Within its word."""
    return np.left_shift(np.uint64(1), np.asarray(place % BITS, np.uint64))
