"""apt's view of its indexes: packages, their candidates, and who provides a name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tgtui.registries.apt.archive.stanzas import PRIORITIES, Stanza
from tgtui.registries.apt.index.candidates import MAX_REMEMBERED, Candidates, remember
from tgtui.registries.apt.index.choice import Chooser
from tgtui.registries.base import DeclaredDependency, DependencyType, DocumentVersion, Facts
from tgtui.registries.documents import telling
from tgtui.registries.documents.links import homepage_of
from tgtui.registries.indexes.alternatives import packed
from tgtui.registries.indexes.indexed import IndexEdge
from tgtui.registries.indexes.stored import StoredIndex
from tgtui.versions.debian.order import sort_key
from tgtui.versions.debian.relations import parse_group, split_field
from tgtui.versions.rules import LATEST

MAX_REMEMBERED_WHOLE = 1 << 18
"""Groups whose choice is kept in memory during an import; Debian's main has 130,000."""

KIB = 1_024
"""Bytes in what `Installed-Size` counts."""

_DECODER = msgspec.msgpack.Decoder(Stanza)
_PRIORITY_NAMES = {number: name for name, number in PRIORITIES.items()}


class Suite(Struct, frozen=True):
    """A suite of the index, in the order of the sources."""

    name: str
    """Its codename, which does not change when the next release is made."""
    pin: int


class AptDocument:
    """One package in all suites and architectures of the index."""

    registry = "apt"
    repository: str | None = None
    weight = 0

    def __init__(self, index: AptIndex, name: str, stanzas: Sequence[Stanza]) -> None:
        self.name = name
        self._index = index
        self._by_version = index.candidates.by_version(stanzas)
        best = index.candidates.best(stanzas)
        self._candidate = self._by_version[best.version] if best else None
        highest = max(self._by_version, key=sort_key)
        self._shown = self._candidate or self._by_version[highest]

    @property
    def description(self) -> str | None:
        return self._shown.description or None

    @property
    def homepage(self) -> str | None:
        return homepage_of(self._shown.homepage)

    @property
    def versions(self) -> Sequence[DocumentVersion]:
        return [
            DocumentVersion(version, None, conflicts=self._index.conflicts_of(stanza))
            for version, stanza in self._by_version.items()
        ]

    @property
    def dist_tags(self) -> dict[str, str]:
        """The highest version of each suite under the suite's name; `latest` only if it is not the highest."""
        if len(self._by_version) == 1:
            return {self._index.suites[self._shown.source].name: self._shown.version}
        tags: dict[str, str] = {}
        for version, stanza in sorted(self._by_version.items(), key=lambda each: sort_key(each[0])):
            tags[self._index.suites[stanza.source].name] = version
        if self._shown.version != max(self._by_version, key=sort_key):
            tags[LATEST] = self._shown.version
        return tags

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """Every or-group as written, in `declared_name`. KeyError if there is no such version."""
        return self._index.declared(self._by_version[version])

    def facts_of(self, version: str) -> Facts:
        """KeyError if there is no such version. The licence is in the package's own copyright file alone."""
        stanza = self._by_version[version]
        installed = _number(stanza.installed_size)
        return Facts(
            download_size=_number(stanza.size),
            unpacked_size=None if installed is None else telling.size(installed * KIB),
            maintainers=telling.people(stanza.maintainer),
            section=stanza.section or None,
            priority=_PRIORITY_NAMES.get(stanza.priority),
            source=stanza.origin,
            source_version=stanza.origin_version,
        )


def _number(digits: str) -> int | None:
    return telling.size(int(digits)) if digits.isascii() and digits.isdecimal() else None


