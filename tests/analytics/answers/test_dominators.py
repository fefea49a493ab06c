"""Single points of failure, next to leaving each package out and looking who still gets there."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from tests.support.mass import mass
from tgtui.analytics.answers.closures import graph_of
from tgtui.analytics.answers.dominators import SinglePoint, single_points


def reaching(arrows: set[tuple[int, int]], target: int, without: int = -1) -> set[int]:
    found = {target}
    while True:
        more = {a for a, b in arrows if b in found and without not in (a, b)} - found
        if not more:
            return found - {target}
        found |= more


def points(
    arrows: set[tuple[int, int]], size: int, roots: list[int], needed: list[int]
) -> list[SinglePoint]:
    told = np.array(sorted(arrows), np.int32).reshape(-1, 2)
    numbers = np.arange(size, dtype=np.int32)
    graph = graph_of(told[:, 0], told[:, 1], numbers, size)
    return single_points(graph, np.array(roots, np.int32), np.array(needed, np.int32), 1_000)


def test_who_has_no_other_way_counts() -> None:
    # 1 and 2 get to 9 only through 5; 3 has a way of its own, 4 needs it directly.
    arrows = {(1, 5), (2, 5), (3, 5), (3, 9), (5, 9), (4, 9)}
    assert points(arrows, 10, [1, 2, 3, 4, 5], [9]) == [SinglePoint(9, 5, 2, 5)]


def test_older_versions_are_no_packages() -> None:
    arrows = {(1, 5), (2, 5), (5, 9)}
    assert points(arrows, 10, [2, 5], [9]) == [SinglePoint(9, 5, 1, 2)]


def test_nothing_is_a_single_point_where_everyone_needs_it_directly() -> None:
    assert points({(1, 9), (2, 9)}, 10, [1, 2], [9]) == []


@pytest.mark.parametrize("number", mass(40, full=[400]))
def test_it_is_what_leaving_each_out_tells(number: int) -> None:
    random = Random(5)
    for _ in range(number):
        size = random.randrange(3, 14)
        arrows = {
            (random.randrange(size), random.randrange(size))
            for _ in range(random.randrange(3 * size))
        }
        roots = sorted(random.sample(range(size), random.randrange(1, size)))
        target = random.randrange(size)
        every = reaching(arrows, target)
        needing = len(every & set(roots))
        lost = {
            point: len((every - reaching(arrows, target, point) - {point}) & set(roots))
            for point in every
        }
        for found in points(arrows, size, roots, [target]):
            assert (found.needing, found.roots) == (needing, lost[found.point])
        told = points(arrows, size, roots, [target])
        most = max(lost.values(), default=0)
        assert (told[0].roots if told else 0) == most
