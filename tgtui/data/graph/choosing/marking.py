"""What apt marks for installation when one version is installed on an empty system, in memory.

Source: `MarkInstall` in apt's depcache. It goes down at once: a package is marked, then its dependencies in order,
each only if nothing that satisfies it is marked already. What a package conflicts with must not be marked beside it;
then the next alternative is tried, or a recommendation left out. This is the walk alone: where apt's problem resolver
would go back on what is marked, a doubt is noted. No SQL and no recursion: a chain may be of any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, field


class Group(Struct, frozen=True):
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


class Cause(Struct, frozen=True):
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
    ) -> None:
        """`groups` of each version in order; `rivals` are other versions of the root's package."""
        self._groups = groups
        self._conflicts_of = conflicts_of
        self._root = root
        self._protected: set[int] = {root}
        self._marks = Marks(denied={rival: Cause(rival, root) for rival in rivals})

    def run(self) -> Marks:
        self._marks.marked.add(self._root)
        waiting = [self._mark(self._root, True, is_root=True)]
        answer: bool | None = None
        while waiting:
            try:
                asked = next(waiting[-1]) if answer is None else waiting[-1].send(answer)
            except StopIteration as ended:
                waiting.pop()
                answer = bool(ended.value)
            else:
                waiting.append(self._mark(*asked))
                answer = None
        return self._marks

    def _mark(self, number: int, is_whole: bool, *, is_root: bool = False) -> Step:
        """Mark a version, and what it needs if `is_whole`. False if that is impossible."""
        marked, groups = self._marks.marked, self._groups[number]
        if self._is_out(number):
            return False
        was_protected = number in self._protected
        if not was_protected and number in marked and all(map(self._is_satisfied, groups)):
            return True
        fails_early = not (was_protected or is_root)
        if (
            is_whole
            and fails_early
            and any(group.is_required and self._is_impossible(group) for group in groups)
        ):
            self._refuse(number, Cause(number, None))
            return False
        has_failed = False
        if is_whole and not self._clear(number, was_protected):
            if fails_early:
                return False
            has_failed = True
        open_groups = [g for g in groups if was_protected or not self._is_satisfied(g)]
        marked.add(number)
        if not is_whole:
            return not has_failed
        self._protected.add(number)
        cause: Cause | None = None
        for group in open_groups:
            if self._is_satisfied(group):
                if was_protected and group.is_required:
                    has_failed |= not (yield from self._protect(group))
                continue
            taken = yield from self._take(group, was_protected)
            if not taken and group.is_required and group.target is not None:
                has_failed = True
                cause = self._marks.cause_of(group) or Cause(number, None)
                if fails_early:
                    break
        if not was_protected:
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
        candidates = [number for number in _choices(group) if not self._is_out(number)]
        if len(candidates) != 1 or candidates[0] in self._protected:
            return True
        self._protected.add(candidates[0])
        return (yield candidates[0], True)

    def _clear(self, number: int, is_protected: bool) -> bool:
        """Unmark what it conflicts with, or rule that out; False if one of them must stay."""
        marks = self._marks
        for other in self._conflicts_of(number):
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
        return [number for number in _choices(group) if not self._is_out(number)]

    def _is_out(self, number: int) -> bool:
        return number in self._marks.denied and number not in self._marks.marked

    def _is_satisfied(self, group: Group) -> bool:
        marked = self._marks.marked
        if group.target in marked:
            return True
        if not (group.others or group.unchosen):
            return False
        return any(n in marked for n in group.others) or any(n in marked for n in group.unchosen)

    def _is_impossible(self, group: Group) -> bool:
        if group.target is None and not group.others:
            return group.is_hopeless and not self._is_satisfied(group)
        return not (self._is_satisfied(group) or self._possible(group))


def _choices(group: Group) -> list[int]:
    """In the order in which apt tries."""
    # What is taken first is not in the catalogue yet: nothing may take its place.
    return [] if group.target is None else [group.target, *group.others]


def satisfying(group: Group, marked: set[int]) -> int | None:
    """The first of the marked versions that satisfies a group."""
    for number in (group.target, *group.others, *group.unchosen):
        if number is not None and number in marked:
            return number
    return None
