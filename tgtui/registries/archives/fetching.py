"""Bytes with a known hash: from the disk cache, else downloaded; either way compared before they are used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from tgtui.basics import clock
from tgtui.registries.archives.integrity import Integrity, differs
from tgtui.registries.base import ProgressCallback, RegistryError, TooLarge
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.flight import SingleFlight
from tgtui.registries.http.inflate import inflate

ACCEPT = "*/*"
TOTAL_SECONDS = 600.0
"""Time for one download: an archive is larger than a document."""

T = TypeVar("T")


class Proven(Struct, frozen=True):
    """What is to be fetched, and how it is proven."""

    label: str
    """In sentences."""
    url: str
    integrity: Integrity
    max_bytes: int
    setting: str
    """That says how many bytes are taken at most."""


class ProvenSource:
    """Never returns bytes that don't match. What was fetched once is read from the disk, and compared again."""

    def __init__(
        self,
        client: HttpClient,
        cache: DocumentCache,
        *,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._client = client
        self._cache = cache
        self._now = now
        self._flights = SingleFlight()

    async def get(
        self, wanted: Proven, on_progress: ProgressCallback | None = None
    ) -> bytes | bytearray:
        """The bytes. BadSignature if they are others than the document describes; TooLarge and other RegistryErrors."""
        kept = await asyncio.to_thread(self._kept, wanted)
        if kept is not None:
            return kept
        key = (wanted.url, wanted.integrity)
        return await self._flights.run(key, lambda tell: self._fetched(wanted, tell), on_progress)

    async def aclose(self) -> None:
        """Stop running downloads and close the connections."""
        await self._flights.aclose()
        await self._client.aclose()

    def _kept(self, wanted: Proven) -> bytes | None:
        found = self._cache.read(wanted.url)
        if found is None or len(found[1]) > wanted.max_bytes:
            return None
        return found[1] if wanted.integrity.matches(found[1]) else None

    async def _fetched(self, wanted: Proven, tell: ProgressCallback) -> bytes | bytearray:
        try:
            download = await self._client.get(
                wanted.url,
                label=wanted.label,
                accept=ACCEPT,
                max_bytes=wanted.max_bytes,
                on_progress=tell,
                may_leave=True,
            )
        except TooLarge as error:
            raise TooLarge(
                f"{wanted.label} is larger than {wanted.max_bytes >> 20} MiB, the most that is downloaded"
                f" ({wanted.setting})"
            ) from error
        assert download is not None  # nothing was there to be confirmed
        return await asyncio.to_thread(self._checked, wanted, download)

    def _checked(self, wanted: Proven, download: Download) -> bytes | bytearray:
        body: bytes | bytearray = download.body
        if not wanted.integrity.matches(body):
            body = self._decoded(wanted, download)
        self._cache.store(wanted.url, body, self._now(), encoding="identity")
        return body

    def _decoded(self, wanted: Proven, download: Download) -> bytes | bytearray:
        """Some servers compress what is compressed already: then the hash is that of what was compressed."""
        if download.encoding == "identity":
            raise differs(wanted.label, wanted.integrity)
        try:
            body = inflate(
                download.body, download.encoding, max_bytes=wanted.max_bytes, label=wanted.label
            )
        except RegistryError as error:
            raise differs(wanted.label, wanted.integrity) from error
        if not wanted.integrity.matches(body):
            raise differs(wanted.label, wanted.integrity)
        return body
