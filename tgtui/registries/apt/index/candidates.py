"""The candidates of an apt index: which stanza of a package apt would choose, and who provides a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from tgtui.registries.apt.archive.stanzas import Candidate
from tgtui.registries.indexes.file import IndexFile
from tgtui.versions.debian.order import order_key

MAX_REMEMBERED = 20_000
"""Names whose candidates or providers are kept in memory, unless the whole index is."""

_DECODER = msgspec.msgpack.Decoder(Candidate)

C = TypeVar("C", bound=Candidate)


class Candidates:
    """Read from the file by name, or all at once. Threads may share it."""

    def __init__(self, file: IndexFile, architecture: str) -> None:
        self._file = file
        self._architecture = architecture
        self._by_name: dict[str, list[Candidate]] = {}
        self._providers: dict[str, list[tuple[Candidate, str | None]]] = {}
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
        self._by_name = {name: self._narrowed(found) for name, found in by_name.items()}
        providers: dict[str, list[tuple[Candidate, str | None]]] = {}
        for entry, names in provided.items():
            stanza = stanzas[entry]
            if any(stanza is candidate for candidate in self._by_name[stanza.name]):
                for name, version in names:
                    providers.setdefault(name, []).append((stanza, version))
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

    def best(self, stanzas: Sequence[C]) -> C:
        """apt's candidate: the highest pin, then the highest version; of a native architecture if there is one."""
        if len(stanzas) == 1:
            return stanzas[0]
        return max(stanzas, key=lambda s: (self.is_native(s), s.pin, order_key(s.version)))

    def of(self, name: str) -> list[Candidate]:
        """The stanzas of a package, native ones first."""
        found = self._by_name.get(name)
        if found is None:
            if self.is_whole:
                return []
            found = self._narrowed([_DECODER.decode(body) for body in self._file.entries(name)])
            remember(self._by_name, name, found)
        return found

    def providers_of(self, name: str) -> list[tuple[Candidate, str | None]]:
        """Candidates that provide a name, with the version they provide it in."""
        found = self._providers.get(name)
        if found is None:
            if self.is_whole:
                return []
            stanzas = [
                (_DECODER.decode(body), version)
                for _package, body, version in self._file.by_other_name(name)
            ]
            found = [(s, version) for s, version in stanzas if s in self.of(s.name)]
            remember(self._providers, name, found)
        return found

    def _narrowed(self, stanzas: Sequence[Candidate]) -> list[Candidate]:
        """The candidate of each architecture, the native one first."""
        if len(stanzas) < 2:
            return list(stanzas)
        groups: dict[str, list[Candidate]] = {}
        for stanza in stanzas:
            key = self._architecture if self.is_native(stanza) else stanza.architecture
            groups.setdefault(key, []).append(stanza)
        found = [self.best(group) for group in groups.values()]
        return sorted(found, key=self.is_native, reverse=True)


def remember(kept: dict, key: object, value: object, most: int = MAX_REMEMBERED) -> None:  # type: ignore[type-arg]
    """A bounded cache that is emptied when it is full."""
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
