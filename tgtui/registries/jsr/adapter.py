"""The jsr registry: versions and yanks from `meta.json`, exact constraints from each version's module graph."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from tgtui.basics import clock
from tgtui.registries.base import (
    DeclaredDependency,
    FetchedDocument,
    LoadsVersions,
    NotFound,
    ProgressCallback,
    RegistryError,
    RegistryName,
    refuse_name,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.documents import MAX_DOCUMENT_BYTES, DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.jsr.configuration import npm_registry, registry_and_tokens
from tgtui.registries.jsr.document import (
    JsrDocument,
    JsrMeta,
    JsrVersionMeta,
    compat_name,
    decode_meta,
    decode_version_meta,
)
from tgtui.registries.npm.document import NpmDocument, decode_packument
from tgtui.registries.npm.names import UNESCAPED
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.jsr import jsr_name_problem

ACCEPT = "application/json"
"""Never text/html: jsr would answer with its web page."""
FOREVER = timedelta(days=3650)
"""A version's own document never changes."""


class JsrAdapter(LoadsVersions):
    """RegistryAdapter for jsr. Reads nothing before the first fetch."""

    name: RegistryName = "jsr"

    def __init__(
        self,
        registry: str,
        npm_registry: str,
        cache: DocumentCache,
        *,
        authorization: Callable[[str], str | None],
        gate: HostGate | None = None,
        contact: str | None = None,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        """Both addresses end with a slash; `authorization` returns the header's value for a URL."""
        self._registry = registry
        self._npm_registry = npm_registry
        client = HttpClient(authorization=authorization, gate=gate, contact=contact)
        self._metas: DocumentSource[JsrMeta] = DocumentSource(
            client, cache, max_bytes=max_bytes, now=now
        )
        self._compats: DocumentSource[NpmDocument] = DocumentSource(
            client, cache, max_bytes=max_bytes, now=now
        )
        self._versions: DocumentSource[JsrVersionMeta] = DocumentSource(
            client, cache, max_bytes=max_bytes, now=now
        )

    def validate_name(self, name: str) -> None:
        """Raise InvalidName with the reason."""
        refuse_name(jsr_name_problem(name))

    async def fetch(
        self, name: str, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> FetchedDocument:
        """See RegistryAdapter.fetch. Two documents: the versions, and the npm document for the description."""
        self.validate_name(name)
        wanted = Wanted(
            label=f"jsr:{name}",
            url=f"{self._registry}{name}/meta.json",
            accept=ACCEPT,
            decode=partial(decode_meta, name=name),
        )
        had, from_cache = await self._metas.get(wanted, max_age, on_progress)
        compat = await self._compat(name, max_age)
        document = JsrDocument(name, had.document, compat)
        return FetchedDocument(document, had.confirmed_at, from_cache)

    async def load(
        self, fetched: FetchedDocument, versions: Sequence[str]
    ) -> Mapping[str, Sequence[DeclaredDependency]]:
        """The constraints of each version's module graph, or of the npm document if it has no graph."""
        document = fetched.document
        assert isinstance(document, JsrDocument)
        found = await asyncio.gather(*(self._dependencies(document, each) for each in versions))
        return dict(zip(versions, found, strict=True))

    async def aclose(self) -> None:
        for source in (self._metas, self._compats, self._versions):
            await source.aclose()

    async def _compat(self, name: str, max_age: float) -> NpmDocument | None:
        """None if jsr has none, or an unusable one: then only the description is lost."""
        as_npm = compat_name(name)
        wanted = Wanted(
            label=f"jsr:{name}",
            url=self._npm_registry + quote(as_npm.replace("/", "%2f", 1), safe=UNESCAPED + "%"),
            accept=ACCEPT,
            decode=partial(decode_packument, name=as_npm),
        )
        try:
            return (await self._compats.get(wanted, max_age))[0].document
        except RegistryError as error:
            if not error.is_permanent:
                raise
            return None

    async def _dependencies(
        self, document: JsrDocument, version: str
    ) -> Sequence[DeclaredDependency]:
        wanted = Wanted(
            label=f"jsr:{document.name}@{version}",
            url=f"{self._registry}{document.name}/{quote(version, safe='+')}_meta.json",
            accept=ACCEPT,
            decode=partial(decode_version_meta, name=document.name, version=version),
        )
        exact: tuple[DeclaredDependency, ...] | None = None
        lost: NotFound | None = None
        try:
            had, _from_cache = await self._versions.get(wanted, FOREVER.total_seconds())
            document.loaded[version] = had.document
            exact = had.document.dependencies
        except NotFound as error:
            lost = error
        if exact is not None:
            return exact
        try:
            return document.dependencies_of(version)
        except KeyError:
            raise lost or NotFound(
                f"jsr:{document.name}@{version}: the registry does not say what it depends on"
            ) from None


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> JsrAdapter:
    registry, authorization = registry_and_tokens(options)
    return JsrAdapter(
        registry,
        npm_registry(options),
        cache,
        authorization=authorization,
        gate=gate,
        contact=options.contact,
        max_bytes=options.max_document_bytes,
    )
