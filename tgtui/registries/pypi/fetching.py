"""Gets the metadata of versions, with as little as the host of the files grants.

Announced beside the file (PEP 658, 714); else in the end of the wheel; else beside it though nothing says so; else in
the whole wheel. Of a source archive only what is static (PEP 643): nothing is ever built. What helped is remembered
for each host. It never changes, so it is kept by the file's address without an age.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tgtui.basics import clock
from tgtui.basics.files.trouble import why
from tgtui.registries.base import Malformed, NotFound, RegistryError, TooLarge
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.flight import Recent, SingleFlight
from tgtui.registries.http.inflate import inflate
from tgtui.registries.http.rules import origin_of
from tgtui.registries.pypi.documents.archives import (
    NeedsMore,
    Parts,
    metadata_of_wheel,
    pkg_info_of,
)
from tgtui.registries.pypi.documents.metadata import Metadata, read_metadata
from tgtui.registries.pypi.documents.page import File
from tgtui.registries.pypi.finding import path_of

TAIL_BYTES = 64 << 10
"""Of the end of a wheel: 143 of 156 wheels had METADATA in it."""
HEAD_BYTES = 256 << 10
"""Of the beginning of a source archive."""
MAX_WHEEL_BYTES = 128 << 20
MAX_SDIST_BYTES = 32 << 20
MAX_METADATA_BYTES = 8 << 20
MEMORY_BYTES = 32 << 20
MAX_UNBUILT = 10_000
ROUNDS = 3
"""Parts of one wheel that are asked for."""
ACCEPT = "*/*"
SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
UNBUILT = "What {} needs is unknown: it comes as source alone, and only a build would tell."
OTHER_PART = "{}: the host of its file sends another part than asked for"
Way = Literal["end", "beside", "whole"]

log = logging.getLogger(__name__)


class NeedsBuild(Exception):
    """Only a build, which is never run, would tell what the version needs. Its text is a sentence."""


class MetadataSource:
    """Shared by all requests of one adapter."""

    def __init__(self, client: HttpClient, cache: DocumentCache) -> None:
        self._client = client
        self._cache = cache
        self._recent: Recent[Metadata] = Recent(MEMORY_BYTES)
        self._flights = SingleFlight()
        self._unbuilt: dict[str, str] = {}
        """By address: why what a source archive needs is unknown."""
        self._helped: dict[str, Way] = {}
        """By host."""

    async def get(self, file: File, label: str) -> Metadata:
        """`label` names the version in sentences. Raises RegistryError, NeedsBuild."""
        if (unbuilt := self._unbuilt.get(file.url)) is not None:
            raise NeedsBuild(unbuilt)
        if (path := path_of(file.url)) is not None:
            return await self._here(file, path, label)
        if (known := self._recent.get(file.url)) is not None:
            return known
        return await self._flights.run(file.url, lambda _tell: self._get(file, label))

    async def whole(self, file: File, label: str) -> bytes:
        """METADATA or PKG-INFO with the description. Raises RegistryError; NeedsBuild if there is none."""
        if (path := path_of(file.url)) is not None:
            return await asyncio.to_thread(self._local, file, path, label)
        key = f"whole {_kept_as(file)}"
        kept = await asyncio.to_thread(self._cache.read, key)
        if kept is not None:
            return kept[1]
        body = await (self._of_wheel if file.is_wheel else self._of_sdist)(file, label)
        await asyncio.to_thread(self._cache.store, key, body, clock.now(), encoding="identity")
        return body

    def known(self, file: File) -> Metadata | None:
        """What is on this machine. Blocks shortly on the disk."""
        if path_of(file.url) is not None:
            return None
        return self._recent.get(file.url) or self._from_disk(file)

    async def aclose(self) -> None:
        await self._flights.aclose()
        await self._client.aclose()

    async def _here(self, file: File, path: Path, label: str) -> Metadata:
        """Of a file of this machine, which may be another one at any time."""
        found = read_metadata(_head(await asyncio.to_thread(self._local, file, path, label)))
        if not file.is_wheel and not found.is_static:
            raise NeedsBuild(UNBUILT.format(label))
        return found

    def _local(self, file: File, path: Path, label: str) -> bytes:
        try:
            if path.stat().st_size > MAX_WHEEL_BYTES:
                raise TooLarge(f"{label}: {path} is larger than {MAX_WHEEL_BYTES >> 20} MiB")
            body = path.read_bytes()
        except OSError as error:
            raise NotFound(f"{label}: {path} can't be read: {why(error)}") from error
        if file.is_wheel:
            return metadata_of_wheel(Parts(body, len(body)), file.filename, label)
        found = pkg_info_of(body, file.filename)
        if found is None:
            raise NeedsBuild(UNBUILT.format(label))
        return found

    async def _get(self, file: File, label: str) -> Metadata:
        found = await asyncio.to_thread(self._from_disk, file)
        if found is None:
            body = await (self._of_wheel if file.is_wheel else self._of_sdist)(file, label)
            head = _head(body)
            found = read_metadata(head)
            await asyncio.to_thread(self._keep, file, head)
        if not file.is_wheel and not found.is_static:
            raise self._needs_build(file, label)
        self._recent.put(file.url, found)
        return found

    def _needs_build(self, file: File, label: str) -> NeedsBuild:
        if len(self._unbuilt) > MAX_UNBUILT:
            self._unbuilt.clear()
        sentence = UNBUILT.format(label)
        self._unbuilt[file.url] = sentence
        return NeedsBuild(sentence)

    def _from_disk(self, file: File) -> Metadata | None:
        kept = self._cache.read(_kept_as(file))
        return read_metadata(kept[1]) if kept is not None else None

    def _keep(self, file: File, head: bytes) -> None:
        self._cache.store(_kept_as(file), head, clock.now(), encoding="identity")

    async def _of_wheel(self, file: File, label: str) -> bytes:
        if file.metadata is not None:
            try:
                return await self._beside(file, label)
            except RegistryError as error:
                if not error.is_permanent:
                    raise
                log.info("%s: the announced metadata can't be had: %s", label, error)
        host = origin_of(file.url)
        ways: list[Way] = ["end", "beside", "whole"]
        if helped := self._helped.get(host):
            ways.sort(key=lambda way: way != helped)
        problem: RegistryError = NotFound(f"{label}: its file is not on the index")
        for way in ways:
            try:
                body = await {"end": self._end, "beside": self._beside, "whole": self._whole}[way](
                    file, label
                )
            except RegistryError as error:
                if not error.is_permanent:
                    raise
                problem = error
            else:
                self._helped.setdefault(host, way)
                return body
        raise problem

    async def _beside(self, file: File, label: str) -> bytes:
        body = await self._download(f"{file.url}.metadata", label, MAX_METADATA_BYTES)
        if file.metadata and hashlib.sha256(body).hexdigest() != file.metadata:
            raise Malformed(f"{label}: its metadata is not what the index announced")
        return body

    async def _end(self, file: File, label: str) -> bytes:
        """Malformed if the host does not grant a part, or gives another one."""
        tail, size = await self._part(file, label, f"-{TAIL_BYTES}")
        for _round in range(ROUNDS):
            try:
                return await asyncio.to_thread(
                    metadata_of_wheel, Parts(tail, size), file.filename, label
                )
            except NeedsMore as more:
                begin = size - len(tail)
                if more.start >= begin:
                    break
                before, _size = await self._part(file, label, f"{more.start}-{begin - 1}")
                tail = before + tail
        raise Malformed(f"{label}: the end of its wheel can't be read")

    async def _part(self, file: File, label: str, span: str) -> tuple[bytes, int]:
        """Some bytes of a file, and its size; the whole of it where the host sends that."""
        got = await self._client.get(
            file.url,
            label=label,
            accept=ACCEPT,
            max_bytes=MAX_WHEEL_BYTES if file.is_wheel else MAX_SDIST_BYTES,
            span=span,
            may_leave=True,
        )
        assert got is not None, "nothing was asked to be confirmed"
        body = bytes(got.body)
        size = len(body)
        if got.content_range is not None:
            match = SPAN.fullmatch(got.content_range.strip())
            if match is None:
                raise Malformed(OTHER_PART.format(label))
            first, last, size = (int(each) for each in match.groups())
            if (first, last) != _bounds(span, size) or last - first + 1 != len(body):
                raise Malformed(OTHER_PART.format(label))
        if len(body) == size:
            _check(file, body, label)
        return body, size

    async def _whole(self, file: File, label: str) -> bytes:
        body = await self._download(file.url, label, MAX_WHEEL_BYTES)
        _check(file, body, label)
        return await asyncio.to_thread(
            metadata_of_wheel, Parts(body, len(body)), file.filename, label
        )

    async def _of_sdist(self, file: File, label: str) -> bytes:
        try:
            body, size = await self._beginning(file, label)
            found = await asyncio.to_thread(pkg_info_of, body, file.filename)
            if found is None and len(body) < size:
                whole = await self._download(file.url, label, MAX_SDIST_BYTES)
                _check(file, whole, label)
                found = await asyncio.to_thread(pkg_info_of, whole, file.filename)
        except RegistryError as error:
            if not error.is_permanent:
                raise
            raise self._needs_build(file, label) from error
        if found is None:
            raise self._needs_build(file, label)
        return found

    async def _beginning(self, file: File, label: str) -> tuple[bytes, int]:
        """Some bytes of a source archive, none if the host grants no part, and its size."""
        try:
            return await self._part(file, label, f"0-{HEAD_BYTES - 1}")
        except NotFound:
            raise
        except RegistryError as error:
            if not error.is_permanent:
                raise
            return b"", MAX_SDIST_BYTES

    async def _download(self, url: str, label: str, max_bytes: int) -> bytes:
        got = await self._client.get(
            url, label=label, accept=ACCEPT, max_bytes=max_bytes, may_leave=True
        )
        assert got is not None, "nothing was asked to be confirmed"
        return _plain(got, max_bytes, label)


def _bounds(span: str, size: int) -> tuple[int, int]:
    """The first and the last byte that `-64` or `0-63` asks for."""
    first, _dash, last = span.partition("-")
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1)


def _head(body: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", body, maxsplit=1)[0] + b"\n"


def _plain(got: Download, max_bytes: int, label: str) -> bytes:
    return bytes(inflate(got.body, got.encoding, max_bytes=max_bytes, label=label))


def _check(file: File, body: bytes, label: str) -> None:
    if file.sha256 and hashlib.sha256(body).hexdigest() != file.sha256:
        raise Malformed(f"{label}: its file is not the one that the index lists")


def _kept_as(file: File) -> str:
    """By content where the index tells its hash: a mirror may serve it at another address tomorrow."""
    path = urlsplit(file.url).path
    return f"metadata:{file.sha256}" if file.sha256 else f"metadata:{origin_of(file.url)}{path}"
