"""What every package brings and who needs it, exactly as the tree of its latest version counts.

Where a client takes what is being installed anyway (apt), a closure may be another than what edges lead to by
themselves. Which it may be is told from the closure itself, and only these trees are walked one by one
(docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Sequence

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
)
from tgtui.analytics.answers.loading import NOWHERE, Loaded
from tgtui.analytics.answers.reusing import Reusing, Trees, bit, of_own_packages
from tgtui.analytics.answers.weights import Weights


class Measures(Struct, frozen=True):
    """Of each package by number; NOWHERE where it has no latest version."""

    packages: Ints
    depth: Ints
    dependents: Ints
    dependents_all: Ints
    decided: int
    """Trees that may not be what edges lead to by themselves."""
    walked: int
    """Those of them that had to be walked one by one."""
    differing: int
    """Those of the decided that are not what edges lead to by themselves."""


def measure(loaded: Loaded, reusing: Sequence[Reusing], weights: Weights | None = None) -> Measures:
    """All of them, block by block. `weights` get a bound of each tree."""
    graph = loaded.graph
    count = graph.packages
    packages = np.full(count, NOWHERE, np.int32)
    depth = np.full(count, NOWHERE, np.int32)
    needing = _Needing(graph)
    doubtful: list[list[Ints]] = [[] for _registry in reusing]
    for block in closures(graph, loaded.roots):
        is_doubtful = np.zeros(len(block.roots), bool)
        for registry, found in zip(reusing, doubtful, strict=True):
            is_theirs = registry.doubtful(block)
            is_doubtful |= is_theirs
            found.append(block.roots[is_theirs])
        needing.add(block, is_doubtful)
        if weights is not None:
            weights.bound(block.roots, block.versions, block.rows, block.versions)
        own = graph.package[block.roots]
        packages[own], depth[own] = block.counts, block.depths
    decided = walked = differing = 0
    for registry, parts in zip(reusing, doubtful, strict=True):
        roots = np.concatenate(parts) if parts else np.empty(0, np.int32)
        decided += len(roots)
        left: list[Ints] = []
        for trees in registry.trees(roots):
            if weights is not None:
                weights.bound(
                    trees.roots,
                    trees.versions,
                    trees.rows,
                    np.arange(len(trees.rows), dtype=np.int32),
                )
            needing.add_trees(trees)
            own = graph.package[trees.roots]
            # What is taken is part of what edges lead to by themselves: as many are the same.
            differing += int(((packages[own] != trees.counts) & ~trees.left).sum())
            packages[own], depth[own] = (
                np.where(trees.left, before[own], told)
                for before, told in ((packages, trees.counts), (depth, trees.depths))
            )
            left.append(trees.roots[trees.left])
        walked += sum(map(len, left))
        for block in closures(graph, np.concatenate(left) if left else roots):
            place_of = {root: place for place, root in enumerate(block.roots.tolist())}
            for root, (reached, direct, deepest) in registry.walked(block.roots):
                place = place_of[root]
                needing.add_tree(root, reached[1:], direct)
                if weights is not None:
                    weights.walked(root, reached)
                own = graph.package[root]
                is_here = (block.rows[reached, place // BITS] & bit(np.intp(place))) != 0
                differing += len(reached) - 1 != block.counts[place] or not is_here.all()
                packages[own], depth[own] = len(reached) - 1, deepest
    return Measures(
        packages, depth, needing.direct, needing.in_all, decided, walked, int(differing)
    )


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
        self._count(self.in_all, block.roots, block.versions, rows, left_out)
        roots = block.roots[~left_out]
        of, targets = members(graph.starts, graph.targets, roots)
        theirs = graph.package[targets].astype(np.int64)
        is_foreign = theirs != graph.package[roots[of]]
        pairs = np.unique(of[is_foreign] * np.int64(graph.packages) + theirs[is_foreign])
        np.add.at(self.direct, pairs % graph.packages, 1)

    def add_trees(self, trees: Trees) -> None:
        """All that are told."""
        self._count(self.in_all, trees.roots, trees.versions, trees.rows, trees.left)
        self._count(self.direct, trees.roots, trees.direct, trees.direct_rows, trees.left)

    def _count(
        self,
        total: Ints,
        roots: Ints,
        versions: Ints,
        rows: Words,
        left_out: npt.NDArray[np.bool_],
    ) -> None:
        """`rows` of each of these versions; they are changed."""
        if not len(versions):
            return
        rows &= ~marked(np.flatnonzero(left_out), rows.shape[1])
        at, place = of_own_packages(self._graph, roots, versions)
        rows[at, place // BITS] &= ~bit(place)
        package = self._graph.package[versions]
        order = np.argsort(package, kind="stable")
        firsts = np.flatnonzero(np.diff(package[order], prepend=-1))
        by_package = np.bitwise_or.reduceat(rows[order], firsts, axis=0)
        total[package[order[firsts]]] += np.bitwise_count(by_package).sum(axis=1, dtype=np.int32)

    def add_tree(self, root: int, reached: Ints, direct: int) -> None:
        """One closure, those it needs directly first."""
        package = self._graph.package
        for total, versions in ((self.in_all, reached), (self.direct, reached[:direct])):
            found = np.unique(package[versions])
            total[found[found != package[root]]] += 1
