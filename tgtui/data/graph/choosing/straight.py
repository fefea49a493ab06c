"""apt's walk from very many roots where nothing stands in the way of it: no conflict, and nothing that can't be had.

Then each dependency is met in order, takes its first choice unless what satisfies it is marked already, and nothing is
given up again: `marking.py` comes to the same, which knows all the rest.

The walk from a version alone is worked out once and taken over as a whole wherever it is met, as a set of bits. That is
exact unless some of its choices are met by what is marked already; then it is worked out once for these choices. Where
it leads back to what the walk comes from, dependencies are gone through one by one, and what is below is taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

DEEP = 100
"""Walks within walks that are worked out for some choices; what is deeper is gone through one by one."""
VARIANTS = 20_000
"""Walks for some choices that are kept."""

Choice: TypeAlias = tuple[int | None, tuple[int, ...]]
"""What a dependency takes if nothing else is there, None if that is not known; what else satisfies it, in order."""


class _Walk(NamedTuple):
    """The outcome of one, as sets of bits."""

    marked: int
    """Versions, by place."""
    met: int
    """Choices that one of them satisfies without being their first."""
    first: int
    """Choices whose first is marked."""
    open: int
    """Choices of all that is marked."""


class Straight:
    """Versions by number, as they are added."""

    def __init__(self) -> None:
        self.plain: list[tuple[int, ...]] = []
        """Of each version where its dependencies without alternatives lead."""
        self.choosing: list[tuple[int, ...]] = []
        """Its other dependencies, each as a number of `choices`."""
        self.choices: list[Choice] = []
        self.excluded: dict[int, frozenset[int]] = {}
        """What can't be beside a version."""
        self.hindered: list[int] = []
        """Those of which one dependency may be impossible."""
        self._numbers: dict[Choice, int] = {}
        self._steps: list[tuple[tuple[int, int], ...]] = []
        """Of each its dependencies in order: the first choice, and the number of the choice or -1."""

    def add(self, choices: Sequence[Choice], excluded: Sequence[int], *, is_hindered: bool) -> None:
        """The next version. `is_hindered` if one of its dependencies may be impossible."""
        number = len(self._steps)
        told = [(choice[0], self._number(choice) if choice[1] else -1) for choice in choices]
        steps = tuple([(target, at) for target, at in told if target is not None])
        self._steps.append(steps)
        self.plain.append(tuple({target for target, at in steps if at < 0}))
        self.choosing.append(tuple({at for _target, at in told if at >= 0}))
        if excluded:
            self.excluded[number] = frozenset(excluded) - {number}
        if is_hindered:
            self.hindered.append(number)

    def _number(self, choice: Choice) -> int:
        found = self._numbers.get(choice)
        if found is None:
            found = self._numbers[choice] = len(self.choices)
            self.choices.append(choice)
        return found

    def deciding(self) -> list[int]:
        """The versions that a choice may be about."""
        found = {other for _target, others in self.choices for other in others}
        return sorted(found | {target for target, _others in self.choices if target is not None})

    def decided(self, roots: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Of each of these roots, in any order, which of `deciding` are marked: a bit each, the lowest first."""
        return _Walking(self._steps, self.choices, self.deciding()).run(roots)


class _Walking:
    """Walks from many roots, those first that others lead to."""

    def __init__(
        self,
        steps: Sequence[Sequence[tuple[int, int]]],
        choices: Sequence[Choice],
        deciding: Sequence[int],
    ) -> None:
        self._steps = steps
        self._deciding = len(deciding)
        self._place = _places(steps, deciding)
        self._meets: dict[int, int] = {}
        self._firsts: dict[int, int] = {}
        for number, (target, others) in enumerate(choices):
            for other in others:
                self._meets[other] = self._meets.get(other, 0) | 1 << number
            if target is not None:
                self._firsts[target] = self._firsts.get(target, 0) | 1 << number
        self._opens = [sum(1 << at for at in {at for _, at in mine if at >= 0}) for mine in steps]
        self._knots: list[int] = []
        self._known: dict[int, _Walk] = {}
        self._variants: dict[tuple[int, int], _Walk] = {}
        """By version and choices."""

    def run(self, roots: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        self._knots, order = knots(self._steps, roots)
        of = self._knots
        entered = {
            target
            for number in order
            for target, _choice in self._steps[number]
            if of[target] != of[number]
        }
        asked = set(roots)
        size = -(-self._deciding // 8)
        low = (1 << self._deciding) - 1
        for number in order:  # what a version leads to comes before it
            if number not in entered and number not in asked:
                continue
            found = self._walk(number)
            if number in entered:
                self._known[number] = found
            if number in asked:
                yield number, (found.marked & low).to_bytes(size, "little")

    def _walk(self, root: int, satisfied: int = 0, depth: int = 0) -> _Walk:
        """`satisfied` are choices that something else meets."""
        steps, place, of = self._steps, self._place, self._knots
        meets, firsts, opens = self._meets, self._firsts, self._opens
        marked = 1 << place[root]
        met, first, open = satisfied | meets.get(root, 0), firsts.get(root, 0), opens[root]
        waiting = [(iter(steps[root]), of[root])]
        while waiting:
            mine, knot = waiting[-1]
            for target, choice in mine:
                if (choice >= 0 and met >> choice & 1) or marked & 1 << place[target]:
                    continue
                if of[target] != knot:
                    walk = self._known[target]
                    if walk.open & walk.first & met & ~first:
                        found = self._beside(target, walk, met & ~first, depth)
                    else:
                        found = walk
                    if found is not None:
                        marked |= found.marked
                        met |= found.met
                        first |= found.first
                        open |= found.open
                        continue
                marked |= 1 << place[target]
                met |= meets.get(target, 0)
                first |= firsts.get(target, 0)
                open |= opens[target]
                waiting.append((iter(steps[target]), of[target]))
                break
            else:
                waiting.pop()
        return _Walk(marked, met, first, open)

    def _beside(self, root: int, walk: _Walk, met: int, depth: int) -> _Walk | None:
        """The walk from `root` where these choices are met and their first is not there; None if that is too deep."""
        if depth >= DEEP:
            return None
        satisfied = 0
        while more := walk.open & walk.first & met & ~satisfied:
            satisfied |= more
            found = self._variants.get((root, satisfied))
            if found is None:
                found = self._walk(root, satisfied, depth + 1)
                if len(self._variants) >= VARIANTS:
                    self._variants.clear()
                self._variants[root, satisfied] = found
            walk = found
        return walk


def _places(steps: Sequence[Sequence[tuple[int, int]]], deciding: Sequence[int]) -> list[int]:
    """A bit for each version: those first that are asked for, then those that many need, so that sets are short."""
    users = [0] * len(steps)
    for mine in steps:
        for target, _choice in mine:
            users[target] += 1
    is_deciding = set(deciding)
    others = (number for number in range(len(steps)) if number not in is_deciding)
    found = [0] * len(steps)
    for place, number in enumerate([*deciding, *sorted(others, key=lambda each: -users[each])]):
        found[number] = place
    return found


def knots(
    steps: Sequence[Sequence[tuple[int, int]]], roots: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Of each version that is reached the number of its strongly connected component; and all that are reached, what
    a component leads to before it. Source: Tarjan, without recursion."""
    of = [-1] * len(steps)
    index = [-1] * len(steps)
    lowest = [0] * len(steps)
    order: list[int] = []
    path: list[int] = []
    count = 0
    for root in roots:
        if index[root] >= 0:
            continue
        index[root] = lowest[root] = count
        count += 1
        path.append(root)
        waiting = [(root, iter(steps[root]))]
        while waiting:
            number, mine = waiting[-1]
            for target, _choice in mine:
                if index[target] < 0:
                    index[target] = lowest[target] = count
                    count += 1
                    path.append(target)
                    waiting.append((target, iter(steps[target])))
                    break
                if of[target] < 0 and index[target] < lowest[number]:
                    lowest[number] = index[target]
            else:
                waiting.pop()
                if waiting and lowest[number] < lowest[waiting[-1][0]]:
                    lowest[waiting[-1][0]] = lowest[number]
                if lowest[number] == index[number]:
                    while True:
                        last = path.pop()
                        of[last] = number
                        order.append(last)
                        if last == number:
                            break
    return of, order
