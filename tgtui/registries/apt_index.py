"""apt's view of its indexes: candidates, providers, and the choice for each or-group.

Source: apt's depcache and its CompareProviders. Of a group the first alternative that can be satisfied is taken;
within it the package itself before those that provide its name, then Essential, Important, native
architecture, priority. Only candidate versions are looked at. What is installed on a machine plays no part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec

from tgtui.registries.apt_stanzas import PRIORITIES, Stanza
from tgtui.registries.base import DeclaredDependency, DependencyType, DocumentVersion
from tgtui.registries.index_file import IndexFile
from tgtui.registries.indexed import IndexEdge
from tgtui.registries.npm_links import homepage_of
from tgtui.versions.debian import HOLDS, order_key, sort_key
from tgtui.versions.debian_relations import Group, Relation, parse_group, split_field
from tgtui.versions.pick import LATEST

MAX_REMEMBERED = 20_000
"""Names whose candidates or providers are kept in memory, when the whole index is not."""
ANY = "any"

_DECODER = msgspec.msgpack.Decoder(Stanza)


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of the index, in the order of the sources."""

    name: str
    """Its codename, which does not change when the next release is made."""
    pin: int


class AptDocument:
    """One package in all suites and architectures of the index."""

    registry = "apt"
    repository: str | None = None

    def __init__(self, index: AptIndex, name: str, stanzas: Sequence[Stanza]) -> None:
        self.name = name
        self._index = index
        self._by_version = index.by_version(stanzas)
        self._candidate = index.best(list(self._by_version.values()))

    @property
    def description(self) -> str | None:
        return self._candidate.description or None

    @property
    def homepage(self) -> str | None:
        return homepage_of(self._candidate.homepage)

    @property
    def versions(self) -> Sequence[DocumentVersion]:
        return [DocumentVersion(version, None) for version in self._by_version]

    @property
    def dist_tags(self) -> dict[str, str]:
        """The highest version of each suite under the suite's name; `latest` only where it is not the highest."""
        if len(self._by_version) == 1:
            return {self._index.suites[self._candidate.source].name: self._candidate.version}
        tags: dict[str, str] = {}
        for version, stanza in sorted(self._by_version.items(), key=lambda each: sort_key(each[0])):
            tags[self._index.suites[stanza.source].name] = version
        candidate = self._candidate.version
        if candidate != max(self._by_version, key=sort_key):
            tags[LATEST] = candidate
        return tags

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """Every or-group as written, in `declared_name`. KeyError where there is no such version."""
        return self._index.declared(self._by_version[version])


