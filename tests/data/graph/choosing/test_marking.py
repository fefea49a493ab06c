"""apt's walk, on small numbers."""

from __future__ import annotations

from tgtui.data.graph.choosing.marking import Group, Marking, Marks


def need(target: int | None, *others: int) -> Group:
    return Group(True, target, others)


def want(target: int, *others: int) -> Group:
    return Group(False, target, others)


def walk(*groups: list[Group], conflicts: dict[int, list[int]] | None = None) -> Marks:
    told = conflicts or {}
    return Marking(groups, lambda number: told.get(number, [])).run()


def test_it_goes_down_before_it_goes_on() -> None:
    # 1 brings 3, which then serves where 2 would have been taken.
    assert walk([need(1), need(2, 3)], [need(3)], [], []).marked == {0, 1, 3}
    assert walk([need(2, 3), need(1)], [need(3)], [], []).marked == {0, 1, 2, 3}


def test_circles_end() -> None:
    assert walk([need(1)], [need(2)], [need(0), need(1)]).marked == {0, 1, 2}


def test_a_chain_may_be_of_any_depth() -> None:
    chain = [[need(number + 1)] for number in range(20_000)]
    assert len(walk(*chain, []).marked) == 20_001


def test_what_conflicts_with_something_that_must_stay_is_not_taken() -> None:
    found = walk([need(1), want(2)], [], [], conflicts={1: [2]})
    assert found.marked == {0, 1}
    found = walk([need(1), need(2, 3)], [], [], [], conflicts={2: [1]})
    assert found.marked == {0, 1, 3}


def test_what_can_never_be_satisfied_is_passed_over() -> None:
    hopeless = Group(True, None, is_hopeless=True)
    assert walk([need(1, 2)], [hopeless], []).marked == {0, 2}
    assert walk([want(1)], [hopeless]).marked == {0}


def test_what_is_not_here_yet_is_waited_for() -> None:
    assert walk([need(None, 1)], []).marked == {0}
    assert walk([need(None, 1), need(1)], []).marked == {0, 1}
