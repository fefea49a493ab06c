"""The npm registry, or any mirror with the same API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from tgtui.basics import clock
from tgtui.registries.base import (
    Default,
    FetchedDocument,
    ProgressCallback,
    RegistryName,
    refuse_name,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import CONNECTIONS, HttpClient
from tgtui.registries.http.documents import MAX_DOCUMENT_BYTES, MEMORY_BYTES, DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.npm.document import NpmDocument, decode_packument
from tgtui.registries.npm.npmrc import NpmConfig, place_of, read_npm_config
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.npm.names import npm_name_problem
from tgtui.versions.npm.platform import Platform

ACCEPT = "application/json"
"""The full packument: the abbreviated one has neither dates nor descriptions."""


class NpmAdapter:
    """RegistryAdapter for npm. Reads and imports nothing before the first fetch."""

    name: RegistryName = "npm"

    def __init__(
        self,
        config: NpmConfig,
        cache: DocumentCache,
        *,
        client: HttpClient | None = None,
        gate: HostGate | None = None,
        contact: str | None = None,
        connections: int = CONNECTIONS,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        memory_bytes: int = MEMORY_BYTES,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        """`max_bytes` limits a document, `memory_bytes` the decoded ones kept in memory.

        `connections` is the number to one host; a given `client` has its own.
        """
        self._config = config
        client = client or HttpClient(
            authorization=config.authorization_for,
            cafile=config.cafile,
            connections=connections,
            gate=gate,
            contact=contact,
        )
        self._source: DocumentSource[NpmDocument] = DocumentSource(
            client, cache, max_bytes=max_bytes, memory_bytes=memory_bytes, now=now
        )

    def validate_name(self, name: str) -> None:
        """Raise InvalidName with npm's reason."""
        refuse_name(npm_name_problem(name))

    def address_of(self, name: str) -> str:
        """The address of the packument of a valid name."""
        return self._config.address_of(name)

    async def fetch(
        self,
        name: str,
        *,
        max_age: float,
        on_progress: ProgressCallback | None = None,
    ) -> FetchedDocument:
        """See RegistryAdapter.fetch. A name that was not found is also remembered for `max_age`."""
        self.validate_name(name)
        wanted = Wanted(
            label=f"npm:{name}",
            url=self.address_of(name),
            accept=ACCEPT,
            decode=partial(decode_packument, name=name),
        )
        had, from_cache = await self._source.get(wanted, max_age, on_progress)
        return FetchedDocument(had.document, had.confirmed_at, from_cache)

    async def aclose(self) -> None:
        """Stop running work and close the connections."""
        await self._source.aclose()


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> NpmAdapter:
    return NpmAdapter(
        read_npm_config(options.npm.registry),
        cache,
        gate=gate,
        contact=options.contact,
        max_bytes=options.max_document_bytes,
        connections=options.npm.connections,
    )


def defaults() -> dict[str, Default]:
    return {
        "registry": Default(read_npm_config().registry, place_of("registry")),
        "platform": Default(str(Platform.here()), "this machine"),
    }
