"""Debian's and other apt repositories, from this machine's apt sources or the settings."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from threading import Lock

import msgspec

from tgtui.basics import clock
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.archive.fetch import READING, AptFetcher
from tgtui.registries.apt.configuration.options import AptConfig, read_config
from tgtui.registries.apt.configuration.preferences import Pin, read_preferences
from tgtui.registries.apt.configuration.sources import (
    AptSource,
    LeftOut,
    authorization_for,
    native_architectures,
    read_authorization,
    read_sources,
)
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.base import (
    Default,
    FetchedDocument,
    NotFound,
    ProgressCallback,
    RegistryName,
    Unreachable,
    refuse_name,
)
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.gate import HostGate
from tgtui.registries.indexes.indexed import IndexedRegistry
from tgtui.registries.indexes.keeper import IndexKeeper, NewIndex
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.debian.order import debian_name_problem

SHOWN_PROVIDERS = 5
"""Providers named in the error for a virtual package."""


class AptAdapter(IndexedRegistry):
    """RegistryAdapter for apt. Reads nothing before its first use."""

    name: RegistryName = "apt"

    def __init__(
        self,
        settings: AptSettings,
        folder: Path,
        *,
        gate: HostGate | None = None,
        contact: str | None = None,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._gate = gate
        self._contact = contact
        self._now = now
        self._opening = Lock()
        self._unread: list[LeftOut] = []
        self._http: HttpClient | None = None
        self._keeper: IndexKeeper[AptIndex] | None = None

    def validate_name(self, name: str) -> None:
        """Raise InvalidName with the reason. `name:architecture` is also a name."""
        refuse_name(debian_name_problem(name.partition(":")[0]))

    async def fetch(
        self, name: str, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> FetchedDocument:
        """See RegistryAdapter.fetch. NotFound names the providers of a virtual package."""
        self.validate_name(name)
        index, from_cache = await self._get(max_age, on_progress)
        document = await asyncio.to_thread(index.document, name.partition(":")[0])
        if document is None:
            reason = await asyncio.to_thread(self._why_missing, index, name)
            if index.is_partial:
                raise Unreachable(
                    f"{reason}, but not all sources could be read: {index.failures[-1]}"
                )
            raise NotFound(reason)
        return FetchedDocument(document, index.confirmed_at, from_cache)

    async def index(
        self, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> AptIndex:
        return (await self._get(max_age, on_progress))[0]

    def known_index(self) -> AptIndex | None:
        return self._opened().known()

    async def aclose(self) -> None:
        if self._keeper is not None:
            await self._keeper.aclose()
        if self._http is not None:
            await self._http.aclose()

    async def _get(
        self, max_age: float, on_progress: ProgressCallback | None
    ) -> tuple[AptIndex, bool]:
        keeper = await asyncio.to_thread(self._opened)
        return await keeper.get(max_age, on_progress)

    def _opened(self) -> IndexKeeper[AptIndex]:
        """The index's keeper, made on first use. That blocks: it reads apt's files, and runs dpkg and apt-config."""
        with self._opening:
            if self._keeper is None:
                self._http = self._make_client()
                self._keeper = self._make_keeper(self._http)
            return self._keeper

    @cached_property
    def _sources(self) -> list[AptSource]:
        """SettingsError if there are none."""
        return read_sources(self._settings.sources, leave_out=self._unread.append)

    @cached_property
    def _sources_here(self) -> list[AptSource]:
        """The sources for this machine. Blocks: it runs dpkg."""
        return list(dict.fromkeys(source.on(self._architectures[0]) for source in self._sources))

    @cached_property
    def _config(self) -> AptConfig:
        """apt's own; sources of our settings are strict about dates. Blocks: it runs apt-config."""
        config = read_config()
        return config if self._settings.sources is None else config.strict()

    @cached_property
    def _architectures(self) -> tuple[str, ...]:
        return native_architectures(self._settings.architectures)

    @cached_property
    def _pins(self) -> list[Pin]:
        """The machine's own preferences count for the machine's own sources only. Blocks: it runs apt-config."""
        places, release = self._settings.preferences, self._settings.default_release
        if self._settings.sources is not None:
            return read_preferences(AptConfig(preferences=()), _listed(places), release)
        return read_preferences(
            self._config,
            _listed(places),
            self._config.default_release if release is None else release,
        )

    def _make_client(self) -> HttpClient:
        entries = read_authorization()
        # What comes over plain http must be signed.
        return HttpClient(
            authorization=lambda url: authorization_for(url, entries),
            gate=self._gate,
            contact=self._contact,
            plain_http=True,
            proxies=self._config.proxies,
        )

    def _make_keeper(self, http: HttpClient) -> IndexKeeper[AptIndex]:
        what = repr((READING, self._sources_here, self._architectures, self._pins)).encode()
        return IndexKeeper(
            self._folder,
            f"apt-{hashlib.sha256(what).hexdigest()[:12]}",
            label="apt",
            opened=lambda path, at: AptIndex(path, at, recommends=self._settings.recommends),
            refresh=partial(self._refresh, http),
            interval=timedelta(hours=self._settings.refresh_hours),
            now=self._now,
        )

    async def _refresh(
        self, http: HttpClient, known: AptIndex | None, tell: ProgressCallback
    ) -> NewIndex | None:
        facts: Mapping[str, str] | None = known.facts if known is not None else None
        fetcher = AptFetcher(
            http,
            self._sources_here,
            self._architectures,
            self._folder / "indexes" / "files",
            config=self._config,
            unread=self._unread,
            pins=msgspec.to_builtins(self._pins),
            now=self._now,
        )
        return await fetcher.refresh(facts, tell)

    def _why_missing(self, index: AptIndex, name: str) -> str:
        suites = ", ".join(dict.fromkeys(suite.name for suite in index.suites))
        providers = index.providing(name)
        if not providers:
            return f"apt:{name} is not in {suites}"
        shown = ", ".join(f"apt:{package}" for package in providers[:SHOWN_PROVIDERS])
        more = (
            f" and {len(providers) - SHOWN_PROVIDERS} more"
            if len(providers) > SHOWN_PROVIDERS
            else ""
        )
        return f"apt:{name} is a virtual package of {suites}; ask for one that provides it: {shown}{more}"


def _listed(places: str | list[str] | None) -> list[str] | None:
    return places.split(os.pathsep) if isinstance(places, str) else places


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> AptAdapter:
    return AptAdapter(options.apt, options.cache_folder, gate=gate, contact=options.contact)


def defaults() -> dict[str, Default]:
    return dict.fromkeys(
        ("sources", "architectures", "preferences", "default_release"),
        Default(None, "apt's own configuration"),
    )
