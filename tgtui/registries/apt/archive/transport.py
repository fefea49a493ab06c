"""Gets the files of one source: from its address, this machine's disk, or the first of its mirrors that has them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from tgtui.registries.apt.archive.local import read_local
from tgtui.registries.apt.archive.mirrors import MAX_LIST_BYTES, Mirror, parse_mirrors
from tgtui.registries.apt.configuration.sources import AptSource, is_local
from tgtui.registries.base import Forbidden, NotFound, ProgressCallback, RegistryError
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.inflate import inflate
from tgtui.registries.http.rules import is_allowed

ANYTHING = "*/*"


class Transport:
    """The places of one source. Every method raises RegistryError."""

    def __init__(self, client: HttpClient, source: AptSource) -> None:
        self._client = client
        self._source = source
        self._mirrors: Sequence[Mirror] | None = None

    async def get(
        self,
        path: str,
        label: str,
        max_bytes: int,
        *,
        is_proven: bool,
        about: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> Download | None:
        """The file at a path below the source; None if it has not changed.

        `is_proven`: it is only used once a signature or a hash has proved it, so a redirect to another host is followed.
        """
        mirrors = await self._places(label)
        known = {"type": "index", "suite": self._source.suite, **(about or {})}
        last: RegistryError | None = None
        for mirror in [each for each in mirrors if each.has(known)]:
            url = mirror.uri + path
            try:
                if is_local(url):
                    return await asyncio.to_thread(read_local, url, label, max_bytes, last_modified)
                return await self._client.get(
                    url,
                    label=label,
                    accept=ANYTHING,
                    max_bytes=max_bytes,
                    etag=etag,
                    last_modified=last_modified,
                    on_progress=on_progress,
                    may_leave=is_proven,
                    may_identify=mirror.is_named_here,
                )
            except RegistryError as error:
                last = error
        raise last or NotFound(f"{label}: none of its mirrors has it")

    async def _places(self, label: str) -> Sequence[Mirror]:
        if self._mirrors is None:
            self._mirrors = await self._read_mirrors(label)
            for mirror in self._mirrors:
                self._refuse_open_text(mirror.uri)
        return self._mirrors

    async def _read_mirrors(self, label: str) -> Sequence[Mirror]:
        address = self._source.mirror_list
        if address is None:
            return [Mirror(self._source.uri)]
        self._refuse_open_text(address)
        if is_local(address):
            download = await asyncio.to_thread(read_local, address, label, MAX_LIST_BYTES, None)
        else:
            download = await self._client.get(
                address, label=label, accept=ANYTHING, max_bytes=MAX_LIST_BYTES
            )
        assert download is not None  # no validator was sent
        body = plain_bytes(download, MAX_LIST_BYTES, label)
        found = parse_mirrors(body.decode("utf-8", "replace"), address)
        if not found:
            raise NotFound(f"{label}: its list of mirrors names none that can be read")
        return found

    def _refuse_open_text(self, url: str) -> None:
        if self._source.is_trusted and not (is_local(url) or is_allowed(url)):
            raise Forbidden(
                f"apt: {self._source.label} is used without a signature (trusted=yes), and over plain http"
                " anyone could change it; use https, or remove trusted=yes"
            )


def plain_bytes(download: Download, max_bytes: int, label: str) -> bytes | bytearray:
    """The file without the compression of the transfer."""
    return inflate(download.body, download.encoding, max_bytes=max_bytes, label=label)
