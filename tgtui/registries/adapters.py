"""Package registries: one adapter each, found by name and made on first use."""

from __future__ import annotations

from tgtui.basics.errors import SettingsError
from tgtui.registries.archives.files import FileSource
from tgtui.registries.base import Lane, RegistryAdapter, RegistryName
from tgtui.registries.http.gate import HostGate
from tgtui.registries.registered import REGISTERED
from tgtui.registries.registration import RegistryOptions


class Registries:
    """The adapters of one program, sharing one cache of documents."""

    def __init__(self, options: RegistryOptions) -> None:
        self._options = options
        self._lanes: dict[str, tuple[Lane, ...]] = {}
        self._made: dict[str, RegistryAdapter] = {}
        self._files: dict[str, FileSource] = {}
        self.gate = HostGate()
        """Shared by all: the hosts that are left alone for now."""

    @property
    def names(self) -> tuple[RegistryName, ...]:
        return tuple(REGISTERED)

    def lanes(self) -> tuple[Lane, ...]:
        """The lanes of every registry. One with wrong settings has a lane too, so that its requests fail with the reason."""
        return tuple(lane for name in self.names for lane in self._lanes_of(name))

    def lane_of(self, registry: str, name: str) -> Lane:
        """The lane that serves the package. KeyError if there is none."""
        for lane in self.lanes():
            if lane.registry == registry and lane.serves(name):
                return lane
        raise KeyError(registry)

    def _lanes_of(self, registry: RegistryName) -> tuple[Lane, ...]:
        """By the settings alone: most adapters import much, and few are used."""
        if registry not in self._lanes:
            from tgtui.registries.registration import registration

            try:
                self._lanes[registry] = registration(registry).lanes(self._options)
            except SettingsError:
                return (Lane(registry, f"{registry} as the settings name it"),)
        return self._lanes[registry]

    def get(self, name: str) -> RegistryAdapter:
        """The adapter, made on first use. KeyError if there is none; SettingsError for a bad address."""
        if name not in self._made:
            from tgtui.registries.http.cache import DocumentCache
            from tgtui.registries.registration import registration

            cache = DocumentCache(self._options.cache_folder, max_bytes=self._options.cache_bytes)
            self._made[name] = registration(name).make(self._options, cache, self.gate)
        return self._made[name]

    def files(self, name: str) -> FileSource | None:
        """What reads the files of the registry's versions, made on first use; None if it has none. SettingsError."""
        if name not in self._files:
            from tgtui.registries.http.cache import DocumentCache
            from tgtui.registries.registration import registration

            make = registration(name).files
            if make is None:
                return None
            cache = DocumentCache(self._options.cache_folder, max_bytes=self._options.cache_bytes)
            self._files[name] = make(self._options, cache, self.gate)
        return self._files[name]

    def called(self, registry: str, name: str) -> str:
        """The package's own name for an alias, an old name or `name:architecture`.

        From an index on this machine, of any age; without one the name itself. Blocks shortly.
        """
        from tgtui.registries.indexes.indexed import IndexedRegistry
        from tgtui.registries.registration import registration

        if not registration(registry).is_indexed:
            return name
        try:
            adapter = self.get(registry)
            index = adapter.known_index() if isinstance(adapter, IndexedRegistry) else None
        except SettingsError:  # told when the registry is asked for something
            return name
        return (index.canonical(name) if index is not None else None) or name

    async def aclose(self) -> None:
        """Close every adapter that was made."""
        for adapter in self._made.values():
            await adapter.aclose()
        for files in self._files.values():
            await files.aclose()
        self._made.clear()
        self._files.clear()
