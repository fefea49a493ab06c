"""Trees as exports take them, of any size and without a database."""

from __future__ import annotations

import random
from uuid import UUID

from tgtui.basics import clock
from tgtui.data.graph.outline import Outline, OutlineEdge
from tgtui.data.views.edges import TreeTotals
from tgtui.output.trees.tree import ExportedTree

SEED = 7
EDGES = 6
"""Of a package, on average."""
NEAR = 8
"""Packages a package's first dependent may lie before it: what makes the tree some levels deep."""


def made_up_tree(packages: int) -> ExportedTree:
    """Every package is reached from the first; the other edges lead anywhere, most to a few, and make cycles."""
    random_number = random.Random(SEED)
    targets: list[set[int]] = [set() for _ in range(packages)]
    for number in range(1, packages):
        targets[random_number.randrange(number // NEAR, number // 2 + 1)].add(number)
    for _ in range(packages * (EDGES - 1)):
        hot = int(packages * random_number.random() ** 3)
        targets[random_number.randrange(packages)].add(hot)
    ids = [UUID(int=number) for number in range(packages)]
    edges = {
        ids[source]: tuple(edge(f"package-{target}", ids[target]) for target in sorted(found))
        for source, found in enumerate(targets)
        if found
    }
    totals = TreeTotals(packages, 1, 0, 0, 0, 0, 0)
    levels = {id: int(id.int > 0) for id in ids}
    outline = Outline(ids[0], edges, levels, totals, frozenset())
    return ExportedTree("npm", "package-0", "1.0.0", outline, None, clock.now())


def edge(name: str, target: UUID | None) -> OutlineEdge:
    """To version 1.0.0 of a package of npm."""
    return OutlineEdge(
        registry="npm",
        name=name,
        declared_name=None,
        range="^1.0.0",
        resolved_version="1.0.0",
        target_id=target,
        resolution_error=None,
        type="runtime",
        is_optional=False,
        is_yanked=False,
        is_loaded=target is not None,
    )
