"""From an address to a decoded document: from memory, disk or network, once for all concurrent callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics import clock
from tgtui.registries.base import Malformed, NotFound, ProgressCallback, TooLarge, Unreachable
from tgtui.registries.http.cache import CacheEntry, DocumentCache
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.flight import Recent, SingleFlight, Weighed
from tgtui.registries.http.inflate import Encoding, inflate

MAX_DOCUMENT_BYTES = 128 << 20
"""Bytes of one document, on the wire and decoded; real packuments exceed 30 MB."""
MEMORY_BYTES = 32 << 20
"""Bytes of decoded documents kept in memory: one fetched to resolve a range is needed again seconds later."""

D = TypeVar("D", bound=Weighed)
Result = TypeVar("Result")


class Wanted(Struct, Generic[D], frozen=True):
    """A document to fetch."""

    label: str
    """Its name in sentences: `npm:express`."""
    url: str
    accept: str
    """The Accept header."""
    decode: Callable[..., D]
    """Called in a thread with the decompressed body. Raises RegistryError."""
    follows: bool = False
    """Follow redirects to other hosts, where no login goes. `decode` then gets the last address as `address`, too."""


class Had(Struct, Generic[D], frozen=True):
    """A document and when the network last confirmed it."""

    document: D
    confirmed_at: datetime
    checksum: int
    """Of the body it was decoded from."""

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return self.document.weight


class DocumentSource(Generic[D]):
    """Documents of one kind. They are decoded in a separate thread, one at a time."""

    def __init__(
        self,
        client: HttpClient,
        cache: DocumentCache,
        *,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        memory_bytes: int = MEMORY_BYTES,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._client = client
        self._cache = cache
        self._max_bytes = max_bytes
        self._now = now
        self._recent: Recent[Had[D]] = Recent(memory_bytes)
        self._flights = SingleFlight()
        # Decoding holds the interpreter, so more threads would only delay the screen.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="documents")

    async def get(
        self, wanted: Wanted[D], max_age: float, on_progress: ProgressCallback | None = None
    ) -> tuple[Had[D], bool]:
        """The document, and whether no request went out for it. `max_age` in seconds. Raises RegistryError."""
        if max_age > 0:
            oldest = self._now() - timedelta(seconds=max_age)
            had = self._from_memory(wanted, oldest)
            if had is None:
                key = ("disk", wanted.url, max_age)
                had = await self._flights.run(key, lambda _: self._from_disk(wanted, oldest))
            # It may have arrived meanwhile, for another caller.
            had = had or self._from_memory(wanted, oldest)
            if had is not None:
                return had, True
        had = await self._flights.run(
            ("network", wanted.url), lambda tell: self._from_network(wanted, tell), on_progress
        )
        return had, False

    async def aclose(self) -> None:
        """Stop running work and close the connections."""
        await self._flights.aclose()
        await self._client.aclose()
        self._thread.shutdown(wait=False)

    def _is_fresh(self, confirmed_at: datetime, oldest: datetime) -> bool:
        """False also for a time in the future: the machine's clock has been set back."""
        return oldest < confirmed_at <= self._now()

    def _from_memory(self, wanted: Wanted[D], oldest: datetime) -> Had[D] | None:
        had = self._recent.get(wanted.url)
        return had if had is not None and self._is_fresh(had.confirmed_at, oldest) else None

    async def _from_disk(self, wanted: Wanted[D], oldest: datetime) -> Had[D] | None:
        entry = await self._in_thread(lambda: self._cache.look_up(wanted.url))
        if entry is None or not self._is_fresh(entry.confirmed_at, oldest):
            return None
        if entry.is_missing:
            raise NotFound(f"{wanted.label} is not in the registry")
        return await self._known(wanted, entry)

    async def _known(self, wanted: Wanted[D], entry: CacheEntry) -> Had[D] | None:
        """The document of an entry, decoded only if memory does not have it; None if it is damaged."""
        had = self._recent.get(wanted.url)
        if had is None or had.checksum != entry.checksum:
            had = await self._in_thread(lambda: self._load(wanted))
        else:
            had = Had(had.document, entry.confirmed_at, entry.checksum)
        if had is not None:
            self._recent.put(wanted.url, had)
        return had

    async def _from_network(self, wanted: Wanted[D], tell: ProgressCallback) -> Had[D]:
        entry = await self._in_thread(lambda: self._cache.look_up(wanted.url))
        download = await self._download(wanted, entry, tell)
        confirmed_at = self._now()
        if download is None and entry is not None:
            await self._in_thread(lambda: self._cache.confirm(wanted.url, confirmed_at))
            had = await self._known(wanted, replace(entry, confirmed_at=confirmed_at))
            if had is not None:
                return had
            # The confirmed entry can't be read any more: fetch it again.
            download = await self._download(wanted, None, tell)
        if download is None:
            raise Malformed(f"the registry answered 304 for {wanted.label}, which was not asked")
        arrived = download
        had = await self._in_thread(lambda: self._keep(wanted, arrived, confirmed_at))
        self._recent.put(wanted.url, had)
        return had

    async def _download(
        self, wanted: Wanted[D], entry: CacheEntry | None, tell: ProgressCallback
    ) -> Download | None:
        known = entry if entry is not None and not entry.is_missing else None
        try:
            return await self._client.get(
                wanted.url,
                label=wanted.label,
                accept=wanted.accept,
                max_bytes=self._max_bytes,
                etag=known.etag if known else None,
                last_modified=known.last_modified if known else None,
                on_progress=tell,
                may_leave=wanted.follows,
            )
        except NotFound:
            self._recent.drop(wanted.url)
            moment = self._now()
            await self._in_thread(lambda: self._cache.store_missing(wanted.url, moment))
            raise

    def _keep(self, wanted: Wanted[D], download: Download, confirmed_at: datetime) -> Had[D]:
        """In the thread: decode, and store a valid document, even one that says the package is gone."""

        def store() -> CacheEntry:
            return self._cache.store(
                wanted.url,
                download.body,
                confirmed_at,
                encoding=download.encoding,
                etag=download.etag,
                last_modified=download.last_modified,
                address=download.address or None,
            )

        try:
            document = self._decode(wanted, download.body, download.encoding, download.address)
        except NotFound:
            store()
            raise
        return Had(document, confirmed_at, store().checksum)

    def _load(self, wanted: Wanted[D]) -> Had[D] | None:
        """In the thread: decode the stored body; None, deleting the entry, if it can't be."""
        found = self._cache.read(wanted.url)
        if found is None:
            return None
        entry, body = found
        try:
            document = self._decode(wanted, body, entry.encoding, entry.address)
        except (Malformed, TooLarge, Unreachable):
            self._cache.drop(wanted.url)
            return None
        return Had(document, entry.confirmed_at, entry.checksum)

    def _decode(
        self, wanted: Wanted[D], body: bytes | bytearray, encoding: Encoding, address: str | None
    ) -> D:
        plain = inflate(body, encoding, max_bytes=self._max_bytes, label=wanted.label)
        if wanted.follows:
            return wanted.decode(plain, address=address or wanted.url)
        return wanted.decode(plain)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
