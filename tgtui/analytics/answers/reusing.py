"""Registries whose client takes what is being installed anyway (apt): the trees of very many roots at once.

`Straight` tells which versions that are chosen about a root brings. Then each edge is followed from the roots for which
it leads there, and the rest is a search from all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    graph_of,
    places,
)
from tgtui.analytics.answers.helping import Helper, Tree
from tgtui.data.graph.choosing.all_roots import Choices
from tgtui.data.graph.choosing.straight import Straight

WORTH_HELP = 20
"""Trees that are walked by two processes."""
PAIRS_AT_ONCE = 50_000
"""Of versions whose rows are looked at together."""


class Trees(Struct, frozen=True):
    """Of some roots, each a bit by its place; all by the graph's numbers."""

    roots: Ints
    counts: Ints
    depths: Ints
    versions: Ints
    rows: Words
    """Of each of `versions`."""
    direct: Ints
    direct_rows: Words
    """Of each of `direct`."""
    left: npt.NDArray[np.bool_]
    """Of each root whether its tree has to be walked alone; what is told of it here is nothing."""


class Reusing:
    """One registry, by the graph's numbers."""

    def __init__(
        self,
        choices: Choices,
        numbers: Mapping[str, int],
        graph: Graph,
        helper: Helper | None = None,
    ) -> None:
        """`numbers` are the graph's, by id. `helper` walks some of the trees."""
        self._choices = choices
        self._helper = helper
        self._graph = graph
        ours = (numbers.get(key, -1) for key in choices.keys)
        self._ours = np.fromiter(ours, np.int32, len(choices.keys))
        """By their number; -1 of a version that was not exported yet."""
        here = np.flatnonzero(self._ours >= 0)
        self._theirs = np.full(len(graph), -1, np.int32)
        self._theirs[self._ours[here]] = here
        told = np.array(list(choices.doubts()), np.int32).reshape(-1, 2)
        pairs = self._ours[told]
        self._doubts = pairs[(pairs >= 0).all(axis=1)]

    def doubtful(self, block: Block) -> npt.NDArray[np.bool_]:
        """Of each root whether its closure may differ from what was reached."""
        is_theirs: npt.NDArray[np.bool_] = self._theirs[block.roots] >= 0
        if not is_theirs.any():
            return is_theirs
        is_reached = np.zeros(len(self._graph), bool)
        is_reached[block.versions] = True
        pairs = self._doubts[is_reached[self._doubts].all(axis=1)]
        found = _with_both(block, pairs)
        at, place = of_own_packages(self._graph, block.roots, block.versions)
        versions = block.versions[at]
        is_there = (block.rows[versions, place // BITS] & bit(place)) != 0
        found[place[is_there & (versions != block.roots[place])]] = True
        return found & is_theirs

    def has(self, versions: Ints) -> npt.NDArray[np.bool_]:
        """Which of these are of this registry."""
        found: npt.NDArray[np.bool_] = self._theirs[versions] >= 0
        return found

    def trees(self, roots: Ints) -> Iterator[Trees]:
        """Of all these, block by block."""
        if not len(roots):
            return
        straight = _Guarded(self._choices.straight, self._choices.called())
        for block in straight.blocks(self._theirs[roots]):
            ours = self._ours[block.versions]
            is_here = ours >= 0
            counts = block.counts
            if not is_here.all():
                counts = counts - _set(block.rows[block.versions[~is_here]], len(block.roots))
            near, near_rows = block.firsts
            near_ours = self._ours[near]
            left = straight.hindered(block)
            if self._helper is not None:
                self._helper.expect([self._choices.keys[root] for root in block.roots[left]])
            yield Trees(
                self._ours[block.roots],
                counts,
                block.depths,
                ours[is_here],
                block.rows[block.versions[is_here]],
                near_ours[near_ours >= 0],
                near_rows[near_ours >= 0],
                left,
            )

    def walked(self, roots: Ints) -> Iterator[tuple[int, Tree]]:
        """The tree of each of these, walked by itself, in any order."""
        if self._helper is None or len(roots) < WORTH_HELP:
            yield from ((root, self.tree(root)) for root in roots.tolist())
            return
        keys = [self._choices.keys[number] for number in self._theirs[roots].tolist()]
        told = roots.tolist()
        for place, tree in self._helper.walk(keys, lambda at: self.tree(told[at])):
            yield told[place], tree

    def tree(self, root: int) -> Tree:
        """As `Choices.tree`; a version that was not exported yet has no number and is left out."""
        order, direct, depth = self._choices.tree(int(self._theirs[root]))
        ours = self._ours[order]
        is_here = ours >= 0
        return ours[is_here], int(is_here[1 : direct + 1].sum()), depth


class _Guarded:
    """The graph of all choices, whose edges are followed from the roots for which they lead there."""

    def __init__(self, straight: Straight, package: list[int]) -> None:
        self._straight = straight
        self._deciding = np.array(straight.deciding(), np.int32)
        place = {number: at for at, number in enumerate(self._deciding.tolist())}
        self._ends: list[tuple[int, list[int]]] = []
        """Of each choice the first row that guards it, and the places of what satisfies it, in order."""
        arrows: list[tuple[int, int, int]] = []
        rows = 1
        for target, others in straight.choices:
            ends = [place[end] for end in (target, *others) if end is not None]
            self._ends.append((rows, ends))
            rows += len(ends)
        self._rows = rows
        for number, plain in enumerate(straight.plain):
            arrows += [(number, target, 0) for target in plain]
        users: dict[int, list[int]] = {}
        for number, mine in enumerate(straight.choosing):
            for choice in mine:
                first, ends = self._ends[choice]
                arrows += [
                    (number, end, first + at)
                    for at, end in enumerate(self._deciding[ends].tolist())
                ]
                target = straight.choices[choice][0]
                if target is not None:
                    users.setdefault(target, []).append(number)
        sources, targets, guards = np.array(arrows, np.int32).reshape(-1, 3).T
        packages = np.array(package, np.int32)
        self._graph = graph_of(
            sources, targets, packages, int(packages.max(initial=-1)) + 1, guards
        )
        self._users = users
        """Of what is chosen first somewhere those who choose it."""
        excluded = [(one, other) for one, them in straight.excluded.items() for other in them]
        self._hindering = np.array(
            [
                *((number, number) for number in straight.hindered),
                *excluded,
            ],
            np.int32,
        ).reshape(-1, 2)
        """Pairs that stand in the way if a tree has both."""
        beside: dict[int, list[int]] = {}
        for one, other in excluded:
            beside.setdefault(other, []).append(one)
        self._aimed = [(beside[number], users[number]) for number in beside.keys() & users.keys()]
        """Of what can't be there beside something: beside what, and who would take it."""
        self._decided: dict[int, bytes] = {}

    def blocks(self, roots: Ints) -> Iterator[Block]:
        self._decided = dict(self._straight.decided(roots.tolist()))
        yield from closures(self._graph, roots, self._guards)

    def _guards(self, roots: Ints, words: int) -> Words:
        """What an edge of a choice leads to is the first that is there of what satisfies it."""
        size = len(self._deciding)
        told = b"".join(self._decided[root] for root in roots.tolist())
        bits = np.unpackbits(
            np.frombuffer(told, np.uint8).reshape(len(roots), -1),
            axis=1, count=size, bitorder="little",
        )  # fmt: skip
        full = np.zeros((size, words * BITS), np.uint8)
        full[:, : len(roots)] = bits.T
        there = np.packbits(full, axis=1, bitorder="little").view(np.uint64)
        found = np.empty((self._rows, words), np.uint64)
        found[0] = ~np.uint64(0)
        for first, ends in self._ends:
            rows = there[ends]
            before = np.bitwise_or.accumulate(rows, axis=0)
            rows[1:] &= ~before[:-1]
            found[first : first + len(ends)] = rows
        return found

    def hindered(self, block: Block) -> npt.NDArray[np.bool_]:
        """Of each root whether something is in the way of its walk."""
        found = _with_both(block, self._hindering)
        rows = block.rows
        reached = np.zeros(len(self._graph), bool)
        reached[block.versions] = True
        for beside, users in self._aimed:
            one, other = np.array(beside), np.array(users)
            one, other = one[reached[one]], other[reached[other]]
            if len(one) and len(other):
                both = np.bitwise_or.reduce(rows[one]) & np.bitwise_or.reduce(rows[other])
                found |= places(both, len(block.roots))
        return found | self._with_rivals(block)

    def _with_rivals(self, block: Block) -> npt.NDArray[np.bool_]:
        """Whether another version of the root's package is there, or would be taken."""
        package = self._graph.package
        found = np.zeros(len(block.roots), bool)
        place = np.full(self._graph.packages, -1, np.intp)
        place[package[block.roots]] = np.arange(len(block.roots))
        at = place[package]
        is_root = np.zeros(len(package), bool)
        is_root[block.roots] = True
        for number in np.flatnonzero((at >= 0) & ~is_root).tolist():
            mine = at[number]
            those = [number, *self._users.get(number, ())]
            found[mine] |= bool((block.rows[those, mine // BITS] & bit(mine)).any())
        return found


def _with_both(block: Block, pairs: Ints) -> npt.NDArray[np.bool_]:
    """Of each root whether it reaches both of one of these pairs."""
    both = np.zeros(block.rows.shape[1], np.uint64)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        one, other = pairs[start : start + PAIRS_AT_ONCE].T
        both |= np.bitwise_or.reduce(block.rows[one] & block.rows[other], axis=0)
    return places(both, len(block.roots))


def _set(rows: Words, count: int) -> Ints:
    """How many of a few rows have each bit."""
    total = np.zeros(count, np.int32)
    for row in rows:
        total += places(row, count)
    return total


def of_own_packages(
    graph: Graph, roots: Ints, versions: Ints
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where in `versions` there is one of a root's own package, and that root's place."""
    place = np.full(graph.packages, -1, np.intp)
    place[graph.package[roots]] = np.arange(len(roots))
    mine = place[graph.package[versions]]
    at = np.flatnonzero(mine >= 0)
    return at, mine[at]


def bit(place: npt.NDArray[np.intp] | np.intp) -> Words | np.uint64:
    """Within its word."""
    return np.left_shift(np.uint64(1), np.asarray(place % BITS, np.uint64))
