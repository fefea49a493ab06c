"""What installs weigh: the heaviest by bytes, without weighing each tree exactly.

While closures are counted, each tree gets a bound that it surely does not exceed, from how many of its versions are in
each class of sizes. Then the trees with the highest bounds are weighed, until no other can be among the heaviest.
As on the tree screen, what is for other platforms is not counted, nor what only that brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow
from msgspec import Struct

from tgtui.analytics.answers.closures import (
    BITS,
    Graph,
    Ints,
    Words,
    closures,
    graph_of,
    members,
    per_place,
)
from tgtui.analytics.answers.loading import Loaded
from tgtui.analytics.answers.reusing import Reusing, bit
from tgtui.data.storage.database import Database
from tgtui.data.versions.weights import VersionSize, read_sizes
from tgtui.data.views.insights import LISTED
from tgtui.versions.npm.platform import Platform

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CLASSES = 4
"""Classes of sizes for each doubling: a bound is at most a fifth too high."""
FIRST_WEIGHED = 2 * LISTED

SIZES = """
SELECT n.node, s.size, s.elsewhere
FROM answer_sizes s JOIN answer_nodes n ON replace(n.version_id, '-', '') = s.id
"""

Numbers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Sizes(Struct, frozen=True):
    """Of each version of a graph."""

    bytes: Numbers
    """0 if they are unknown."""
    is_known: Bools
    is_elsewhere: Bools
    """It is for other platforms only."""


class Weight(NamedTuple):
    package: int
    bytes: int
    packages: int
    """Versions that are installed, the package itself included."""
    known: int
    """Of how many of them the size is known."""


def sizes_in(
    connection: DuckDBPyConnection, database: Database, graph: Graph, platform: Platform
) -> Sizes:
    """Of the versions in `answer_nodes`, as the catalogue knows them now."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE answer_sizes (id VARCHAR, size BIGINT, elsewhere BOOLEAN)"
    )

    def keep(some: list[VersionSize]) -> None:
        columns = [pyarrow.array(column) for column in zip(*some, strict=True)]
        connection.register("told", pyarrow.table(columns, ["id", "size", "elsewhere"]))
        connection.execute("INSERT INTO answer_sizes SELECT * FROM told")
        connection.unregister("told")

    database.read_now(read_sizes, platform, keep)
    found = connection.execute(SIZES).fetchnumpy()
    size = np.ma.asarray(found["size"])
    is_there = ~np.ma.getmaskarray(size)
    node = np.asarray(found["node"], np.int64)
    sizes = Sizes(
        np.zeros(len(graph), np.int64), np.zeros(len(graph), bool), np.zeros(len(graph), bool)
    )
    sizes.bytes[node[is_there]] = size.data[is_there].astype(np.int64)
    sizes.is_known[node[is_there]] = True
    sizes.is_elsewhere[node] = np.asarray(found["elsewhere"], bool)
    return sizes


class Weights:
    """Bounds of all trees, and weights of some."""

    def __init__(self, graph: Graph, sizes: Sizes) -> None:
        self._graph = graph
        self._sizes = sizes
        self.most = np.zeros(graph.packages, np.int64)
        """Of each package the bound of what its latest version brings, in bytes."""
        counted = np.flatnonzero((sizes.bytes > 0) & ~sizes.is_elsewhere)
        self._class = np.full(len(graph), -1, np.int16)
        self._class[counted] = np.log2(sizes.bytes[counted].astype(np.float64)) * CLASSES
        self._largest = np.zeros(int(self._class.max(initial=-1)) + 1, np.int64)
        np.maximum.at(self._largest, self._class[counted], sizes.bytes[counted])
        self._here = graph if not sizes.is_elsewhere.any() else _without(graph, sizes.is_elsewhere)

    def bound(self, roots: Ints, versions: Ints, rows: Words, at: Ints) -> None:
        """Of these trees, in place of what was told before. `rows[at]` are those of `versions`."""
        classes = self._class[versions]
        order = np.argsort(classes, kind="stable")
        order = order[classes[order] >= 0]
        total = np.where(self._sizes.is_elsewhere[roots], self._sizes.bytes[roots], 0)
        firsts = np.flatnonzero(np.diff(classes[order], prepend=-1))
        for part in np.split(order, firsts[1:]) if len(order) else ():
            those = per_place(rows[at[part]])[: len(roots)]
            total = total + those * self._largest[classes[part[0]]]
        self.most[self._graph.package[roots]] = total

    def walked(self, root: int, reached: Ints) -> None:
        """A tree that was walked by itself."""
        self.most[self._graph.package[root]] = self._of(root, reached).bytes

    def heaviest(
        self, loaded: Loaded, reusing: Sequence[Reusing], among: npt.NDArray[np.intp]
    ) -> list[Weight]:
        """The LISTED heaviest of these packages; those of which nothing is known are left out."""
        order = among[np.argsort(-self.most[among], kind="stable")]
        order = order[self.most[order] > 0]
        found: list[Weight] = []
        done, step = 0, FIRST_WEIGHED
        while done < len(order):
            some = order[done : done + step]
            found += self.weigh(loaded, reusing, some)
            found.sort(key=lambda each: (-each.bytes, -each.packages, each.package))
            del found[LISTED:]
            done += len(some)
            step = done
            is_full = done < len(order) and len(found) == LISTED
            if is_full and found[-1].bytes >= self.most[order[done]]:
                break
        return [each for each in found if each.bytes]

    def weigh(
        self, loaded: Loaded, reusing: Sequence[Reusing], packages: npt.NDArray[np.intp]
    ) -> list[Weight]:
        """Exactly, the latest version of each of these, in any order."""
        roots = loaded.latest[packages]
        found: list[Weight] = []
        for registry in reusing:
            is_theirs = registry.has(roots)
            for trees in registry.trees(roots[is_theirs]):
                for place, root in enumerate(trees.roots.tolist()):
                    if trees.left[place]:
                        reached = registry.tree(root)[0]
                    else:
                        reached = trees.versions[_has(trees.rows, place)]
                    found.append(self._of(root, reached))
            roots = roots[~is_theirs]
        for block in closures(self._here, roots):
            rows = block.rows[block.versions]
            for place, root in enumerate(block.roots.tolist()):
                found.append(self._of(root, block.versions[_has(rows, place)]))
        return found

    def _of(self, root: int, reached: Ints) -> Weight:
        """`reached` includes the root."""
        sizes = self._sizes
        installed = reached[~sizes.is_elsewhere[reached] | (reached == root)]
        return Weight(
            int(self._graph.package[root]),
            int(sizes.bytes[installed].sum()),
            len(installed),
            int(sizes.is_known[installed].sum()),
        )


def _has(rows: Words, place: int) -> Bools:
    """Which rows have the bit of a place."""
    found: Bools = (rows[:, place // BITS] & bit(np.intp(place))) != 0
    return found


def _without(graph: Graph, is_left_out: Bools) -> Graph:
    """No edge leads to these."""
    sources, targets = members(graph.starts, graph.targets, np.arange(len(graph), dtype=np.int32))
    is_kept = ~is_left_out[targets]
    return graph_of(sources[is_kept], targets[is_kept], graph.package, graph.packages)
