"""apt's walk from very many roots where nothing stands in the way of it: no conflict, and nothing that can't be had.

Then each dependency is met in order, takes its first choice unless what satisfies it is marked already, and nothing is
given up again: `marking.py` comes to the same, which knows all the rest. Whether something was in the way is told from
what was marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Choice: TypeAlias = tuple[int | None, tuple[int, ...]]
"""What a dependency takes if nothing else is there, None if that is not known; what else satisfies it, in order."""


class Straight:
    """Versions by number, as they are added."""

    def __init__(self) -> None:
        self._steps: list[tuple[tuple[int, frozenset[int] | None], ...]] = []
        """Of each its dependencies in order: what is taken unless one of the set is marked."""
        self._plain: list[frozenset[int]] = []
        """Where dependencies without alternatives lead."""
        self._choices: list[tuple[Choice, ...]] = []
        self._aims: list[frozenset[int]] = []
        """All that is taken first."""
        self._excluded: dict[int, frozenset[int]] = {}
        """What can't be beside it."""
        self._hindered: set[int] = set()

    def add(self, choices: Sequence[Choice], excluded: Sequence[int], *, is_hindered: bool) -> None:
        """The next version. `is_hindered` if one of its dependencies may be impossible."""
        number = len(self._steps)
        aims = [(target, others) for target, others in choices if target is not None]
        self._steps.append(tuple((t, frozenset(o) if o else None) for t, o in aims))
        self._plain.append(frozenset(t for t, o in aims if not o))
        self._choices.append(tuple(choice for choice in choices if choice[1]))
        self._aims.append(frozenset(target for target, _others in aims))
        if excluded:
            self._excluded[number] = frozenset(excluded) - {number}
        if is_hindered:
            self._hindered.add(number)

    def tree(self, root: int, rivals: Sequence[int]) -> tuple[list[int], int, int] | None:
        """As `Choices.tree`; None if something may be in the way. `rivals` must not be taken at all."""
        marked = self._marked(root)
        if not self._hindered.isdisjoint(marked):
            return None
        out = {*rivals}
        for number in self._excluded.keys() & marked:
            out |= self._excluded[number]
        if out and (
            not out.isdisjoint(marked)
            or any(not out.isdisjoint(aims) for aims in map(self._aims.__getitem__, marked))
        ):
            return None
        return self._levels(root, marked)

    def _marked(self, root: int) -> set[int]:
        steps = self._steps
        marked = {root}
        waiting = [iter(steps[root])]
        while waiting:
            for target, others in waiting[-1]:
                if target in marked or (others is not None and not others.isdisjoint(marked)):
                    continue
                marked.add(target)
                waiting.append(iter(steps[target]))
                break
            else:
                waiting.pop()
        return marked

    def _levels(self, root: int, marked: set[int]) -> tuple[list[int], int, int]:
        """By distance, over where dependencies lead now."""
        plain, choices = self._plain, self._choices
        order = [root]
        seen = {root}
        level: Sequence[int] = order[:]
        direct = depth = 0
        while True:
            ends = set().union(*map(plain.__getitem__, level))
            for number in level:
                for target, others in choices[number]:
                    if target in marked:
                        ends.add(target)
                    else:
                        ends.update([other for other in others if other in marked][:1])
            level = list(ends - seen)
            if not level:
                return order, direct, depth
            seen.update(level)
            order += level
            depth += 1
            direct = direct or len(level)