class AptIndex(StoredIndex):
    """A PackageIndex. Threads may share it."""

    def __init__(self, path: Path, confirmed_at: datetime, *, recommends: bool) -> None:
        """ValueError, KeyError or sqlite3.Error if the file is damaged."""
        super().__init__(path, confirmed_at)
        self._recommends = recommends
        self.architecture = self.file.facts["architecture"]
        self.suites = [Suite(**suite) for suite in json.loads(self.file.facts["suites"])]
        self.candidates = Candidates(self.file, self.architecture)
        self._chooser = Chooser(self.architecture, self.candidates)
        self._declared: dict[tuple[str, str], DeclaredDependency] = {}
        self._answers: dict[DeclaredDependency, IndexEdge] = {}
        self._excluded: dict[str, list[tuple[str, str, bool]]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(AptIndex, recommends=self._recommends), (self.file.path, self.confirmed_at)

    @property
    def digest(self) -> str:
        return f"{super().digest}{'' if self._recommends else '-no-recommends'}"

    def canonical(self, name: str) -> str | None:
        """`name:arch` is the package; a name that is only provided is not."""
        plain = name.partition(":")[0]
        return plain if self.file.entries(plain) else None

    def providing(self, name: str) -> list[str]:
        """The packages that provide a name."""
        return sorted({package for package, _body, _version in self.file.by_other_name(name)})

    def document(self, name: str) -> AptDocument | None:
        stanzas = [_DECODER.decode(body) for body in self.file.entries(name)]
        return AptDocument(self, name, stanzas) if stanzas else None

    def documents(self) -> Iterator[AptDocument]:
        for name, stanzas in self._read_all():
            yield AptDocument(self, name, stanzas)

    def resolve(self, edges: Sequence[DeclaredDependency]) -> list[IndexEdge]:
        return [self._answer(edge) for edge in edges]

    def load(self) -> None:
        """Load everything into memory, for an import, so that answers need no disk access."""
        self.candidates.load()

    def declared(self, stanza: Stanza) -> list[DeclaredDependency]:
        """Its edges before any choice; each group of a field once."""
        edges: list[DeclaredDependency] = []
        recommended: DependencyType = "optional" if self._recommends else "peer"
        fields: tuple[tuple[str, str, DependencyType, bool], ...] = (
            ("Pre-Depends", stanza.pre_depends, "runtime", False),
            ("Depends", stanza.depends, "runtime", False),
            ("Recommends", stanza.recommends, recommended, True),
            ("Suggests", stanza.suggests, "peer", True),
        )
        for field, text, kind, is_optional in fields:
            if text:
                edges += [
                    self._edge(group_text, field, kind, is_optional)
                    for group_text in dict.fromkeys(split_field(text))
                ]
        return edges

    def conflicts_of(self, stanza: Stanza) -> str:
        """What it can't be installed beside, in the order in which apt looks; see `packed`."""
        found: dict[tuple[str, str, bool], None] = {}
        for field in (stanza.conflicts, stanza.breaks):
            for text in split_field(field):
                known = self._excluded.get(text)
                if known is None:
                    group = parse_group(text, self.architecture)
                    known = [(s.name, s.version, True) for s in self._chooser.conflicting(group)]
                    remember(self._excluded, text, known, self._most)
                found.update(dict.fromkeys(each for each in known if each[0] != stanza.name))
        return packed(found)

    def _edge(
        self, text: str, field: str, kind: DependencyType, is_optional: bool
    ) -> DeclaredDependency:
        edge = self._declared.get((text, field))
        if edge is None:
            group = parse_group(text, self.architecture)
            first = group.alternatives[0].constraint if group.alternatives else ""
            edge = DeclaredDependency(
                "apt", group.first_name, group.text, first, kind, field, is_optional
            )
            remember(self._declared, (text, field), edge, self._most)
        return edge

    def _answer(self, edge: DeclaredDependency) -> IndexEdge:
        answer = self._answers.get(edge)
        if answer is None:
            group_text = edge.declared_name or " ".join((edge.name, edge.range)).strip()
            choice = self._chooser.choose(parse_group(group_text, self.architecture))
            answer = IndexEdge(
                DeclaredDependency(
                    "apt",
                    choice.name,
                    choice.declared_name,
                    choice.range,
                    edge.type,
                    edge.source_field,
                    edge.is_optional,
                ),
                choice.version,
                choice.error,
                packed(choice.others),
            )
            remember(self._answers, edge, answer, self._most)
        return answer

    @property
    def _most(self) -> int:
        return MAX_REMEMBERED_WHOLE if self.candidates.is_whole else MAX_REMEMBERED

    def _read_all(self) -> Iterator[tuple[str, list[Stanza]]]:
        for name, rows in groupby(self.file.all_entries(), key=itemgetter(0)):
            yield name, [_DECODER.decode(body) for _name, body in rows]
