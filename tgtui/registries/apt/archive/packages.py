"""The Packages files of apt's suites: which are needed, and a folder that keeps them by hash."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tgtui.basics.files.private import make_folder, write
from tgtui.registries.apt.archive.compression import DECODERS, MAX_INDEX_BYTES
from tgtui.registries.apt.archive.release import ALGORITHMS, IndexEntry, Release
from tgtui.registries.apt.archive.transport import Transport, plain_bytes
from tgtui.registries.apt.configuration.sources import AptSource
from tgtui.registries.base import (
    BadSignature,
    FetchProgress,
    Forbidden,
    NotFound,
    ProgressCallback,
    ServerError,
)
from tgtui.registries.http.client import Download

WIRE_SLACK = 64 * 1024
"""Bytes that a transfer's own compression may add to a file."""

PartFacts = Mapping[str, Any]
"""JSON of a Packages file in the folder: `file`, its name there, and what `index/build.py` wants, except its path."""


class Form(Struct, frozen=True):
    """A Packages file in one compression."""

    path: str
    """Below the source."""
    hashed_path: str | None
    """Its path by hash, if it should be asked for there first."""
    compression: str
    entry: IndexEntry | None
    """None if no Release file lists it."""


class Wanted(Struct, frozen=True):
    """One Packages file of a source."""

    label: str
    about: Mapping[str, str]
    """For `Mirror.has`."""
    origin: Mapping[str, str]
    """What pins ask of it: see `index/pins.py`."""
    pin: int
    forms: Sequence[Form]
    """Best first."""
    plain: IndexEntry | None
    """The same file decoded, if the Release lists it."""

    @property
    def size(self) -> int:
        """Bytes to download, as far as known."""
        entry = self.forms[0].entry
        return entry.size if entry else 0


class PackagesFolder:
    """Packages files by hash, so that a change of one suite fetches no other again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, part: PartFacts) -> Path:
        return self._folder / str(part["file"])

    def has(self, parts: Iterable[PartFacts]) -> bool:
        """Whether all of them are there. Blocks."""
        return all(_is_whole(self.path(part)) for part in parts)

    async def bring(
        self, wanted: Wanted, transport: Transport, tell: ProgressCallback
    ) -> PartFacts:
        """The file from the folder or the source: the first form that is there. Raises RegistryError."""
        await asyncio.to_thread(make_folder, self._folder)
        for form in wanted.forms:
            if form.entry is not None:
                path = self._folder / form.entry.digest
                if await asyncio.to_thread(_is_whole, path):
                    return _part(wanted, form, path.name)
        missing: NotFound | Forbidden | ServerError | None = None
        for form in wanted.forms:
            try:
                return _part(wanted, form, await self._download(wanted, form, transport, tell))
            except (NotFound, Forbidden, ServerError) as error:
                missing = missing or error
        assert missing is not None
        raise missing

    def prune(self, keep: Iterable[PartFacts]) -> None:
        """Delete all others. Blocks."""
        names = {part["file"] for part in keep}
        for path in self._folder.iterdir():
            if len(path.name) in ALGORITHMS.values() and path.name not in names:
                with contextlib.suppress(OSError):
                    path.unlink()

    async def _download(
        self, wanted: Wanted, form: Form, transport: Transport, tell: ProgressCallback
    ) -> str:
        """The name of the file in the folder."""
        if form.entry is not None and form.entry.size > MAX_INDEX_BYTES:
            raise BadSignature(
                f"{wanted.label}: the index is larger than {MAX_INDEX_BYTES >> 20} MiB"
            )

        async def brought(path: str) -> str:
            download = await transport.get(
                path,
                wanted.label,
                form.entry.size + WIRE_SLACK if form.entry else MAX_INDEX_BYTES,
                is_proven=form.entry is not None,
                about=wanted.about,
                on_progress=tell,
            )
            assert download is not None  # no validator was sent
            return await asyncio.to_thread(_store, self._folder, wanted, form.entry, download)

        if form.hashed_path is not None:
            with contextlib.suppress(NotFound, Forbidden, ServerError, BadSignature):
                return await brought(form.hashed_path)
        return await brought(form.path)


def wanted_file(
    source: AptSource, release: Release, component: str, architecture: str, by_hash: str
) -> Wanted | None:
    """A Packages file that the Release lists, or may have if it lists none. `by_hash` is `yes`, `no` or `force`."""
    folder = f"{component}/binary-{architecture}/" if component else ""
    uses_hashes = by_hash == "force" or (by_hash != "no" and release.by_hash)
    forms = []
    for ending in DECODERS:
        entry = release.files.get(f"{folder}Packages{ending}")
        if entry is None and release.files:
            continue
        path = f"{source.folder}{folder}Packages{ending}"
        hashed = None
        if entry is not None and uses_hashes:
            hashed = f"{source.folder}{folder}by-hash/{entry.algorithm.upper()}/{entry.digest}"
        forms.append(Form(path, hashed, ending, entry))
    if not forms:
        return None
    where = f"{component}/{architecture}" if component else "its packages"
    about = {"component": component, "arch": architecture} if component else {}
    plain = release.files.get(f"{folder}Packages")
    origin = _origin(source, release, component, architecture)
    return Wanted(f"apt: {source.label}, {where}", about, origin, release.pin, forms, plain)


def _origin(
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


def _part(wanted: Wanted, form: Form, file: str) -> PartFacts:
    plain = wanted.plain
    return {
        "file": file,
        "compression": form.compression,
        "label": wanted.label,
        "pin": wanted.pin,
        "about": dict(wanted.origin),
        "size": plain.size if plain else 0,
        **{name: plain.digest if plain and plain.algorithm == name else "" for name in ALGORITHMS},
    }


def _store(folder: Path, wanted: Wanted, entry: IndexEntry | None, download: Download) -> str:
    """In a thread: store it under its hash, after checking it."""
    body: bytes | bytearray = download.body
    if entry is None:
        body = plain_bytes(download, MAX_INDEX_BYTES, wanted.label)
        name = hashlib.sha256(body).hexdigest()
    else:
        name = entry.digest
        if not entry.fits(body):
            # Some servers call a file's own compression the transfer's, others add one.
            body = plain_bytes(download, entry.size + WIRE_SLACK, wanted.label)
        if not entry.fits(body):
            raise BadSignature(
                f"{wanted.label}: the index does not match the hash its Release file lists; the mirror may be in"
                " the middle of an update, so try again later"
            )
    unfinished = folder / f"{name}.{os.getpid()}.part"
    write(unfinished, body)
    unfinished.replace(folder / name)
    return name


def _is_whole(path: Path) -> bool:
    """Whether the file is the one that its name, a hash, says."""
    algorithm = next(name for name, digits in ALGORITHMS.items() if digits == len(path.name))
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest() == path.name
    except OSError:
        return False


def shifted(tell: ProgressCallback, done: int, total: int) -> ProgressCallback:
    """The progress of one file as that of all."""
    return lambda progress: tell(FetchProgress(done + progress.received, total))
