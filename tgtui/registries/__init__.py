"""Package registries: one adapter each, found here by name and made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tgtui.errors import SettingsError
from tgtui.registries.base import REGISTRIES, Lane, RegistryAdapter, RegistryName
from tgtui.registries.gate import HostGate

if TYPE_CHECKING:
    from tgtui.registries.cache import DocumentCache


@dataclass(frozen=True, slots=True)
class RegistryOptions:
    """What the program's settings say about registries."""

    cache_folder: Path
    """Where downloaded documents are kept."""
    cache_bytes: int = 2 << 30
    """The most they may take on disk."""
    contact: str | None = None
    """Whom registries may write to about this program's requests."""
    npm_registry: str | None = None
    """npm's registry; None takes the one the user's npm uses."""
    npm_connections: int = 6
    """Downloads from it at once."""
    max_document_bytes: int = 128 << 20
    """Of one document, compressed and not."""


def _npm(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> RegistryAdapter:
    from tgtui.registries.npm import NpmAdapter
    from tgtui.registries.npmrc import read_npm_config

    config = read_npm_config(options.npm_registry)
    return NpmAdapter(
        config,
        cache,
        gate=gate,
        contact=options.contact,
        max_bytes=options.max_document_bytes,
        connections=options.npm_connections,
    )


MakeAdapter: TypeAlias = "Callable[[RegistryOptions, DocumentCache, HostGate], RegistryAdapter]"

ADAPTERS: Mapping[str, MakeAdapter] = {
    "npm": _npm,
}
"""How each registry's adapter is made; one line a registry."""


class Registries:
    """The adapters of one program, sharing one cache of documents."""

    def __init__(self, options: RegistryOptions) -> None:
        self._options = options
        self._made: dict[str, RegistryAdapter] = {}
        self.gate = HostGate()
        """What all of them ask before they ask a host."""

    @property
    def names(self) -> tuple[RegistryName, ...]:
        """The registries that can be asked."""
        return tuple(name for name in REGISTRIES if name in ADAPTERS)

    def lanes(self) -> tuple[Lane, ...]:
        """Of every registry. One whose settings are wrong has a lane all the same: its requests say so."""
        return tuple(lane for name in self.names for lane in self._lanes_of(name))

    def lane_of(self, registry: str, name: str) -> Lane:
        """Who serves the package. KeyError where nobody does."""
        for lane in self.lanes():
            if lane.registry == registry and lane.serves(name):
                return lane
        raise KeyError(registry)

    def _lanes_of(self, registry: RegistryName) -> tuple[Lane, ...]:
        try:
            return self.get(registry).lanes()
        except SettingsError:
            return (Lane(registry, f"{registry} as the settings name it"),)

    def get(self, name: str) -> RegistryAdapter:
        """The adapter, made on first use. KeyError where there is none; SettingsError for a bad address."""
        if name not in self._made:
            from tgtui.registries.cache import DocumentCache

            cache = DocumentCache(self._options.cache_folder, max_bytes=self._options.cache_bytes)
            self._made[name] = ADAPTERS[name](self._options, cache, self.gate)
        return self._made[name]

    async def aclose(self) -> None:
        """Close every adapter that was made."""
        for adapter in self._made.values():
            await adapter.aclose()
        self._made.clear()
