"""What apt marks for installation when one version is installed on an empty system, in memory.

Source: `MarkInstall` in apt's depcache. It goes down at once: a package is marked, then its dependencies in order,
each only if nothing that satisfies it is marked already. What a package conflicts with must not be marked beside it;
then the next alternative is tried, or a recommendation left out. This is the walk alone: where apt's problem resolver
would go back on what is marked, a doubt is noted. No SQL and no recursion: a chain may be of any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, field


class Group(Struct, frozen=True, gc=False):
    """A dependency of a version: one of several may satisfy it."""

    is_required: bool
    """Otherwise a recommendation."""
    target: int | None
    """What apt takes if nothing else is there; None if that is not among the versions."""
    others: Sequence[int] = ()
    """What else it may take, in order."""
    unchosen: Sequence[int] = ()
    """What satisfies it, but is never taken because of it."""
    is_hopeless: bool = False
    """Nothing satisfies it."""


class Cause(Struct, frozen=True, gc=False):
    """Why a version can't be marked."""

    source: int
    other: int | None
    """What it conflicts with; None if one of its dependencies can't be satisfied."""


class Marks(Struct):
    """The outcome of the walk."""

    marked: set[int] = field(default_factory=set)
    refused: dict[int, Cause] = field(default_factory=dict)
    """What was tried and given up."""
    denied: dict[int, Cause] = field(default_factory=dict)
    """What was never tried, because it would not go with something that must be there."""

    def cause_of(self, group: Group) -> Cause | None:
        """Why the first choice of a group was not taken."""
        if group.target is None:
            return None
        return self.refused.get(group.target) or self.denied.get(group.target)


Step: TypeAlias = Generator[tuple[int, bool], bool, bool]


