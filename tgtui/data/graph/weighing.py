"""What an install weighs: sizes and licences of all that a version brings, and what each part of it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import closure_of
from tgtui.data.versions.facts import facts_of
from tgtui.data.views.facts import InstallWeight, Less, LicenceCount, VersionFacts
from tgtui.syntax.licences import by_kind
from tgtui.versions.npm.platform import Platform


class Weighed(Struct, frozen=True, dict=True):
    """A closure with what is known of its versions. No SQL: the rest is worked out in memory."""

    closure: Closure
    facts: Mapping[UUID, VersionFacts]
    platform: Platform

    @cached_property
    def installed(self) -> tuple[int, ...]:
        """Numbers of the versions that are installed here, the nearest first: what is for other platforms is not, nor
        what only that brings."""
        closure = self.closure
        seen = bytearray(len(closure))
        found = list(range(min(closure.roots, len(closure))))
        for number in found:
            seen[number] = 1
        for number in found:  # grows meanwhile
            for target in closure.targets[number]:
                if not seen[target]:
                    seen[target] = 1
                    if self._is_admitted(target):
                        found.append(target)
        return tuple(found)

    @cached_property
    def total(self) -> InstallWeight:
        """Of the whole install, the root included."""
        facts = [self._facts[number] for number in self.installed]
        known = [each for each in facts if each is not None]
        licences = [each.licence for each in known]
        counted = Counter((each.shown, each.kind) for each in licences)
        kinds = by_kind(licences)
        kinds["unknown"] += len(facts) - len(known)
        unsaid = len(facts) - len(known) + counted.pop(("", "unknown"), 0)
        root = facts[0] if facts else None
        sizes = [each.unpacked_size for each in known if each.unpacked_size is not None]
        return InstallWeight(
            packages=len(facts),
            size=sum(sizes),
            sizes_known=len(sizes),
            own_size=root.unpacked_size if root is not None else None,
            kinds=kinds,
            licences=tuple(
                LicenceCount(shown, kind, count)
                for (shown, kind), count in sorted(
                    counted.items(), key=lambda each: (-each[1], each[0])
                )
            ),
            licences_unknown=unsaid,
            with_scripts=sum(bool(each.said.install_scripts) for each in known),
            platform=str(self.platform),
            for_others=len(self.closure) - len(self.installed),
        )

    def without(self, version_id: UUID) -> Less | None:
        """What would not be installed without this version; None if it is not installed anyway."""
        number = self.closure.number_of(version_id)
        return self._less.get(number) if number is not None else None

    @cached_property
    def _facts(self) -> list[VersionFacts | None]:
        return [self.facts.get(id) for id in self.closure.ids]

    def _is_admitted(self, number: int) -> bool:
        facts = self._facts[number]
        if facts is None:
            return True
        return self.platform.admits(facts.said.os, facts.said.cpu, facts.said.libc)

    @cached_property
    def _less(self) -> dict[int, Less]:
        """By number: all that the version dominates, that is what every way from the root to it passes through it."""
        order, above = _dominators(self.closure, self.installed)
        sizes = [0] * len(order)
        known, packages = [0] * len(order), [1] * len(order)
        for place, number in enumerate(order):
            facts = self._facts[number]
            if facts is not None and facts.unpacked_size is not None:
                sizes[place], known[place] = facts.unpacked_size, 1
        for place in range(len(order) - 1, 0, -1):
            dominator = above[place]
            for each in (sizes, known, packages):
                each[dominator] += each[place]
        return {
            number: Less(packages[place], sizes[place], known[place])
            for place, number in enumerate(order)
        }


NOTHING_WEIGHED = Weighed(Closure([], [], [], [], []), {}, Platform("", ""))
"""Of a tree that was not read from a catalogue."""


def weigh(connection: Connection, closure: Closure, platform: Platform) -> Weighed:
    """One statement for 500 versions."""
    return Weighed(closure, facts_of(connection, closure.ids), platform)


def weight_of(connection: Connection, version_id: UUID, platform: Platform) -> InstallWeight:
    """What an install of the version weighs, as far as it is loaded."""
    return weigh(connection, closure_of(connection, version_id), platform).total


def _dominators(closure: Closure, installed: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """Versions in reverse postorder from the root, and of each the place of its immediate dominator, which comes before it.

    Source: Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. Without recursion.
    """
    here = set(installed)
    order = _reverse_postorder(closure, here)
    place_of = {number: place for place, number in enumerate(order)}
    sources: list[list[int]] = [[] for _ in order]
    for place, number in enumerate(order):
        for target in set(closure.targets[number]) & here:
            sources[place_of[target]].append(place)
    above = [-1] * len(order)
    if order:
        above[0] = 0
    is_changed = True
    while is_changed:
        is_changed = False
        for place in range(1, len(order)):
            new = -1
            for source in sources[place]:
                if above[source] < 0:
                    continue
                if new < 0:
                    new = source
                    continue
                one, other = source, new
                while one != other:
                    if one > other:
                        one = above[one]
                    else:
                        other = above[other]
                new = one
            if above[place] != new:
                above[place], is_changed = new, True
    return order, above


def _reverse_postorder(closure: Closure, here: set[int]) -> list[int]:
    """From the first root: a tree that is weighed has one."""
    if not here:
        return []
    done: list[int] = []
    seen = {0}
    stack = [(0, iter(closure.targets[0]))]
    while stack:
        number, targets = stack[-1]
        for target in targets:
            if target in here and target not in seen:
                seen.add(target)
                stack.append((target, iter(closure.targets[target])))
                break
        else:
            done.append(number)
            stack.pop()
    return done[::-1]
