"""The candidates of an apt index: which stanza of a package apt would choose, and who provides a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct, field

from tgtui.registries.apt.archive.stanzas import Candidate
from tgtui.registries.apt.configuration.preferences import NEVER
from tgtui.registries.indexes.file import IndexFile
from tgtui.versions.debian.order import order_key

MAX_REMEMBERED = 20_000
"""Names whose candidates or providers are kept in memory, unless the whole index is."""

_DECODER = msgspec.msgpack.Decoder(Candidate)

C = TypeVar("C", bound=Candidate)
T = TypeVar("T")


class Provider(Struct, frozen=True):
    """A stanza that provides a name."""

    stanza: Candidate
    version: str | None
    """The version it provides it in."""


class Known(Struct, Generic[T]):
    """What there is under a name."""

    candidates: list[T] = field(default_factory=list)
    others: list[T] = field(default_factory=list)
    """What apt does not choose, but what counts if someone installs that version."""


class Candidates:
    """Read from the file by name, or all at once. Threads may share it."""

    def __init__(self, file: IndexFile, architecture: str) -> None:
        self._file = file
        self._architecture = architecture
        self._by_name: dict[str, Known[Candidate]] = {}
        self._providers: dict[str, Known[Provider]] = {}
        self.is_whole = False
        """Everything is in memory."""

    def is_native(self, stanza: Candidate) -> bool:
        """Whether it is of the machine's own architecture, or of all."""
        return stanza.architecture in ("all", self._architecture)

    def load(self) -> None:
        """Load everything into memory, for an import, so that answers need no disk access."""
        provided: dict[int, list[tuple[str, str | None]]] = {}
        for name, entry, detail in self._file.all_names():
            provided.setdefault(entry, []).append((name, detail))
        # entries are numbered as they were written
        stanzas = {n: _DECODER.decode(body) for n, body in self._file.numbered_entries()}
        by_name: dict[str, list[Candidate]] = {}
        for stanza in stanzas.values():
            by_name.setdefault(stanza.name, []).append(stanza)
        self._by_name = {name: self._sorted_out(found) for name, found in by_name.items()}
        providers: dict[str, Known[Provider]] = {}
        for entry, names in provided.items():
            stanza = stanzas[entry]
            for name, version in names:
                known = providers.setdefault(name, Known())
                self._add_provider(known, Provider(stanza, version))
        self._providers = providers
        self.is_whole = True

    def by_version(self, stanzas: Iterable[C]) -> dict[str, C]:
        """One stanza for each version: the native architecture's before a foreign one's."""
        found: dict[str, C] = {}
        for stanza in stanzas:
            known = found.get(stanza.version)
            if known is None or (self.is_native(stanza) and not self.is_native(known)):
                found[stanza.version] = stanza
        return found

    def best(self, stanzas: Sequence[C]) -> C | None:
        """apt's candidate among all stanzas of a package, of a native architecture if there is one.

        None if the preferences admit no version.
        """
        found = self._narrowed(stanzas)
        return found[0] if found else None

    def of(self, name: str) -> Known[Candidate]:
        """The stanzas of a package, native ones first."""
        found = self._by_name.get(name)
        if found is None:
            if self.is_whole:
                return Known()
            found = self._sorted_out([_DECODER.decode(body) for body in self._file.entries(name)])
            remember(self._by_name, name, found)
        return found

    def providers_of(self, name: str) -> Known[Provider]:
        """Who provides a name."""
        found = self._providers.get(name)
        if found is None:
            if self.is_whole:
                return Known()
            found = Known()
            for _package, body, version in self._file.by_other_name(name):
                self._add_provider(found, Provider(_DECODER.decode(body), version))
            remember(self._providers, name, found)
        return found

    def _add_provider(self, known: Known[Provider], provider: Provider) -> None:
        stanza = provider.stanza
        package = self.of(stanza.name)
        if stanza in package.candidates:
            known.candidates.append(provider)
        elif stanza in package.others:
            known.others.append(provider)

    def _sorted_out(self, stanzas: Sequence[Candidate]) -> Known[Candidate]:
        candidates = self._narrowed(stanzas)
        if len(candidates) == len(stanzas):
            return Known(candidates)
        chosen = {stanza.version for stanza in candidates}
        return Known(candidates, [stanza for stanza in stanzas if stanza.version not in chosen])

    def _narrowed(self, stanzas: Sequence[C]) -> list[C]:
        """The candidate of each architecture, the native one first."""
        if len(stanzas) == 1:
            return list(stanzas) if priority_of(stanzas) > 0 else []
        groups: dict[str, dict[tuple[str, int], list[C]]] = {}
        for stanza in stanzas:
            key = self._architecture if self.is_native(stanza) else stanza.architecture
            same = (stanza.version, stanza.build)
            groups.setdefault(key, {}).setdefault(same, []).append(stanza)
        found = [
            best
            for versions in groups.values()
            if (best := _highest(versions.values())) is not None
        ]
        return sorted(found, key=self.is_native, reverse=True)


def _highest(versions: Iterable[Sequence[C]]) -> C | None:
    """The highest priority, then the highest version; each version with its stanzas in all suites."""
    ranked = [(priority_of(stanzas), stanzas[0]) for stanzas in versions]
    admitted = [each for each in ranked if each[0] > 0]
    if not admitted:
        return None
    return max(admitted, key=lambda each: (each[0], order_key(each[1].version)))[1]


def priority_of(stanzas: Sequence[Candidate]) -> int:
    """apt's priority of a version, from all its stanzas (apt_preferences(5)).

    A pin of the package itself comes before those of the suites, unless all of them are ruled out for ever.
    """
    own = [stanza.own_pin for stanza in stanzas if stanza.own_pin is not None]
    if own and any(stanza.pin != NEVER for stanza in stanzas):
        return min(own)[1]
    return max(stanza.pin for stanza in stanzas)


def remember(kept: dict, key: object, value: object, most: int = MAX_REMEMBERED) -> None:  # type: ignore[type-arg]
    """A bounded cache that is emptied when it is full."""
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
