"""The Packages files of apt's suites: which are needed, and a folder that keeps them by hash."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tgtui.registries.apt.archive.local import read_local
from tgtui.registries.apt.archive.release import IndexEntry, Release
from tgtui.registries.apt.archive.stanzas import DECODERS, MAX_INDEX_BYTES
from tgtui.registries.apt.configuration.sources import AptSource, is_local
from tgtui.registries.base import BadSignature, FetchProgress, ProgressCallback
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.inflate import inflate

ANYTHING = "*/*"
HEX_DIGITS = 64
"""A SHA-256: the name of a Packages file in the folder."""
WIRE_SLACK = 64 * 1024
"""Bytes that a transfer's own compression may add to a file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One Packages file of a source."""

    source: int
    pin: int
    about: Mapping[str, str]
    """What pins ask of it: see `index/pins.py`."""
    label: str
    path: str
    url: str
    compression: str
    entry: IndexEntry
    plain: IndexEntry | None
    """The same file decoded, if the Release lists it."""


async def get(
    client: HttpClient,
    url: str,
    label: str,
    max_bytes: int,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    on_progress: ProgressCallback | None = None,
) -> Download | None:
    """A file of a remote or local repository; None if it has not changed. Raises RegistryError."""
    if is_local(url):
        return await asyncio.to_thread(read_local, url, label, max_bytes, last_modified)
    return await client.get(
        url,
        label=label,
        accept=ANYTHING,
        max_bytes=max_bytes,
        etag=etag,
        last_modified=last_modified,
        on_progress=on_progress,
    )


class PackagesFolder:
    """Packages files by hash, so that a change of one suite fetches no other again."""

    def __init__(self, client: HttpClient, folder: Path) -> None:
        self._client = client
        self._folder = folder

    def path(self, file: Wanted) -> Path:
        """The path of a file that was downloaded."""
        return self._folder / file.entry.sha256

    async def download(self, wanted: Sequence[Wanted], tell: ProgressCallback) -> None:
        """Download missing files; delete those no longer referenced. Raises RegistryError."""
        await asyncio.to_thread(self._folder.mkdir, 0o700, parents=True, exist_ok=True)
        total = sum(file.entry.size for file in wanted)
        done = 0
        for file in wanted:
            await self._have(file, _shifted(tell, done, total))
            done += file.entry.size
            tell(FetchProgress(done, total))
        keep = {file.entry.sha256 for file in wanted}
        await asyncio.to_thread(self._prune, keep)

    async def _have(self, file: Wanted, tell: ProgressCallback) -> None:
        target = self.path(file)
        if await asyncio.to_thread(_is_whole, target, file.entry):
            return
        if file.entry.size > MAX_INDEX_BYTES:
            raise BadSignature(
                f"{file.label}: the index is larger than {MAX_INDEX_BYTES >> 20} MiB"
            )
        download = await get(
            self._client, file.url, file.label, file.entry.size + WIRE_SLACK, on_progress=tell
        )
        assert download is not None  # no validator was sent
        await asyncio.to_thread(_store, target, file, download)

    def _prune(self, keep: set[str]) -> None:
        for path in self._folder.iterdir():
            if len(path.name) == HEX_DIGITS and path.name not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()


def wanted_file(
    number: int, source: AptSource, release: Release, component: str, architecture: str
) -> Wanted | None:
    """The best form of a Packages file that the Release lists."""
    folder = f"{component}/binary-{architecture}/" if component else ""
    for ending in DECODERS:
        path = f"{folder}Packages{ending}"
        entry = release.files.get(path) or release.files.get(f"./{path}")
        if entry is None:
            continue
        url = source.folder + path
        if release.by_hash and not is_local(url):
            url = f"{source.folder}{folder}by-hash/SHA256/{entry.sha256}"
        where = f"{component}/{architecture}" if component else "its packages"
        plain = release.files.get(f"{folder}Packages")
        return Wanted(
            number,
            release.pin,
            _about(source, release, component, architecture),
            f"apt: {source.label}, {where}",
            path,
            url,
            ending,
            entry,
            plain,
        )
    return None


def _about(
    source: AptSource, release: Release, component: str, architecture: str
) -> dict[str, str]:
    told = {
        "a": release.suite,
        "n": release.codename,
        "v": release.version,
        "o": release.origin,
        "l": release.label,
        "c": component,
        "b": architecture,
        "site": urlsplit(source.uri).hostname or "",
    }
    return {letter: text for letter, text in told.items() if text}


def plain_bytes(download: Download, max_bytes: int, label: str) -> bytes | bytearray:
    """The file without the compression of the transfer."""
    return inflate(download.body, download.encoding, max_bytes=max_bytes, label=label)


def _store(target: Path, file: Wanted, download: Download) -> None:
    """In a thread: store it under its hash, after checking it."""
    body: bytes | bytearray = download.body
    if hashlib.sha256(body).hexdigest() != file.entry.sha256:
        # Some servers call a file's own compression the transfer's, others add one.
        body = plain_bytes(download, file.entry.size + WIRE_SLACK, file.label)
    if len(body) != file.entry.size or hashlib.sha256(body).hexdigest() != file.entry.sha256:
        raise BadSignature(
            f"{file.label}: the index does not match the hash its InRelease lists; the mirror may be in the"
            " middle of an update, so try again later. The previous index is kept"
        )
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
    unfinished.write_bytes(body)
    unfinished.replace(target)


def _is_whole(path: Path, entry: IndexEntry) -> bool:
    try:
        return (
            path.stat().st_size == entry.size
            and hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
        )
    except OSError:
        return False


def _shifted(tell: ProgressCallback, done: int, total: int) -> ProgressCallback:
    return lambda progress: tell(FetchProgress(done + progress.received, total))