class AptIndex:
    """A PackageIndex. Threads may share it."""

    def __init__(self, path: Path, confirmed_at: datetime, *, recommends: bool) -> None:
        """ValueError, KeyError or sqlite3.Error where the file is damaged."""
        self._file = IndexFile(path)
        self._confirmed_at = confirmed_at
        self._recommends = recommends
        self.architecture = self._file.facts["architecture"]
        self.suites = [Suite(**suite) for suite in json.loads(self._file.facts["suites"])]
        self._candidates: dict[str, list[Stanza]] = {}
        self._providers: dict[str, list[tuple[Stanza, str | None]]] = {}
        self._chosen: dict[tuple[str, str], _Choice] = {}
        self._is_whole = False

    @property
    def digest(self) -> str:
        return f"{self._file.facts['digest']}{'' if self._recommends else '-no-recommends'}"

    @property
    def confirmed_at(self) -> datetime:
        return self._confirmed_at

    @property
    def facts(self) -> Mapping[str, str]:
        """What was known when it was made."""
        return self._file.facts

    @cached_property
    def problems(self) -> Sequence[str]:
        return [str(problem) for problem in json.loads(self._file.facts["problems"])]

    def __len__(self) -> int:
        return self._file.count()

    def close(self) -> None:
        self._file.close()

    def canonical(self, name: str) -> str | None:
        """`name:arch` is the package; a name that is only provided is none."""
        plain = name.partition(":")[0]
        return plain if self._file.entries(plain) else None

    def providing(self, name: str) -> list[str]:
        """The packages that provide a name."""
        return sorted({package for package, _body, _version in self._file.by_other_name(name)})

    def document(self, name: str) -> AptDocument | None:
        stanzas = [_DECODER.decode(body) for body in self._file.entries(name)]
        return AptDocument(self, name, stanzas) if stanzas else None

    def documents(self) -> Iterator[AptDocument]:
        for name, stanzas in self._read_all():
            yield AptDocument(self, name, stanzas)

    def resolve(self, edges: Sequence[DeclaredDependency]) -> list[IndexEdge]:
        return [self._answer(edge) for edge in edges]

    def load(self) -> None:
        """Everything into memory, for an import: answers need no look at the disk any more."""
        provided: dict[int, list[tuple[str, str | None]]] = {}
        for name, entry, detail in self._file.all_names():
            provided.setdefault(entry, []).append((name, detail))
        # entries are numbered as they were written
        stanzas = {n: _DECODER.decode(body) for n, body in self._file.numbered_entries()}
        by_name: dict[str, list[Stanza]] = {}
        for stanza in stanzas.values():
            by_name.setdefault(stanza.name, []).append(stanza)
        self._candidates = {name: self._narrowed(found) for name, found in by_name.items()}
        providers: dict[str, list[tuple[Stanza, str | None]]] = {}
        for entry, names in provided.items():
            stanza = stanzas[entry]
            if any(stanza is candidate for candidate in self._candidates[stanza.name]):
                for name, version in names:
                    providers.setdefault(name, []).append((stanza, version))
        self._providers = providers
        self._is_whole = True

    def declared(self, stanza: Stanza) -> list[DeclaredDependency]:
        """Its edges before any choice, each field's own groups once."""
        edges: list[DeclaredDependency] = []
        recommended: DependencyType = "optional" if self._recommends else "peer"
        fields: tuple[tuple[str, str, DependencyType, bool], ...] = (
            ("Pre-Depends", stanza.pre_depends, "runtime", False),
            ("Depends", stanza.depends, "runtime", False),
            ("Recommends", stanza.recommends, recommended, True),
            ("Suggests", stanza.suggests, "peer", True),
        )
        for field, text, kind, is_optional in fields:
            edges += [
                self._edge(group_text, field, kind, is_optional)
                for group_text in dict.fromkeys(split_field(text))
            ]
        return edges

    def _edge(
        self, text: str, field: str, kind: DependencyType, is_optional: bool
    ) -> DeclaredDependency:
        group = parse_group(text, self.architecture)
        first = group.alternatives[0].constraint if group.alternatives else ""
        return DeclaredDependency(
            "apt", group.first_name, group.text, first, kind, field, is_optional
        )

    def by_version(self, stanzas: Iterable[Stanza]) -> dict[str, Stanza]:
        """One stanza for each version: the native architecture's before a foreign one's."""
        found: dict[str, Stanza] = {}
        for stanza in stanzas:
            known = found.get(stanza.version)
            if known is None or (self._is_native(stanza) and not self._is_native(known)):
                found[stanza.version] = stanza
        return found

    def best(self, stanzas: Sequence[Stanza]) -> Stanza:
        """apt's candidate: the highest pin, then the highest version; of a native architecture if there is one."""
        if len(stanzas) == 1:
            return stanzas[0]
        return max(stanzas, key=lambda s: (self._is_native(s), s.pin, order_key(s.version)))

    def _is_native(self, stanza: Stanza) -> bool:
        return stanza.architecture in ("all", self.architecture)

    def _narrowed(self, stanzas: Sequence[Stanza]) -> list[Stanza]:
        """The candidate of each architecture, the native one first."""
        if len(stanzas) < 2:
            return list(stanzas)
        groups: dict[str, list[Stanza]] = {}
        for stanza in stanzas:
            key = self.architecture if self._is_native(stanza) else stanza.architecture
            groups.setdefault(key, []).append(stanza)
        found = [self.best(group) for group in groups.values()]
        return sorted(found, key=self._is_native, reverse=True)

    def _candidates_of(self, name: str) -> list[Stanza]:
        found = self._candidates.get(name)
        if found is None:
            if self._is_whole:
                return []
            found = self._narrowed([_DECODER.decode(body) for body in self._file.entries(name)])
            _remember(self._candidates, name, found)
        return found

    def _providers_of(self, name: str) -> list[tuple[Stanza, str | None]]:
        found = self._providers.get(name)
        if found is None:
            if self._is_whole:
                return []
            stanzas = [
                (_DECODER.decode(body), version)
                for _package, body, version in self._file.by_other_name(name)
            ]
            found = [(s, version) for s, version in stanzas if s in self._candidates_of(s.name)]
            _remember(self._providers, name, found)
        return found

    def _answer(self, edge: DeclaredDependency) -> IndexEdge:
        group_text = edge.declared_name or " ".join((edge.name, edge.range)).strip()
        key = (group_text, self.architecture)
        choice = self._chosen.get(key)
        if choice is None:
            choice = self._choose(parse_group(group_text, self.architecture))
            _remember(self._chosen, key, choice, 1 << 18 if self._is_whole else MAX_REMEMBERED)
        return IndexEdge(
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
        )

    def _choose(self, group: Group) -> _Choice:
        if not group.is_readable:
            return _Choice(
                group.first_name, group.text, "", None, f"apt can't read {group.text[:80]!r}."
            )
        if not group.alternatives:
            return _Choice(
                group.first_name, group.text, "", None, "It is for other architectures only."
            )
        is_alone = len(group.alternatives) == 1
        for relation in group.alternatives:
            real = self._real(relation)
            if real is not None:
                is_plain = is_alone and relation.qualifier is None
                declared = (
                    None if is_plain else group.text if not is_alone else _qualified(relation)
                )
                return _Choice(real.name, declared, relation.constraint, real.version)
            provider = self._provider(relation)
            if provider is not None:
                return _Choice(provider.name, group.text, "", provider.version)
        return self._nothing(group)

    def _real(self, relation: Relation) -> Stanza | None:
        """The candidate of that name, if it satisfies the relation."""
        for stanza in self._candidates_of(relation.name):
            if self._is_of_architecture(stanza, relation.qualifier) and _holds(
                relation, stanza.version
            ):
                return stanza
        return None

    def _provider(self, relation: Relation) -> Stanza | None:
        """The best package that provides the name. A versioned relation needs a versioned Provides (policy 7.5)."""
        if relation.qualifier == ANY:
            return None
        fitting = [
            stanza
            for stanza, version in self._providers_of(relation.name)
            if (relation.operator is None or (version is not None and _holds(relation, version)))
            and self._is_of_architecture(stanza, relation.qualifier)
        ]
        return max(fitting, key=self._preference, default=None)

    def _preference(self, stanza: Stanza) -> tuple[bool, bool, bool, int]:
        return (
            stanza.is_essential,
            stanza.is_important,
            self._is_native(stanza),
            stanza.priority or PRIORITIES["extra"],
        )

    def _is_of_architecture(self, stanza: Stanza, qualifier: str | None) -> bool:
        """A plain name is of the native architecture, or of one that serves foreign ones; `:any` needs `allowed`."""
        if qualifier == ANY:
            return stanza.multi_arch == "allowed"
        if qualifier in (None, "native", self.architecture):
            return self._is_native(stanza) or (qualifier is None and stanza.multi_arch == "foreign")
        return stanza.architecture == qualifier

    def _nothing(self, group: Group) -> _Choice:
        """Why, told of the first alternative."""
        first = group.alternatives[0]
        error = f"{first.name} is in none of the suites, and nothing provides it."
        candidates = self._candidates_of(first.name)
        if candidates and first.operator:
            error = f"The candidate version {candidates[0].version} is not {first.constraint}."
        elif candidates:
            error = f"{first.name} is not there for the architecture {first.qualifier}."
        elif self._providers_of(first.name):
            error = f"Nothing provides {first.name} in a version {first.constraint}."
        is_plain = len(group.alternatives) == 1 and first.qualifier is None
        return _Choice(first.name, None if is_plain else group.text, first.constraint, None, error)

    def _read_all(self) -> Iterator[tuple[str, list[Stanza]]]:
        for name, rows in groupby(self._file.all_entries(), key=itemgetter(0)):
            yield name, [_DECODER.decode(body) for _name, body in rows]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a group comes to."""

    name: str
    declared_name: str | None
    range: str
    version: str | None
    error: str | None = None


def _holds(relation: Relation, version: str) -> bool:
    if relation.operator is None or relation.version is None:
        return True
    return HOLDS[relation.operator](order_key(version), order_key(relation.version))


def _qualified(relation: Relation) -> str:
    return f"{relation.name}:{relation.qualifier}"


def _remember(kept: dict, key: object, value: object, most: int = MAX_REMEMBERED) -> None:  # type: ignore[type-arg]
    """Bounded without a count of uses: everything is forgotten when it is full."""
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
