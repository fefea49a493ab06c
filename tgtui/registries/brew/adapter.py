"""Homebrew: the signed index of all formulae and casks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tgtui.basics import clock
from tgtui.basics.files.paths import expanded
from tgtui.basics.files.private import make_folder, write
from tgtui.basics.settings import BrewSettings
from tgtui.registries.base import (
    Default,
    FetchedDocument,
    FetchProgress,
    NotFound,
    ProgressCallback,
    RegistryName,
    refuse_name,
)
from tgtui.registries.brew.build import MIGRATIONS
from tgtui.registries.brew.configuration import API, VARIABLE, address_of
from tgtui.registries.brew.document import MACOS
from tgtui.registries.brew.index import BrewIndex
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.gate import HostGate
from tgtui.registries.http.inflate import inflate
from tgtui.registries.http.rules import shown_host
from tgtui.registries.indexes.indexed import IndexedRegistry
from tgtui.registries.indexes.keeper import IndexKeeper, NewIndex
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.homebrew import homebrew_name_problem

FORMULAE, CASKS = "formula", "cask"
KINDS = (FORMULAE, CASKS, *MIGRATIONS)
JSON = "application/json"
READING = 3
"""Counts up when the same documents are read in another way, so that they are read and imported again."""
FIRST_NUMBERED_MACOS = 11
"""Big Sur; each yearly release has its own name."""


class BrewAdapter(IndexedRegistry):
    """RegistryAdapter for Homebrew. Reads nothing before its first use."""

    name: RegistryName = "brew"

    def __init__(
        self,
        settings: BrewSettings,
        folder: Path,
        *,
        gate: HostGate | None = None,
        contact: str | None = None,
        max_bytes: int,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        """`max_bytes` limits each of the index's documents. SettingsError for a bad address."""
        self._settings = settings
        self._folder = folder
        self._files = folder / "indexes" / "files"
        self._max_bytes = max_bytes
        self._client = HttpClient(gate=gate, contact=contact)
        self._api = address_of(settings.api)
        self._system = settings.system or this_system()
        what = repr((READING, self._api, self._system, settings.recommended, settings.public_key))
        self._keeper: IndexKeeper[BrewIndex] = IndexKeeper(
            folder,
            f"brew-{hashlib.sha256(what.encode()).hexdigest()[:12]}",
            label="brew",
            opened=BrewIndex,
            refresh=self._refresh,
            interval=timedelta(hours=settings.refresh_hours),
            now=now,
        )

    def validate_name(self, name: str) -> None:
        """Raise InvalidName with the reason."""
        refuse_name(homebrew_name_problem(name))

    async def fetch(
        self, name: str, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> FetchedDocument:
        """See RegistryAdapter.fetch. The document has the name that an alias or old name stands for."""
        self.validate_name(name)
        index, from_cache = await self._keeper.get(max_age, on_progress)
        canonical = await asyncio.to_thread(index.canonical, name)
        document = await asyncio.to_thread(index.document, canonical) if canonical else None
        if document is None:
            raise NotFound(f"brew:{index.absence(name)}")
        return FetchedDocument(document, index.confirmed_at, from_cache)

    async def index(
        self, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> BrewIndex:
        return (await self._keeper.get(max_age, on_progress))[0]

    def known_index(self) -> BrewIndex | None:
        return self._keeper.known()

    async def aclose(self) -> None:
        await self._keeper.aclose()
        await self._client.aclose()

    async def _refresh(self, known: BrewIndex | None, tell: ProgressCallback) -> NewIndex | None:
        before: Mapping[str, Any] = json.loads(known.facts["documents"]) if known else {}
        await asyncio.to_thread(make_folder, self._files)
        documents: dict[str, dict[str, Any]] = {}
        problems: list[str] = []
        received = 0
        for kind in KINDS:

            def shifted(progress: FetchProgress, before: int = received) -> None:
                tell(FetchProgress(before + progress.received, None))

            try:
                found, size = await self._document(kind, before.get(kind), shifted)
            except NotFound:
                if kind == FORMULAE:
                    raise
                if kind == CASKS:
                    problems.append(f"brew: {shown_host(self._api)} has no index of casks")
                continue
            documents[kind] = found
            received += size
        if known is not None and _hashes(documents) == _hashes(before):
            return None
        told = json.dumps([READING, self._system, self._settings.recommended, _hashes(documents)])
        digest = hashlib.sha256(told.encode()).hexdigest()
        await asyncio.to_thread(self._prune, {d["sha256"] for d in documents.values()})
        return NewIndex(
            digest,
            {
                "module": "tgtui.registries.brew.build",
                "public_key": str(expanded(key)) if (key := self._settings.public_key) else None,
                "system": self._system,
                "recommended": self._settings.recommended,
                "problems": problems,
                "facts": {"digest": digest, "documents": json.dumps(documents)},
                **{
                    kind: str(self._path(documents[kind]["sha256"])) if kind in documents else None
                    for kind in KINDS
                },
            },
        )

    async def _document(
        self, kind: str, known: Mapping[str, Any] | None, tell: ProgressCallback
    ) -> tuple[dict[str, Any], int]:
        """(validators and hash, bytes received); the signed body is stored in the folder under its hash."""
        label = f"brew: {kind}.jws.json"
        has_file = known is not None and await asyncio.to_thread(self._path(known["sha256"]).exists)
        validators = known if known is not None and has_file else {}
        download = await self._client.get(
            f"{self._api}/{kind}.jws.json",
            label=label,
            accept=JSON,
            max_bytes=self._max_bytes,
            etag=validators.get("etag"),
            last_modified=validators.get("last_modified"),
            on_progress=tell,
        )
        if download is None:
            return dict(validators), 0
        body = await asyncio.to_thread(
            inflate, download.body, download.encoding, max_bytes=self._max_bytes, label=label
        )
        digest = await asyncio.to_thread(self._store, body)
        facts = {
            "etag": download.etag,
            "last_modified": download.last_modified,
            "sha256": digest,
        }
        return facts, len(download.body)

    def _path(self, digest: str) -> Path:
        return self._files / f"brew-{digest}"

    def _store(self, body: bytes | bytearray) -> str:
        digest = hashlib.sha256(body).hexdigest()
        unfinished = self._files / f"brew-{digest}.{os.getpid()}.part"
        write(unfinished, body)
        unfinished.replace(self._path(digest))
        return digest

    def _prune(self, keep: set[str]) -> None:
        for path in self._files.glob("brew-*"):
            if path.name.removeprefix("brew-") not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()


def this_system() -> str:
    """brew's name of this machine: `arm64_tahoe`, `sonoma`, `x86_64_linux`. Other systems count as Linux."""
    is_arm = platform.machine().lower() in ("arm64", "aarch64")
    if platform.system() != "Darwin":
        return "arm64_linux" if is_arm else "x86_64_linux"
    major = int(platform.mac_ver()[0].partition(".")[0] or 0)
    # macOS went from 15 to 26: the year's number.
    place = major - FIRST_NUMBERED_MACOS if major < 20 else major - 26 + len(MACOS) - 1
    names = MACOS[MACOS.index("big_sur") :] if major < 20 else MACOS
    release = names[min(max(place, 0), len(names) - 1)]
    return f"arm64_{release}" if is_arm else release


def _hashes(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {kind: str(found["sha256"]) for kind, found in documents.items()}


def defaults() -> dict[str, Default]:
    given = os.environ.get(VARIABLE)
    return {
        "api": Default(given or API, VARIABLE if given else None),
        "public_key": Default(None, "Homebrew's own key"),
        "system": Default(this_system(), "this machine"),
    }


def make(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> BrewAdapter:
    return BrewAdapter(
        options.brew,
        options.cache_folder,
        gate=gate,
        contact=options.contact,
        max_bytes=options.max_document_bytes,
    )
