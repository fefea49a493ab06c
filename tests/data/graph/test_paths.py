"""Paths to a version: all of them, each once, the shortest first, however the graph is knotted."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.paths import ways_counted, ways_to

LONG = 10_000


def closure(targets: list[list[int]], roots: int = 1) -> Closure:
    """Of a graph whose every version is reached."""
    size = len(targets)
    keys = [f"{number:032x}" for number in range(size)]
    return Closure(
        keys, targets, [0] * size, [True] * size, [False] * size, roots,
        {key: number for number, key in enumerate(keys)},
    )  # fmt: skip


def every_way(targets: list[list[int]], number: int) -> list[tuple[int, ...]]:
    """By trying them all."""
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[int, ...]] = [(0,)]
    while waiting:
        way = waiting.pop()
        if way[-1] == number:
            found.append(way)
            continue
        waiting += [(*way, target) for target in set(targets[way[-1]]) if target not in way]
    return found


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Each version is reached from an earlier one; the other edges lead anywhere."""
    size = draw(st.integers(1, 7))
    targets: list[list[int]] = [[] for _ in range(size)]
    for number in range(1, size):
        targets[draw(st.integers(0, number - 1))].append(number)
    end = st.integers(0, size - 1)
    for source, target in draw(st.lists(st.tuples(end, end), max_size=14)):
        targets[source].append(target)
    return targets


@given(graphs(), st.integers(1, 12))
def test_all_ways_to_several_are_counted_up_to_a_limit(
    targets: list[list[int]], limit: int
) -> None:
    exact = {number: len(every_way(targets, number)) for number in range(1, len(targets))}
    counts = ways_counted(closure(targets), range(len(targets)), limit)
    assert counts[0] == (0, False)  # of the root itself there is no path
    for number, expected in exact.items():
        count, is_more = counts[number]
        assert count <= expected
        assert is_more == (count < expected)
    assert (sum(c for c, _more in counts.values()) >= limit) or exact == {
        number: count for number, (count, _more) in counts.items() if number
    }


@given(graphs(), st.data())
def test_every_way_comes_once_and_the_shortest_first(
    targets: list[list[int]], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(targets) - 1))
    found = ways_to(closure(targets), number, 10_000)
    assert not found.has_more
    assert sorted(found.ways) == sorted(every_way(targets, number))
    assert [len(way) for way in found.ways] == sorted(len(way) for way in found.ways)


@given(graphs(), st.integers(1, 3))
def test_a_limit_cuts_the_longest(targets: list[list[int]], limit: int) -> None:
    number = len(targets) - 1
    every = sorted(map(len, every_way(targets, number)))
    found = ways_to(closure(targets), number, limit)
    assert [len(way) for way in found.ways] == every[:limit]
    assert found.has_more == (len(every) > limit)


@given(graphs(), st.data())
def test_counts_agree_with_trying(targets: list[list[int]], data: st.DataObject) -> None:
    graph = closure(targets)
    number = data.draw(st.integers(0, len(targets) - 1))
    ways = {target: every_way(targets, target) for target in range(len(targets))}
    assert graph.levels == [min(map(len, ways[target])) - 1 for target in ways]
    assert graph.brings_alone(number) == sum(
        all(number in way for way in ways[target]) for target in ways if target != number
    )
    below = [way for target in ways for way in ways[target] if number in way]
    reached = {target for way in below for target in way[way.index(number) + 1 :]}
    assert graph.brings(number) >= len(reached)
    leading = graph.leading_to([number])
    assert {source for way in ways[number] for source in way} <= leading


def test_a_chain_as_deep_as_a_registry_likes() -> None:
    chain = closure([*([number + 1] for number in range(LONG - 1)), []])
    found = ways_to(chain, LONG - 1, 5)
    assert found.ways == (tuple(range(LONG)),)
    assert not found.has_more
    assert chain.brings(0) == LONG - 1


def test_a_thicket_of_cycles_ends() -> None:
    size = 60
    thicket = closure([[other for other in range(size) if other != n] for n in range(size)])
    found = ways_to(thicket, size - 1, 100)
    assert len(found.ways) == 100
    assert found.has_more
    assert {len(set(way)) - len(way) for way in found.ways} == {0}


def test_a_layered_graph_has_more_ways_than_anybody_counts() -> None:
    layers = [[0], *([4 * layer + n - 3 for n in range(4)] for layer in range(1, 30))]
    targets: list[list[int]] = [[] for _ in range(1 + 4 * 29)]
    for upper, lower in pairwise(layers):
        for source in upper:
            targets[source] = list(lower)
    found = ways_to(closure(targets), len(targets) - 1, 50)
    assert (len(found.ways), found.has_more) == (50, True)


@pytest.mark.parametrize("number", [0, 1])
def test_a_root_is_its_own_reason(number: int) -> None:
    assert ways_to(closure([[1, 2], [0], [1]], roots=2), number, 5).ways == ((number,),)


def test_what_only_one_version_brings_goes_with_it() -> None:
    graph = closure([[1, 2], [3, 4], [4], [5], [], []])
    assert (graph.brings(1), graph.brings_alone(1), graph.brings_alone(0)) == (3, 2, 5)
    assert graph.leading_to([5]) == {5, 3, 1, 0}
