"""Homebrew's index: formulae and casks by name, old name and alias; everything resolves to the newest version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from tgtui.registries.base import DeclaredDependency, DependencyType, DocumentVersion, Facts
from tgtui.registries.brew.document import BrewEntry, plain_name
from tgtui.registries.brew.names import CASK
from tgtui.registries.indexes.indexed import IndexEdge
from tgtui.registries.indexes.stored import StoredIndex

ANY = "*"
"""Formulae do not declare ranges."""

_DECODER = msgspec.msgpack.Decoder(BrewEntry)


class BrewDocument:
    """One formula or cask."""

    registry = "brew"

    weight = 0

    def __init__(self, entry: BrewEntry) -> None:
        self._entry = entry
        self.name = entry.name
        self.description = entry.description
        self.homepage = entry.homepage
        self.repository = entry.repository
        self.versions: Sequence[DocumentVersion] = [
            DocumentVersion(
                version=entry.version,
                published_at=None,
                is_yanked=entry.withdrawn is not None,
                yank_message=entry.withdrawn,
                sort_prefix=entry.scheme.to_bytes(2, "big"),
            )
        ]
        self.dist_tags: dict[str, str] = {}

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """KeyError for any version except its only one."""
        if version != self._entry.version:
            raise KeyError(version)
        return [
            DeclaredDependency("brew", d.name, None, ANY, _type(d.type), d.field, d.is_optional)
            for d in self._entry.dependencies
        ]

    def facts_of(self, version: str) -> Facts:
        """KeyError for any version except its only one."""
        entry = self._entry
        if version != entry.version:
            raise KeyError(version)
        return Facts(licence=entry.licence, caveats=entry.caveats, requirements=entry.requirements)


def _type(found: str) -> DependencyType:
    kind: DependencyType = msgspec.convert(found, DependencyType)
    return kind


class BrewIndex(StoredIndex):
    """A PackageIndex. Threads may share it."""

    def __init__(self, path: Path, confirmed_at: datetime) -> None:
        """ValueError, KeyError or sqlite3.Error if the file is damaged."""
        super().__init__(path, confirmed_at)
        self._targets: dict[str, tuple[str, str] | None] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return BrewIndex, (self.file.path, self.confirmed_at)

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """From old names to `user/tap/name`, for packages that moved to a tap outside the index."""
        found: dict[str, str] = json.loads(self.file.facts["moved"])
        return found

    def canonical(self, name: str) -> str | None:
        """A formula's name, alias or old name, then a cask's, with or without `cask/`."""
        plain = plain_name(name)
        if self.file.entries(plain):
            return plain
        found = self.file.by_other_name(plain)
        return found[0][0] if found else None

    def document(self, name: str) -> BrewDocument | None:
        bodies = self.file.entries(name)
        return BrewDocument(_DECODER.decode(bodies[0])) if bodies else None

    def documents(self) -> Iterator[BrewDocument]:
        for _name, body in self.file.all_entries():
            yield BrewDocument(_DECODER.decode(body))

    def load(self) -> None:
        """Nothing to prepare: look-ups are fast and few."""

    def resolve(self, edges: Sequence[DeclaredDependency]) -> list[IndexEdge]:
        return [self._answer(edge) for edge in edges]

    def _answer(self, edge: DeclaredDependency) -> IndexEdge:
        asked = edge.declared_name or edge.name
        if asked not in self._targets:
            self._targets[asked] = self._look_up(asked)
        target = self._targets[asked]
        if target is None:
            return IndexEdge(edge, None, f"{self.absence(asked)}.")
        name, version = target
        declared_name = asked if asked != name else None
        declared = msgspec.structs.replace(edge, name=name, declared_name=declared_name)
        return IndexEdge(declared, version)

    def absence(self, name: str) -> str:
        """Why a name leads to nothing, a sentence without its stop."""
        plain = plain_name(name)
        if plain in self.moved:
            tap = self.moved[plain].rpartition("/")[0]
            return f"{name} has moved to the tap {tap}, which Homebrew's index does not have"
        if plain.count("/") == 2:
            tap = plain.rpartition("/")[0]
            return f"{name} is of the tap {tap}, which Homebrew's index does not have"
        return f"{name} is neither a formula nor a cask of Homebrew's index"

    def _look_up(self, asked: str) -> tuple[str, str] | None:
        """(name, version). A dependency on a formula is never answered by a cask of that name."""
        plain = plain_name(asked)
        bodies = self.file.entries(plain)
        if not bodies:
            of_cask = plain.startswith(CASK)
            bodies = [
                body
                for name, body, _detail in self.file.by_other_name(plain)
                if name.startswith(CASK) == of_cask
            ]
        if not bodies:
            return None
        entry = _DECODER.decode(bodies[0])
        return entry.name, entry.version
