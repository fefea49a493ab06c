"""The files of npm's packages: the README of the document, and what is in a version's archive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from tgtui.basics import clock
from tgtui.registries.archives.archive import ProvenArchive
from tgtui.registries.archives.choosing import find_changelog, find_readme
from tgtui.registries.archives.fetching import TOTAL_SECONDS, Proven, ProvenSource
from tgtui.registries.archives.files import Limits, Listing, NoSuchFile, PackageText
from tgtui.registries.archives.integrity import Integrity, stated
from tgtui.registries.base import Malformed, NotFound, ProgressCallback, refuse_name
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.documents import MAX_DOCUMENT_BYTES, DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.http.rules import is_loopback, origin_of
from tgtui.registries.npm.adapter import ACCEPT
from tgtui.registries.npm.npmrc import NpmConfig, read_npm_config, well_known_registry
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.npm.names import npm_name_problem

FOREVER_S = 10 * 365 * 86_400.0
"""A published version never changes; a document that does not have it yet is fetched again."""
WHOLE_CHARACTERS = 64_000
"""From here on a README in a document may have been cut by the registry, which keeps 64 KB."""
COMMIT = re.compile(r"[0-9a-f]{7,64}")
MOST_FOLDER = 500
"""Characters of a place in a repository."""
NO_README = "ERROR: No README data found!"
"""What the registry writes in place of one."""


class _Packument(Struct, rename={"dist_tags": "dist-tags", "readme_name": "readmeFilename"}):
    versions: dict[str, Raw] = {}
    dist_tags: Raw = Raw()
    readme: Raw = Raw()
    readme_name: Raw = Raw()


class _Version(Struct, rename={"readme_name": "readmeFilename", "commit": "gitHead"}):
    dist: Raw = Raw()
    repository: Raw = Raw()
    commit: Raw = Raw()
    readme: Raw = Raw()
    readme_name: Raw = Raw()


class _Release(Struct, frozen=True):
    """What is kept of a version, so that it opens without its document."""

    tarball: str = ""
    integrity: str = ""
    shasum: str = ""
    readme: str = ""
    readme_name: str = "README.md"
    folder: str = ""
    commit: str = ""

    def placed(self, text: PackageText) -> PackageText:
        """With its place in the repository."""
        return replace(text, folder=self.folder, commit=self.commit)

    @property
    def proof(self) -> Integrity | None:
        return stated({"integrity": self.integrity, "shasum": self.shasum})


class _Releases(Struct, frozen=True):
    """A packument whose versions are not decoded yet."""

    versions: dict[str, Raw]
    latest: str
    readme: str
    readme_name: str
    weight: int

    def release(self, version: str) -> _Release | None:
        """None if the document does not have it."""
        raw = self.versions.get(version)
        if raw is None:
            return None
        try:
            found = loose.decode(raw, _Version)
        except loose.NotJson:
            return None
        dist = loose.value(found.dist)
        texts = dist if isinstance(dist, dict) else {}
        commit = _text(loose.value(found.commit))
        readme, name = _readme(found.readme), loose.value(found.readme_name)
        if not readme and version == self.latest:
            readme, name = self.readme, self.readme_name
        return _Release(
            **{key: _text(texts.get(key)) for key in ("tarball", "integrity", "shasum")},
            readme=readme,
            readme_name=_text(name) or "README.md",
            folder=_folder(loose.value(found.repository)),
            commit=commit if COMMIT.fullmatch(commit) else "",
        )


class NpmFiles:
    """FileSource for npm. Reads nothing before its first use."""

    def __init__(
        self,
        config: NpmConfig,
        cache: DocumentCache,
        limits: Limits,
        *,
        gate: HostGate | None = None,
        contact: str | None = None,
        max_document_bytes: int = MAX_DOCUMENT_BYTES,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._config = config
        self._cache = cache
        self._limits = limits
        self._now = now

        def client(seconds: float) -> HttpClient:
            return HttpClient(
                authorization=config.authorization_for,
                cafile=config.cafile,
                gate=gate,
                contact=contact,
                total_seconds=seconds,
            )

        self._documents: DocumentSource[_Releases] = DocumentSource(
            client(TOTAL_SECONDS), cache, max_bytes=max_document_bytes, memory_bytes=0, now=now
        )
        self._archives = ProvenSource(client(TOTAL_SECONDS), cache, now=now)

    async def listing(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> Listing:
        archive = await self._archive(name, version, on_progress)
        return await asyncio.to_thread(archive.listing)

    async def readme(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """Of the document if it has one that is whole, else of the archive."""
        release = await self._release(name, version)
        if release.readme:
            size = len(release.readme.encode("utf-8", "replace"))
            return release.placed(
                PackageText(release.readme_name, release.readme, size, "document")
            )
        return await self._chosen(name, version, find_readme, "README", on_progress)

    async def changelog(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        return await self._chosen(name, version, find_changelog, "changelog", on_progress)

    async def text(
        self, name: str, version: str, path: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        release = await self._release(name, version)
        archive = await self._archive(name, version, on_progress)
        return release.placed(await asyncio.to_thread(archive.text, path))

    async def aclose(self) -> None:
        await self._documents.aclose()
        await self._archives.aclose()

    async def _chosen(
        self,
        name: str,
        version: str,
        choose: Callable[[list[str]], str | None],
        kind: str,
        on_progress: ProgressCallback | None,
    ) -> PackageText:
        release = await self._release(name, version)
        archive = await self._archive(name, version, on_progress)

        def read() -> PackageText:
            path = choose([file.path for file in archive.listing().installed])
            if path is None:
                raise NoSuchFile(f"npm:{name}@{version} has no {kind}")
            return archive.text(path)

        return release.placed(await asyncio.to_thread(read))

    async def _archive(
        self, name: str, version: str, on_progress: ProgressCallback | None
    ) -> ProvenArchive:
        release = await self._release(name, version)
        label = f"the archive of npm:{name}@{version}"
        proof = release.proof
        if proof is None:
            raise Malformed(f"{label} can't be checked: the registry states no hash that is known")
        wanted = Proven(
            label,
            self._address(name, release.tarball, label),
            proof,
            self._limits.packed,
            "archives.packed_megabytes",
        )
        body = await self._archives.get(wanted, on_progress)
        return ProvenArchive(label, body, proof.algorithm, self._limits)

    def _address(self, name: str, tarball: str, label: str) -> str:
        """Where npm gets it: from the package's own registry in place of the public one, and never without https."""
        try:
            parts = urlsplit(tarball)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError
            if parts.scheme == "http" and not is_loopback(parts.hostname):
                parts = parts._replace(scheme="https")
            own = urlsplit(self._config.registry_for(name))
            if is_loopback(parts.hostname or "") and not is_loopback(own.hostname or ""):
                raise Malformed(f"{label} is said to be on this machine, which is refused")
            if origin_of(parts.geturl()) == origin_of(well_known_registry()):
                parts = parts._replace(scheme=own.scheme, netloc=own.netloc)
        except ValueError:
            raise Malformed(f"{label}: the registry's document has no address for it") from None
        return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))

    async def _release(self, name: str, version: str) -> _Release:
        refuse_name(npm_name_problem(name))
        url = self._config.address_of(name)
        key = f"{url}#{version}"
        known = await asyncio.to_thread(self._known, key)
        if known is not None:
            return known
        wanted = Wanted(f"npm:{name}", url, ACCEPT, partial(_decode, name=name))
        had, from_cache = await self._documents.get(wanted, FOREVER_S)
        release = await asyncio.to_thread(had.document.release, version)
        if release is None and from_cache:
            had, _ = await self._documents.get(wanted, 0)
            release = await asyncio.to_thread(had.document.release, version)
        if release is None:
            raise NotFound(f"npm:{name} has no version {version} in its registry any more")
        await asyncio.to_thread(self._keep, key, release)
        return release

    def _known(self, key: str) -> _Release | None:
        found = self._cache.read(key)
        if found is None:
            return None
        try:
            return msgspec.json.decode(found[1], type=_Release)
        except msgspec.MsgspecError:
            return None

    def _keep(self, key: str, release: _Release) -> None:
        self._cache.store(key, msgspec.json.encode(release), self._now(), encoding="identity")


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> NpmFiles:
    return NpmFiles(
        read_npm_config(options.npm.registry),
        cache,
        options.limits,
        gate=gate,
        contact=options.contact,
        max_document_bytes=options.max_document_bytes,
    )


def _decode(body: bytes | bytearray, name: str) -> _Releases:
    try:
        found = loose.decode(body, _Packument)
    except loose.NotJson as error:
        raise Malformed(f"npm:{name}: the registry's answer is no package document") from error
    tags = loose.value(found.dist_tags)
    latest = tags.get("latest") if isinstance(tags, dict) else None
    return _Releases(
        found.versions,
        _text(latest),
        _readme(found.readme),
        _text(loose.value(found.readme_name)) or "README.md",
        len(body),
    )


def _readme(raw: Raw) -> str:
    """Empty unless it is there and whole."""
    text = loose.string(raw) or ""
    is_whole = len(text) < WHOLE_CHARACTERS and not text.startswith(NO_README)
    return text if is_whole and text.strip() else ""


def _folder(repository: object) -> str:
    """`directory`, if it is a path below the repository."""
    found = _text(repository.get("directory")) if isinstance(repository, dict) else ""
    parts = [part for part in found.split("/") if part not in ("", ".")]
    return "" if ".." in parts or len(found) > MOST_FOLDER else "/".join(parts)


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
