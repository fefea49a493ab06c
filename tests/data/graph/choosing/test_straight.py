"""Walks that are put together from others mark what each marks alone, on graphs of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from tests.support.mass import mass
from tgtui.data.graph.choosing import straight
from tgtui.data.graph.choosing.straight import Choice, Straight


def alone(choices: Sequence[Sequence[Choice]], root: int) -> set[int]:
    """Each dependency in order, unless what satisfies it is marked."""
    marked = {root}
    waiting = [iter(choices[root])]
    while waiting:
        for target, others in waiting[-1]:
            if target is None or target in marked or not marked.isdisjoint(others):
                continue
            marked.add(target)
            waiting.append(iter(choices[target]))
            break
        else:
            waiting.pop()
    return marked


def some_choices(random: Random) -> list[list[Choice]]:
    count = random.randrange(2, 30)
    is_circular, often = random.random() < 0.5, random.random()

    def choice(number: int) -> Choice:
        target = random.randrange(count if is_circular else number)
        others = random.choices(range(count), k=2) if random.random() < often else []
        told = tuple(dict.fromkeys(other for other in others if other != target))
        return (target if random.random() < 0.95 else None), told

    return [
        [choice(number) for _ in range(random.randrange(5)) if is_circular or number]
        for number in range(count)
    ]


@pytest.mark.parametrize("number", mass(200, full=[4_000]))
def test_walks_mark_what_each_marks_alone(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(5)
    for _ in range(number):
        monkeypatch.setattr(straight, "DEEP", random.choice([0, 1, 100]))
        monkeypatch.setattr(straight, "VARIANTS", random.choice([1, 3, 1_000]))
        choices = some_choices(random)
        walks = Straight()
        for mine in choices:
            walks.add(mine, (), is_hindered=False)
        roots = random.sample(range(len(choices)), random.randrange(1, len(choices) + 1))
        found = dict(walks.decided(roots))
        assert found.keys() == set(roots)
        for root in roots:
            bits = int.from_bytes(found[root], "little")
            marked = {n for at, n in enumerate(walks.deciding()) if bits >> at & 1}
            assert marked == alone(choices, root) & {*walks.deciding()}
