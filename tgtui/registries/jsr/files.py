"""The files of jsr's packages: each is served by itself; a version's document lists them with their checksums."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from urllib.parse import quote

from msgspec import Raw, Struct

from tgtui.basics import clock
from tgtui.registries.archives.choosing import as_text, find_changelog, find_readme
from tgtui.registries.archives.fetching import Proven, ProvenSource
from tgtui.registries.archives.files import Limits, Listing, NoSuchFile, PackageFile, PackageText
from tgtui.registries.archives.integrity import Integrity, of_hex
from tgtui.registries.base import Malformed, ProgressCallback, TooLarge, refuse_name
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.documents import DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.jsr.adapter import ACCEPT, FOREVER
from tgtui.registries.jsr.configuration import registry_and_tokens
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.jsr import jsr_name_problem

UNCHECKED = "without a checksum that is known, so it can't be shown"
HASH = "sha256"
MOST_BYTES = 1 << 50
"""Of a file: larger is no size."""


class _VersionMeta(Struct):
    manifest: Raw = Raw()


class _File(Struct, frozen=True):
    size: int
    integrity: Integrity | None


class _Manifest(Struct, frozen=True):
    """From paths without the slash that jsr begins them with."""

    files: Mapping[str, _File]

    @property
    def weight(self) -> int:
        return 300 * (1 + len(self.files))


class JsrFiles:
    """FileSource for jsr. Reads nothing before its first use."""

    def __init__(
        self,
        registry: str,
        cache: DocumentCache,
        limits: Limits,
        *,
        authorization: Callable[[str], str | None],
        gate: HostGate | None = None,
        contact: str | None = None,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        """`registry` ends with a slash."""
        self._registry = registry
        self._limits = limits

        def client() -> HttpClient:
            return HttpClient(authorization=authorization, gate=gate, contact=contact)

        self._manifests: DocumentSource[_Manifest] = DocumentSource(client(), cache, now=now)
        self._files = ProvenSource(client(), cache, now=now)

    async def listing(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> Listing:
        manifest = await self._manifest(name, version)
        files = [
            PackageFile(path, file.size, "" if file.integrity else UNCHECKED)
            for path, file in sorted(manifest.files.items())
        ]
        return Listing(tuple(files), sum(f.size for f in files), len(files), None, HASH)

    async def readme(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        manifest = await self._manifest(name, version)
        return await self._named(name, version, manifest, find_readme, "README", on_progress)

    async def changelog(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        manifest = await self._manifest(name, version)
        return await self._named(name, version, manifest, find_changelog, "changelog", on_progress)

    async def text(
        self, name: str, version: str, path: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        manifest = await self._manifest(name, version)
        label = f"{path} of jsr:{name}@{version}"
        file = manifest.files.get(path)
        if file is None:
            raise NoSuchFile(f"jsr:{name}@{version} has no file {path}")
        if file.integrity is None:
            raise Malformed(f"{label} is {UNCHECKED}")
        if file.size > self._limits.packed:
            raise TooLarge(
                f"{label} is larger than {self._limits.packed >> 20} MiB, the most that is downloaded"
                " (archives.packed_megabytes)"
            )
        url = f"{self._registry}{name}/{quote(version, safe='+')}/{quote(path)}"
        setting = "archives.packed_megabytes"
        wanted = Proven(label, url, file.integrity, self._limits.packed, setting)
        body = await self._files.get(wanted, on_progress)
        proof = file.integrity.algorithm

        def decoded() -> PackageText:
            shown = bytes(body[: self._limits.text])
            return as_text(path, shown, len(body), label, origin="file", proof=proof)

        return await asyncio.to_thread(decoded)

    async def aclose(self) -> None:
        await self._manifests.aclose()
        await self._files.aclose()

    async def _named(
        self,
        name: str,
        version: str,
        manifest: _Manifest,
        choose: Callable[[list[str]], str | None],
        kind: str,
        on_progress: ProgressCallback | None,
    ) -> PackageText:
        path = choose(sorted(manifest.files))
        if path is None:
            raise NoSuchFile(f"jsr:{name}@{version} has no {kind}")
        return await self.text(name, version, path, on_progress=on_progress)

    async def _manifest(self, name: str, version: str) -> _Manifest:
        """The same document as the adapter's, from the same cache."""
        refuse_name(jsr_name_problem(name))
        wanted = Wanted(
            label=f"jsr:{name}@{version}",
            url=f"{self._registry}{name}/{quote(version, safe='+')}_meta.json",
            accept=ACCEPT,
            decode=partial(_decode, limit=self._limits.files, label=f"jsr:{name}@{version}"),
        )
        had, _from_cache = await self._manifests.get(wanted, FOREVER.total_seconds())
        return had.document


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> JsrFiles:
    registry, authorization = registry_and_tokens(options)
    return JsrFiles(
        registry,
        cache,
        options.limits,
        authorization=authorization,
        gate=gate,
        contact=options.contact,
    )


def _decode(body: bytes | bytearray, limit: int, label: str) -> _Manifest:
    try:
        found = loose.decode(body, _VersionMeta)
        raws = loose.mapping(found.manifest, limit)
    except loose.NotJson as error:
        raise Malformed(f"{label}: the registry's answer is no version document") from error
    except loose.TooMany as error:
        raise TooLarge(f"{label} has more than {limit:,} files") from error
    files = {}
    for path, raw in raws.items():
        told = loose.value(raw)
        if not isinstance(told, dict) or ".." in path.split("/"):
            continue
        size, checksum = told.get("size"), told.get("checksum")
        algorithm, _, digest = checksum.partition("-") if isinstance(checksum, str) else ("",) * 3
        if not isinstance(size, int) or not 0 <= size < MOST_BYTES:
            size = 0
        files[path.removeprefix("/")] = _File(size, of_hex(algorithm, digest))
    return _Manifest(files)
