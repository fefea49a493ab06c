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

from tgtui.analytics.answers.closures import UNSEEN, Block, Graph, Ints, closures, graph_of, members
from tgtui.analytics.answers.loading import NOWHERE, Loaded
from tgtui.data.graph.choosing_all import Choices


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
        doubts = np.array(pairs, np.int32).reshape(-1, 2)
        self._doubts = graph_of(doubts[:, 0], doubts[:, 1], graph.package, graph.packages)
        self._graph = graph
        self._is_theirs = np.zeros(len(graph), bool)
        self._is_theirs[list(self._theirs)] = True

    def doubtful(self, block: Block) -> npt.NDArray[np.bool_]:
        """Of each root whether its closure may differ from what was reached."""
        found = np.zeros(len(block.roots), bool)
        if not self._is_theirs[block.roots].any():
            return found
        of = np.concatenate([np.arange(len(block.roots), dtype=np.int32), block.of])
        versions = np.concatenate([block.roots, block.reached])
        at, other = members(self._doubts.starts, self._doubts.targets, versions)
        both = block.seen[of[at] * np.int32(len(self._graph)) + other] != UNSEEN
        found[of[at][both]] = True
        package = self._graph.package
        found[block.of[package[block.reached] == package[block.roots[block.of]]]] = True
        return found & self._is_theirs[block.roots]

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
                theirs = block.reached[block.of == place] if before == len(order) - 1 else None
                differing += theirs is None or not np.array_equal(np.sort(theirs), np.sort(reached))
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
        versions = np.bincount(graph.package, minlength=graph.packages)
        self._is_only = versions[graph.package] == 1

    def add(self, block: Block, left_out: npt.NDArray[np.bool_]) -> None:
        """The closures of a block, but for those of some roots."""
        graph = self._graph
        counts = ~left_out[block.of]
        self._add(self.in_all, block.roots, block.of[counts], block.reached[counts])
        roots = block.roots[~left_out]
        at, targets = members(graph.starts, graph.targets, roots)
        self._add(self.direct, roots, at, targets, is_each_once=False)

    def add_tree(self, root: int, reached: Ints, direct: int) -> None:
        """One closure, those it needs directly first."""
        package = self._graph.package
        for total, versions in ((self.in_all, reached), (self.direct, reached[:direct])):
            found = np.unique(package[versions])
            total[found[found != package[root]]] += 1

    def _add(
        self, total: Ints, roots: Ints, of: Ints, versions: Ints, *, is_each_once: bool = True
    ) -> None:
        package, count = self._graph.package, self._graph.packages
        if is_each_once:
            # A package with one version is met once from each root: most are such, and need no sorting.
            only = self._is_only[versions]
            total += np.bincount(package[versions[only]], minlength=count).astype(np.int32)
            of, versions = of[~only], versions[~only]
        theirs = package[versions].astype(np.int64)
        foreign = theirs != package[roots[of]]
        pairs = np.unique(of[foreign] * np.int64(count) + theirs[foreign])
        total += np.bincount(pairs % count, minlength=count).astype(np.int32)
