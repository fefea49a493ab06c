"""Fetches apt's indexes: a verified, fresh InRelease, then each Packages file by its hash."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tgtui.registries.apt.archive.facts import SourceFacts, facts_of, release_of
from tgtui.registries.apt.archive.packages import (
    PackagesFolder,
    Wanted,
    get,
    plain_bytes,
    wanted_file,
)
from tgtui.registries.apt.archive.release import (
    MAX_RELEASE_BYTES,
    Release,
    parse_release,
    verified_text,
)
from tgtui.registries.apt.configuration.sources import AptSource, is_local
from tgtui.registries.base import BadSignature, Forbidden, NotFound, ProgressCallback
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.rules import is_allowed
from tgtui.registries.indexes.keeper import NewIndex

STANZAS = 2
"""In the digest: what is kept of a stanza."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """A source with its Release."""

    source: AptSource
    facts: SourceFacts
    is_new: bool
    wanted: list[Wanted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class AptFetcher:
    """Fetches for one list of sources and architectures."""

    def __init__(
        self,
        client: HttpClient,
        sources: Sequence[AptSource],
        architectures: Sequence[str],
        folder: Path,
        *,
        pins: Sequence[Mapping[str, Any]] = (),
        now: Callable[[], datetime],
    ) -> None:
        """`folder` keeps the Packages files; `pins` are Pin as JSON objects."""
        self._client = client
        self._sources = sources
        self._architectures = architectures
        self._folder = folder
        self._packages = PackagesFolder(client, folder)
        self._pins = list(pins)
        self._now = now

    async def refresh(
        self, known: Mapping[str, str] | None, tell: ProgressCallback
    ) -> NewIndex | None:
        """`known` are the facts of the current index. None if no suite has changed. Raises RegistryError."""
        before = {facts["folder"]: facts for facts in json.loads(known["sources"])} if known else {}
        looked: list[Looked] = []
        missing: list[str] = []
        lost: NotFound | None = None
        for number, source in enumerate(self._sources):
            try:
                looked.append(await self._look(number, source, before.get(source.folder)))
            except NotFound as error:
                lost = error
                missing.append(f"{source.label} is left out: it has no InRelease")
                log.warning("apt: %s is left out: it has no InRelease", source.label)
        if not looked and lost is not None:
            raise lost
        if len(looked) == len(before) and not any(each.is_new for each in looked):
            return None
        wanted = [file for each in looked for file in each.wanted]
        if not wanted:
            raise NotFound(
                f"apt: no suite has packages for {' or '.join(self._architectures)} in its components"
            )
        await self._packages.download(wanted, tell)
        problems = missing + [problem for each in looked for problem in each.problems]
        return self._job(looked, wanted, problems)

    async def _look(self, number: int, source: AptSource, known: SourceFacts | None) -> Looked:
        url = f"{source.folder}InRelease"
        if source.is_trusted and not (is_local(url) or is_allowed(url)):
            raise Forbidden(
                f"apt: {source.label} is used without a signature (trusted=yes), and over plain http"
                " anyone could change it; use https, or remove trusted=yes"
            )
        label = f"apt: {source.label}"
        download = await get(
            self._client,
            url,
            label,
            MAX_RELEASE_BYTES,
            etag=known["etag"] if known else None,
            last_modified=known["last_modified"] if known else None,
        )
        if download is None:
            assert known is not None
            return self._unchanged(number, source, known)
        body = bytes(plain_bytes(download, MAX_RELEASE_BYTES, label))
        digest = hashlib.sha256(body).hexdigest()
        if known is not None and known["digest"] == digest:
            return self._unchanged(number, source, known)
        text = await asyncio.to_thread(verified_text, body, source)
        release = parse_release(text, label)
        self._check(source, release, known)
        facts = facts_of(source, release, digest, download)
        return self._looked(number, source, release, facts, is_new=True)

    def _unchanged(self, number: int, source: AptSource, known: SourceFacts) -> Looked:
        release = release_of(known)
        self._check(source, release, known)
        return self._looked(number, source, release, known, is_new=False)

    def _check(self, source: AptSource, release: Release, known: SourceFacts | None) -> None:
        """Refuse an expired Release, and one that is older than the previous one or of another origin (apt-secure(8))."""
        end = release.valid_until
        if source.checks_expiry and end is not None and end < self._now():
            raise BadSignature(
                f"apt: {source.label}: its InRelease has expired on {end:%Y-%m-%d %H:%M} UTC; the mirror"
                " is out of date, or someone holds back updates. The previous index is kept"
            )
        if known is None:
            return
        before = release_of(known)
        if release.date is not None and before.date is not None and release.date < before.date:
            raise BadSignature(
                f"apt: {source.label}: its InRelease of {release.date:%Y-%m-%d %H:%M} UTC is older than the one"
                f" of {before.date:%Y-%m-%d %H:%M} UTC that was fetched before, which is kept"
            )
        for word, old, new in (
            ("Origin", before.origin, release.origin),
            ("Codename", before.codename, release.codename),
        ):
            if old and new != old:
                raise BadSignature(
                    f"apt: {source.label}: its {word} has changed from {old[:60]!r} to {new[:60]!r}. If that is"
                    f" meant, remove {self._folder.parent} and try again"
                )

    def _looked(
        self, number: int, source: AptSource, release: Release, facts: SourceFacts, *, is_new: bool
    ) -> Looked:
        looked = Looked(source, facts, is_new)
        for component in source.components or ("",):
            found = [
                wanted
                for architecture in self._of_source(source, release)
                if (wanted := wanted_file(number, source, release, component, architecture))
                is not None
            ]
            looked.wanted += found
            if not found:
                looked.problems.append(
                    f"{source.label} has no component {component} for"
                    f" {' or '.join(self._architectures)}"
                )
        return looked

    def _of_source(self, source: AptSource, release: Release) -> list[str]:
        """Architectures to read; also `all` if those packages have their own index. A flat repository has one index."""
        if source.is_flat:
            return [""]
        found = [architecture for architecture in self._architectures if source.wants(architecture)]
        return [*found, "all"] if release.has_all_apart else found

    def _job(
        self, looked: Sequence[Looked], wanted: Sequence[Wanted], problems: Sequence[str]
    ) -> NewIndex:
        told = json.dumps(
            [
                STANZAS,
                self._pins,
                self._architectures,
                [[f.source, f.path, f.entry.sha256, f.pin, dict(f.about)] for f in wanted],
            ]
        )
        digest = hashlib.sha256(told.encode()).hexdigest()
        suites = {f.source: f.pin for f in wanted}
        facts = {
            "digest": digest,
            "architecture": self._architectures[0],
            "sources": json.dumps([dict(each.facts) for each in looked]),
            "suites": json.dumps(
                [
                    {"name": _suite_name(source, looked), "pin": suites.get(number, 500)}
                    for number, source in enumerate(self._sources)
                ]
            ),
        }
        parts = [
            {
                "path": str(self._packages.path(file)),
                "compression": file.compression,
                "label": file.label,
                "sha256": file.plain.sha256 if file.plain else "",
                "size": file.plain.size if file.plain else 0,
                "source": file.source,
                "pin": file.pin,
                "about": dict(file.about),
            }
            for file in wanted
        ]
        return NewIndex(
            digest,
            {
                "module": "tgtui.registries.apt.index.build",
                "architecture": self._architectures[0],
                "problems": list(problems),
                "parts": parts,
                "pins": self._pins,
                "facts": facts,
            },
        )


def _suite_name(source: AptSource, looked: Sequence[Looked]) -> str:
    """The suite's name in the source, `bookworm-updates`; its codename for a changing name (`stable`)."""
    for each in looked:
        if each.source == source and source.suite == each.facts["suite"]:
            return str(each.facts["codename"] or source.suite)
    return source.suite
