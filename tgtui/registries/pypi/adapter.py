"""Python packages from any index with the simple API (PEP 503, 691), and the environment that pip would install."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from urllib.parse import urlsplit

from tgtui.basics import clock
from tgtui.basics.settings import PypiSettings
from tgtui.basics.text import clean
from tgtui.registries.base import (
    DeclaredDependency,
    Default,
    Environment,
    FetchedDocument,
    Forbidden,
    LoadsVersions,
    NotFound,
    ProgressCallback,
    RegistryError,
    RegistryName,
    ResolvesWhole,
    refuse_name,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import CONNECTIONS
from tgtui.registries.http.documents import MAX_DOCUMENT_BYTES, DocumentSource, Had, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.http.rules import shown_host
from tgtui.registries.pypi.configuration.indexes import IndexConfig, read_index_config
from tgtui.registries.pypi.configuration.keyring import Logins
from tgtui.registries.pypi.connecting import client_for
from tgtui.registries.pypi.document import PypiDocument
from tgtui.registries.pypi.documents.metadata import Metadata
from tgtui.registries.pypi.documents.page import Candidate, File, Page, decode_page, joined
from tgtui.registries.pypi.fetching import MetadataSource, NeedsBuild
from tgtui.registries.pypi.finding import MAX_PAGE_BYTES, Links, LinkSource
from tgtui.registries.pypi.resolving.environment import resolve_environment
from tgtui.registries.pypi.target import Target, target_of
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.pypi.names import pypi_name_problem, split_extras

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
)
"""As pip has it: an index that knows no JSON answers HTML."""
MEMORY_BYTES = 192 << 20
"""Of decoded pages: an environment of 100 packages reads as many again for each of them."""
PAGE_AGE = 3_600.0
"""Seconds: pages of the packages below a root are not asked for again within this time."""


class PypiAdapter(LoadsVersions, ResolvesWhole):
    """RegistryAdapter for Python's indexes."""

    name: RegistryName = "pypi"

    def __init__(
        self,
        config: IndexConfig,
        settings: PypiSettings,
        cache: DocumentCache,
        *,
        gate: HostGate | None = None,
        contact: str | None = None,
        connections: int = CONNECTIONS,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._config = config
        self._settings = settings
        logins = Logins(config)
        client = client_for(config, logins, gate=gate, contact=contact, connections=connections)
        self._pages: DocumentSource[Page] = DocumentSource(
            client, cache, max_bytes=max_bytes, memory_bytes=MEMORY_BYTES, now=now
        )
        self._metadata = MetadataSource(client, cache)
        self._links: DocumentSource[Links] = DocumentSource(
            client, cache, max_bytes=MAX_PAGE_BYTES, now=now
        )

    @cached_property
    def target(self) -> Target:
        """SettingsError."""
        return target_of(self._settings)

    def validate_name(self, name: str) -> None:
        refuse_name(pypi_name_problem(name))

    async def fetch(
        self, name: str, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> FetchedDocument:
        """See RegistryAdapter.fetch. Extras may follow the name: `requests[socks]`."""
        self.validate_name(name)
        plain, extras = split_extras(name)
        page, confirmed_at, from_cache = await self._page(plain, max_age, on_progress)
        document = PypiDocument(plain, page, self.target, {}, {}, ",".join(extras))
        await asyncio.to_thread(self._describe, document)
        return FetchedDocument(document, confirmed_at, from_cache)

    async def load(
        self, fetched: FetchedDocument, versions: Sequence[str]
    ) -> Mapping[str, Sequence[DeclaredDependency]]:
        """From the metadata of each version's file."""
        document = fetched.document
        assert isinstance(document, PypiDocument)
        await asyncio.gather(*(self._load(document, each) for each in versions))
        return {version: document.dependencies_of(version) for version in versions}

    async def environment(self, fetched: FetchedDocument, version: str, extras: str) -> Environment:
        """See ResolvesWhole. Other packages' pages are as old as this one's at most, or an hour."""
        document = fetched.document
        assert isinstance(document, PypiDocument)
        asked = tuple(each for each in extras.split(",") if each)
        return await resolve_environment(
            _Fetches(self, document), self.target, document.name, version, asked
        )

    async def aclose(self) -> None:
        await self._pages.aclose()
        await self._links.aclose()
        await self._metadata.aclose()

    async def page(self, name: str, max_age: float) -> Page:
        """A project's page, of all indexes. Raises RegistryError."""
        return (await self._page(name, max_age, None))[0]

    async def metadata(self, name: str, found: Candidate) -> Metadata:
        """Raises RegistryError, NeedsBuild."""
        return await self._metadata.get(found.file, f"pypi:{name}=={found.version}")

    @property
    def indexes(self) -> Sequence[str]:
        """Their addresses, in order."""
        return self._config.indexes

    async def whole_metadata(self, file: File, label: str) -> bytes:
        """With the description. Raises RegistryError, NeedsBuild."""
        return await self._metadata.whole(file, label)

    def _describe(self, document: PypiDocument) -> None:
        """In a thread: with what is on this machine of its latest version."""
        latest = next(iter(document.dist_tags.values()), None)
        best = document.releases[latest].best if latest in document.releases else None
        known = self._metadata.known(best) if best is not None else None
        if latest is not None and known is not None:
            document.loaded[latest] = known

    async def _load(self, document: PypiDocument, version: str) -> None:
        release = document.releases[version]
        label = f"pypi:{document.name}=={version}"
        if release.best is None:
            document.unknown[version] = (
                f"What {label} needs is unknown: it has no wheel and no source archive."
            )
            return
        try:
            document.loaded[version] = await self._metadata.get(release.best, label)
        except NeedsBuild as unknown:
            document.unknown[version] = str(unknown)
        except RegistryError as error:
            if not error.is_permanent:
                raise
            document.unknown[version] = f"What {label} needs is unknown. {error}."

    async def _page(
        self, name: str, max_age: float, on_progress: ProgressCallback | None
    ) -> tuple[Page, datetime, bool]:
        """The page, when the network confirmed it, and whether no request went out."""
        found = [
            ("" if link.startswith("file:") else link, page, when, cached)
            for link, page, when, cached in await self._found.pages(name, max_age)
        ]
        try:
            found += await self._of_indexes(name, max_age, on_progress)
        except NotFound:
            if not found:
                raise
        if len(found) == 1:
            _address, page, moment, is_cached = found[0]
            return page, moment, is_cached
        addresses, pages, moments, cached = zip(*found, strict=True)
        return joined(pages, _shown(addresses)), min(moments), all(cached)

    @cached_property
    def _found(self) -> LinkSource:
        return LinkSource(self._config.find_links, self._links, self.target)

    async def _of_indexes(
        self, name: str, max_age: float, on_progress: ProgressCallback | None
    ) -> list[tuple[str, Page, datetime, bool]]:
        """Of each that has it, with its address; never empty."""
        if not self._config.indexes:
            where = "in what find-links names" if self._config.find_links else "to be had"
            raise NotFound(
                f"pypi:{name} is not {where}, and no index is asked: {self._config.place} says no-index"
            )
        if len(self._config.indexes) == 1 or self._config.is_first_only:
            return [await self._of_first(name, max_age, on_progress)]
        results = await asyncio.gather(
            *(self._of(index, name, max_age, on_progress) for index in self._config.indexes),
            return_exceptions=True,
        )
        found: list[tuple[str, Page, datetime, bool]] = []
        absent: NotFound | None = None
        for index, result in zip(self._config.indexes, results, strict=True):
            if isinstance(result, NotFound):
                absent = result
            elif isinstance(result, BaseException):
                raise result
            else:
                had, from_cache = result
                found.append((index, had.document, had.confirmed_at, from_cache))
        if not found:
            raise absent or NotFound(f"pypi:{name} is not in the registry")
        return found

    async def _of_first(
        self, name: str, max_age: float, on_progress: ProgressCallback | None
    ) -> tuple[str, Page, datetime, bool]:
        """Of the first index that has it, as with uv: one that refuses ends the search."""
        for place, index in enumerate(self._config.indexes, 1):
            try:
                had, from_cache = await self._of(index, name, max_age, on_progress)
            except NotFound:
                if place == len(self._config.indexes):
                    raise
            else:
                return index, had.document, had.confirmed_at, from_cache
        raise NotFound(f"pypi:{name} is not in the registry")

    async def _of(
        self, index: str, name: str, max_age: float, on_progress: ProgressCallback | None
    ) -> tuple[Had[Page], bool]:
        wanted = Wanted(
            label=f"pypi:{name}",
            url=f"{index}{name}/",
            accept=ACCEPT,
            decode=partial(decode_page, name=name, target=self.target),
            follows=True,
        )
        try:
            return await self._pages.get(wanted, max_age, on_progress)
        except Forbidden as error:
            error.args = (f"{error}; the index is {shown_host(index)}",)
            raise


def _shown(addresses: Sequence[str]) -> list[str]:
    """Each by its host, with port and path where two are on one; '' for one of this machine."""
    hosts = [shown_host(each) if each else "" for each in addresses]

    def told(host: str, address: str) -> str:
        if not host or hosts.count(host) == 1:
            return host
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        return f"{host}{port}{clean(parts.path, 100)}"

    return [told(*each) for each in zip(hosts, addresses, strict=True)]


class _Fetches:
    """For one environment: its root's page is the one that is being written."""

    def __init__(self, adapter: PypiAdapter, root: PypiDocument) -> None:
        self._adapter = adapter
        self._root = root

    async def page(self, name: str) -> Page:
        if name == self._root.name:
            return self._root.page
        return await self._adapter.page(name, PAGE_AGE)

    async def metadata(self, name: str, found: Candidate) -> Metadata:
        return await self._adapter.metadata(name, found)


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> PypiAdapter:
    """SettingsError."""
    adapter = PypiAdapter(
        read_index_config(options.pypi),
        options.pypi,
        cache,
        gate=gate,
        contact=options.contact,
        connections=options.pypi.connections,
        max_bytes=options.max_document_bytes,
    )
    _ = adapter.target
    return adapter


def defaults() -> dict[str, Default]:
    config = read_index_config(PypiSettings())
    target = target_of(PypiSettings())
    extra = config.indexes[1:]
    return {
        "index": Default(next(iter(config.indexes), "none, as no-index says"), config.place),
        "extra_indexes": Default(" ".join(extra) or None, config.place if extra else None),
        "python_version": Default(target.python, "this program"),
        "platform": Default(target.platform, "this machine"),
    }
