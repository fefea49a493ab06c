"""Single points of failure: of all packages that need one, how many have no other way to it than through another.

Seen backwards from the one that is needed, what all ways to it pass through are dominators.
"""

from __future__ import annotations

import numpy as np
import rustworkx as rx
from msgspec import Struct

from tgtui.analytics.answers.closures import Graph, Ints, graph_of


class SinglePoint(Struct, frozen=True):
    """A version that all ways of `roots` packages to another pass through. Versions by number."""

    needed: int
    point: int
    roots: int
    """How many latest versions have no other way, the point itself left out."""
    needing: int
    """How many latest versions need it at all."""


def single_points(graph: Graph, roots: Ints, needed: Ints, at_most: int) -> list[SinglePoint]:
    """Of each of these versions the one or two that most depends on; the most first.

    Edges are followed where they lead by themselves. Ways from the point itself don't count, only those through it.
    """
    sources = np.repeat(np.arange(len(graph), dtype=np.int32), np.diff(graph.starts))
    upwards = graph_of(graph.targets, sources, graph.package, graph.packages)
    is_root = np.zeros(len(graph), bool)
    is_root[roots] = True
    found = [each for one in needed for each in _of_one(upwards, is_root, int(one))]
    return sorted(found, key=lambda each: (-each.roots, each.point, each.needed))[:at_most]


POINTS_OF_ONE = 2


def _of_one(
    upwards: Graph, is_root: np.ndarray[tuple[int], np.dtype[np.bool_]], one: int
) -> list[SinglePoint]:
    local = {one: 0}
    order = [one]
    arrows: list[tuple[int, int]] = []
    for number in order:  # grows meanwhile
        here = local[number]
        for source in upwards.targets[upwards.starts[number] : upwards.starts[number + 1]].tolist():
            if source not in local:
                local[source] = len(order)
                order.append(source)
            arrows.append((here, local[source]))
    if len(order) < 3:
        return []
    part = rx.PyDiGraph(multigraph=False)
    part.add_nodes_from(range(len(order)))
    part.extend_from_edge_list(arrows)
    above = rx.immediate_dominators(part, 0)
    own = [int(is_root[number]) for number in order]
    below = list(own)
    # Children come after their dominator in a search from it, so that sums go up from the last.
    for number in _deepest_first(above):
        if number:
            below[above[number]] += below[number]
    needing = below[0] - own[0]
    points = sorted(
        (
            number
            for number in range(1, len(order))
            if above[number] == 0 and below[number] > own[number]
        ),
        key=lambda number: (own[number] - below[number], order[number]),
    )
    return [
        SinglePoint(one, order[number], below[number] - own[number], needing)
        for number in points[:POINTS_OF_ONE]
    ]


def _deepest_first(above: dict[int, int]) -> list[int]:
    """Numbers so that each comes before its dominator."""
    children: dict[int, list[int]] = {}
    for number, dominator in above.items():
        if number != dominator:
            children.setdefault(dominator, []).append(number)
    order = [0]
    for number in order:  # grows meanwhile
        order += children.get(number, ())
    return order[::-1]