class Marking:
    """One walk from a root."""

    def __init__(
        self,
        groups: Sequence[Sequence[Group]] | Mapping[int, Sequence[Group]],
        conflicts_of: Callable[[int], Sequence[int]],
        rivals: Sequence[int] = (),
        *,
        root: int = 0,
        reached: Container[int] | None = None,
    ) -> None:
        """`groups` of each version in order; `rivals` are other versions of the root's package.

        `reached` are those versions that may be taken, where groups name others too; the first choices are among them.
        """
        self._groups = groups
        self._conflicts_of = conflicts_of
        self._root = root
        self._reached = reached
        self._protected: set[int] = {root}
        self._marks = Marks(denied={rival: Cause(rival, root) for rival in rivals})

    def run(self) -> Marks:
        self._marks.marked.add(self._root)
        begun = self._mark(self._root, True, is_root=True)
        if isinstance(begun, bool):
            return self._marks
        waiting = [begun]
        answer: bool | None = None
        while waiting:
            try:
                number, is_whole = next(waiting[-1]) if answer is None else waiting[-1].send(answer)
            except StopIteration as ended:
                waiting.pop()
                answer = bool(ended.value)
            else:
                begun = self._mark(number, is_whole)
                if isinstance(begun, bool):
                    answer = begun
                else:
                    waiting.append(begun)
                    answer = None
        return self._marks

    def _mark(self, number: int, is_whole: bool, *, is_root: bool = False) -> Step | bool:
        """Mark a version; how to go on with what it needs, if `is_whole` and needs are left. False if that is
        impossible."""
        marks = self._marks
        marked, groups = marks.marked, self._groups[number]
        if self._is_out(number):
            return False
        was_protected = number in self._protected
        if not was_protected and number in marked and all(map(self._is_satisfied, groups)):
            return True
        fails_early = not (was_protected or is_root)
        open_groups = groups if was_protected else self._open(groups)
        if is_whole and fails_early and self._has_impossible(open_groups):
            self._refuse(number, Cause(number, None))
            return False
        has_failed = False
        if is_whole and (conflicts := self._conflicts_of(number)):
            if not self._clear(number, conflicts, was_protected):
                if fails_early:
                    return False
                has_failed = True
            if not was_protected:
                open_groups = self._open(groups)
        marked.add(number)
        if not is_whole or not open_groups:
            return not has_failed
        return self._satisfy(number, open_groups, was_protected, fails_early, has_failed)

    def _satisfy(
        self,
        number: int,
        groups: Sequence[Group],
        is_protected: bool,
        fails_early: bool,
        has_failed: bool,
    ) -> Step:
        """Mark what a version needs."""
        marked, denied = self._marks.marked, self._marks.denied
        self._protected.add(number)
        cause: Cause | None = None
        for group in groups:
            target = group.target
            if target in marked or ((group.others or group.unchosen) and self._is_satisfied(group)):
                is_fixed = not group.others and target in self._protected
                if is_protected and group.is_required and not is_fixed:
                    has_failed |= not (yield from self._protect(group))
                continue
            if target is None:
                continue
            if is_protected or target in denied:
                taken = yield from self._take(group, is_protected)
            else:
                taken = yield target, True
                for other in () if taken else self._others(group):
                    if not self._is_out(other) and (yield other, True):
                        taken = True
                        break
            if not taken and group.is_required:
                has_failed = True
                cause = self._marks.cause_of(group) or Cause(number, None)
                if fails_early:
                    break
        if not is_protected:
            self._protected.discard(number)
        if cause is not None and fails_early:
            self._refuse(number, cause)
            return False
        return not has_failed

    def _take(self, group: Group, is_protected: bool) -> Step:
        """Mark the first that can be."""
        possible = self._possible(group)
        for number in possible:
            if is_protected and group.is_required and len(possible) == 1:
                if not (yield number, False):
                    continue
                self._protected.add(number)
            if (yield number, True):
                return True
        return False

    def _protect(self, group: Group) -> Step:
        """What can be satisfied in one way only must stay if what needs it must."""
        candidates = self._possible(group)
        if len(candidates) != 1 or candidates[0] in self._protected:
            return True
        self._protected.add(candidates[0])
        return (yield candidates[0], True)

    def _clear(self, number: int, conflicts: Sequence[int], is_protected: bool) -> bool:
        """Unmark what it conflicts with, or rule that out; False if one of them must stay."""
        marks = self._marks
        for other in conflicts:
            if other in marks.marked:
                if other in self._protected:
                    self._refuse_only(number, Cause(number, other))
                    return False
                marks.marked.discard(other)
                marks.refused.setdefault(other, Cause(number, other))
            elif is_protected and not self._is_out(other):
                marks.denied[other] = Cause(number, other)
        return True

    def _refuse(self, number: int, cause: Cause) -> None:
        self._marks.marked.discard(number)
        self._marks.denied[number] = cause

    def _refuse_only(self, number: int, cause: Cause) -> None:
        """This time; another dependency may ask for it again."""
        self._marks.refused[number] = cause

    def _possible(self, group: Group) -> list[int]:
        """In the order in which apt tries."""
        if group.target is None:
            # What is taken first is not in the catalogue yet: nothing may take its place.
            return []
        return [
            number for number in (group.target, *self._others(group)) if not self._is_out(number)
        ]

    def _others(self, group: Group) -> Sequence[int]:
        reached = self._reached
        if reached is None or not group.others:
            return group.others
        return [number for number in group.others if number in reached]

    def _is_out(self, number: int) -> bool:
        return number in self._marks.denied and number not in self._marks.marked

    def _open(self, groups: Sequence[Group]) -> list[Group]:
        """Those that nothing satisfies yet."""
        marked = self._marks.marked
        return [
            group
            for group in groups
            if group.target not in marked
            and not ((group.others or group.unchosen) and self._is_satisfied(group))
        ]

    def _is_satisfied(self, group: Group) -> bool:
        marked = self._marks.marked
        return (
            group.target in marked
            or not marked.isdisjoint(group.others)
            or not marked.isdisjoint(group.unchosen)
        )

    def _has_impossible(self, groups: Sequence[Group]) -> bool:
        """Of those that nothing satisfies yet, whether one that is required can't be."""
        denied = self._marks.denied
        for group in groups:
            target = group.target
            if target is None:
                if group.is_required and (group.is_hopeless or self._others(group)):
                    return True
            elif target in denied and group.is_required and not self._possible(group):
                return True
        return False


def satisfying(group: Group, marked: set[int]) -> int | None:
    """The first of the marked versions that satisfies a group."""
    for number in (group.target, *group.others, *group.unchosen):
        if number is not None and number in marked:
            return number
    return None
