"""resolvelib's provider, which decides as pip 26.3 does (`provider.py`, `factory.py`, `found_candidates.py`).

It knows pages and metadata that were fetched; what is missing is raised, fetched by the caller, and all is begun anew.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import AbstractProvider

from tgtui.registries.pypi.documents.metadata import (
    Metadata,
    extras_of,
    is_of,
    requirement_of,
    unreadable,
)
from tgtui.registries.pypi.documents.page import Candidate as Found
from tgtui.registries.pypi.documents.page import Page
from tgtui.registries.pypi.resolving.nodes import (
    PYTHON,
    Asked,
    Base,
    Candidate,
    Exactly,
    ForPython,
    Requirement,
    WithExtras,
)
from tgtui.registries.pypi.target import Target
from tgtui.versions.pypi.names import split_extras
from tgtui.versions.pypi.ranges import InvalidRange, specifier_of

PROMOTED_AFTER = 5
"""Conflicts of a name that is not chosen yet, after which it is chosen first."""


class Missing(Exception):
    """A page, or the metadata of a file, that is needed first."""

    def __init__(self, name: str, found: Found | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.found = found


class World:
    """What is known of packages during one resolution."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.pages: dict[str, Page] = {}
        self.absent: dict[str, str] = {}
        """Names without a page, and why, a sentence."""
        self.metadata: dict[str, Metadata] = {}
        """By the address of the file."""
        self.unknown: dict[str, str] = {}
        """By the address of the file: why what it needs is unknown, a sentence."""
        self.unusable: dict[str, str] = {}
        """By the address of the file: why pip does not take it, a sentence's end. It tries the version's next file."""
        self.unreadable: set[str] = set()
        """Those of the unusable whose requirements can't be read: pip tries no other file of the version."""
        self.notes: dict[str, str] = {}

    def tried(self, name: str, wanted: SpecifierSet, only: Version | None) -> Sequence[Found]:
        """What pip tries of a range, in its order; `only` is the one version that counts. Missing if the page is not here."""
        if (page := self.pages.get(name)) is None:
            if name in self.absent:
                return ()
            raise Missing(name)
        if only is not None:
            found = tuple(each for each in page.candidates if each.version == only)
            page = replace(page, candidates=found)
        return page.tried(wanted)


