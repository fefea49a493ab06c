"""What resolvelib compares: requirements and candidates, as pip 26.3 has them (`requirements.py`, `candidates.py`).

`pkg[a,b]` is a node beside `pkg`, with exactly that `pkg` as its first dependency. A candidate is told by identity, so
each is made once.
"""

from __future__ import annotations

from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tgtui.registries.pypi.documents.metadata import Metadata
from tgtui.registries.pypi.documents.page import File
from tgtui.versions.pypi.names import with_extras

PYTHON = "<Python from Requires-Python>"
"""The name of the node that is Python itself; no package can have it."""


class Base:
    """A version of a package, by one of its files; or Python."""

    extras: tuple[str, ...] = ()

    def __init__(
        self, name: str, version: Version, file: File | None, metadata: Metadata | None
    ) -> None:
        """`metadata` None if what it needs is unknown."""
        self.project = self.name = name
        self.version = version
        self.file = file
        self.metadata = metadata

    @property
    def base(self) -> Base:
        return self

    def __repr__(self) -> str:
        return f"{self.name} {self.version}"


class WithExtras:
    """The same with extras."""

    def __init__(self, base: Base, extras: tuple[str, ...]) -> None:
        self.base = base
        self.project = base.name
        self.name = with_extras(base.name, extras)
        self.extras = extras
        self.version = base.version

    def __repr__(self) -> str:
        return f"{self.name} {self.version}"


Candidate: TypeAlias = Base | WithExtras


class Asked:
    """A range of versions of a package."""

    def __init__(self, project: str, extras: tuple[str, ...], wanted: SpecifierSet) -> None:
        self.project = project
        self.extras = extras
        self.wanted = wanted
        self.name = with_extras(project, extras)
        self._known: dict[Version, bool] = {}

    def admits(self, candidate: Candidate) -> bool:
        """resolvelib asks again and again."""
        version = candidate.version
        if (known := self._known.get(version)) is None:
            known = self._known[version] = self.wanted.contains(version, prereleases=True)
        return known

    def __str__(self) -> str:
        return f"{self.name}{self.wanted}"


class Exactly:
    """One candidate: the base of one with extras."""

    wanted = SpecifierSet()

    def __init__(self, candidate: Base) -> None:
        self.candidate = candidate
        self.project = self.name = candidate.name
        self.extras: tuple[str, ...] = ()

    def admits(self, candidate: Candidate) -> bool:
        return candidate is self.candidate

    def __str__(self) -> str:
        return f"{self.name}=={self.candidate.version}"


class ForPython:
    """What a version asks of Python."""

    project = name = PYTHON
    extras: tuple[str, ...] = ()

    def __init__(self, wanted: SpecifierSet, python: Version) -> None:
        self.wanted = wanted
        self._is_met = wanted.contains(python, prereleases=True)

    def admits(self, candidate: Candidate) -> bool:
        return self._is_met

    def __str__(self) -> str:
        return f"Python {self.wanted}"


Requirement: TypeAlias = Asked | Exactly | ForPython