class Provider(AbstractProvider[Requirement, Candidate, str]):
    """For one resolution from one root, whose version is fixed."""

    def __init__(self, world: World, root: str, version: Version) -> None:
        self._world = world
        self._root = root
        self._version = version
        self._python = Base(PYTHON, Version(world.target.python.rstrip("+")), None, None)
        self._bases: dict[str, Base] = {}
        self._with_extras: dict[tuple[str, tuple[str, ...]], WithExtras] = {}
        self._requires: dict[int, list[Requirement]] = {}
        self._conflicts: defaultdict[str, int] = defaultdict(int)
        self._promoted: set[str] = set()

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> str:
        return requirement_or_candidate.name

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> Iterable[str]:
        causing: set[str] = set()
        for cause in backtrack_causes:
            names = [cause.requirement.name]
            if cause.parent is not None:
                names.append(cause.parent.name)
            for name in names:
                causing.add(name)
                if name not in resolutions:
                    self._conflicts[name] += 1
                    if self._conflicts[name] >= PROMOTED_AFTER:
                        self._promoted.add(name)
        here = list(identifiers)
        if PYTHON in here:
            return [PYTHON]
        return (
            [each for each in here if each in causing]
            or [each for each in here if each in self._promoted and each not in causing]
            or here
        )

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> Any:
        asked = [each.requirement for each in information[identifier]]
        parts = [
            (part.operator, part.version)
            for requirement in asked
            if isinstance(requirement, Asked)
            for part in requirement.wanted
        ]
        is_direct = any(isinstance(requirement, Exactly) for requirement in asked)
        is_pinned = any(operator[:2] == "==" and "*" not in text for operator, text in parts)
        is_bounded = any(
            operator in ("<", "<=", "~=") or (operator == "==" and "*" in text)
            for operator, text in parts
        )
        return (
            identifier not in self._promoted,
            not is_direct,
            not is_pinned,
            not is_bounded,
            0 if split_extras(identifier)[0] == self._root else math.inf,
            not parts,
            identifier,
        )

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Requirement]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Callable[[], Iterator[Candidate]] | Iterable[Candidate]:
        refused = {id(each) for each in incompatibilities.get(identifier, ())}
        mine = list(requirements.get(identifier, ()))
        if identifier == PYTHON:
            return [
                each
                for each in (self._python,)
                if id(each) not in refused and all(r.admits(each) for r in mine)
            ]
        project, extras = split_extras(identifier)
        asked = [each for each in mine if isinstance(each, Asked)]
        exact: list[Candidate] = [each.candidate for each in mine if isinstance(each, Exactly)]
        if extras:
            for below in requirements.get(project, ()):
                if isinstance(below, Exactly):
                    exact.append(self._extended(below.candidate, extras))
                elif isinstance(below, Asked):
                    asked.append(below)
        if exact:
            return [
                each
                for each in dict.fromkeys(exact)
                if id(each) not in refused and all(r.admits(each) for r in mine)
            ]
        wanted = asked[0].wanted if asked else SpecifierSet()
        for requirement in asked[1:]:
            wanted &= requirement.wanted
        return lambda: (
            each for each in self._built(project, extras, wanted) if id(each) not in refused
        )

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        return requirement.admits(candidate)

    def get_dependencies(self, candidate: Candidate) -> list[Requirement]:
        known = self._requires.get(id(candidate))
        if known is None:
            known = self._requires[id(candidate)] = list(self._dependencies(candidate))
        return known

    def _built(
        self, project: str, extras: tuple[str, ...], wanted: SpecifierSet
    ) -> Iterator[Candidate]:
        """Candidates in the order in which pip tries them, each version once, made as they are asked for."""
        only = self._version if project == self._root else None
        tried: set[Version] = set()
        for each in self._world.tried(project, wanted, only):
            if each.version in tried:
                continue
            base = self._base(project, each)
            if base is None:
                if each.file.url in self._world.unreadable:
                    tried.add(each.version)
                continue
            tried.add(each.version)
            yield self._extended(base, extras) if extras else base

    def _base(self, project: str, found: Found) -> Base | None:
        """None if pip would not take this file; if its requirements can't be read, none of the version either."""
        url, world = found.file.url, self._world
        if (known := self._bases.get(url)) is not None:
            return known
        if url in world.unusable:
            return None
        metadata = world.metadata.get(url)
        if metadata is None and url not in world.unknown:
            raise Missing(project, found)
        if metadata is not None:
            if not is_of(metadata, project, found.version):
                world.unusable[url] = "its metadata is that of another version"
                return None
            if (line := unreadable(metadata)) is not None:
                world.unusable[url] = f"its requirement {line[:80]!r} can't be read"
                world.unreadable.add(url)
                return None
        made = self._bases[url] = Base(project, found.version, found.file, metadata)
        return made

    def _extended(self, base: Base, extras: tuple[str, ...]) -> WithExtras:
        key = base.file.url if base.file else base.name, extras
        if key not in self._with_extras:
            self._with_extras[key] = WithExtras(base, extras)
        return self._with_extras[key]

    def _dependencies(self, candidate: Candidate) -> Iterator[Requirement]:
        metadata = candidate.base.metadata
        if isinstance(candidate, WithExtras):
            yield Exactly(candidate.base)
        elif metadata is not None and metadata.requires_python:
            try:
                wanted = specifier_of(metadata.requires_python)
            except InvalidRange:
                wanted = SpecifierSet()
            if len(wanted):
                yield ForPython(wanted, self._python.version)
        if metadata is not None:
            yield from needed(self._world, metadata, candidate.extras)


def needed(world: World, metadata: Metadata, extras: tuple[str, ...]) -> Iterator[Asked]:
    """What a version needs here, with those of these extras that it provides. A requirement with extras and a range
    is two, so that the range counts for the package itself."""
    valid = [extra for extra in extras if extra in metadata.provides]
    for text in metadata.requires:
        requirement = requirement_of(text)
        if requirement is None or not (
            any(world.target.holds(requirement.marker, extra) for extra in valid)
            if valid
            else world.target.holds(requirement.marker)
        ):
            continue
        name = split_extras(requirement.name)[0]
        asked = extras_of(requirement)
        if requirement.url:
            world.notes[name] = (
                f"{name} comes from an address, which is not followed: what it needs is unknown."
            )
            continue
        if asked and len(requirement.specifier):
            yield Asked(name, (), requirement.specifier)
        yield Asked(name, asked, requirement.specifier)
