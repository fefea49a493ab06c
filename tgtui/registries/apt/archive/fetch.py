"""Fetches apt's indexes: a verified, fresh Release file of each source, then each Packages file by its hash.

A source that fails costs only itself: what it gave before stays, as apt keeps its old lists.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tgtui.registries.apt.archive.facts import (
    SourceFacts,
    as_lost,
    facts_of,
    key_of,
    release_of,
    with_parts,
)
from tgtui.registries.apt.archive.packages import PackagesFolder, Wanted, shifted, wanted_file
from tgtui.registries.apt.archive.release import (
    MAX_RELEASE_BYTES,
    NO_RELEASE,
    Release,
    parse_release,
)
from tgtui.registries.apt.archive.signature import verified_text
from tgtui.registries.apt.archive.transport import Transport, plain_bytes
from tgtui.registries.apt.archive.validity import check_changes, check_dates
from tgtui.registries.apt.configuration.options import AptConfig
from tgtui.registries.apt.configuration.sources import AptSource, LeftOut
from tgtui.registries.base import (
    BadSignature,
    FetchProgress,
    NotFound,
    ProgressCallback,
    RegistryError,
)
from tgtui.registries.http.client import HttpClient
from tgtui.registries.indexes.keeper import NewIndex

READING = 3
"""Changes whenever the same files give other packages, so that indexes and catalogues are made anew."""

log = logging.getLogger(__name__)


class Looked(Struct):
    """A source with its Release."""

    source: AptSource
    transport: Transport
    facts: SourceFacts
    """Those known before if nothing has changed."""
    wanted: Sequence[Wanted] | None = None
    """Its Packages files; None if nothing has changed."""
    problems: Sequence[str] = ()


class AptFetcher:
    """Fetches for one list of sources and architectures."""

    def __init__(
        self,
        client: HttpClient,
        sources: Sequence[AptSource],
        architectures: Sequence[str],
        folder: Path,
        *,
        config: AptConfig,
        unread: Sequence[LeftOut],
        pins: Sequence[Mapping[str, Any]] = (),
        now: Callable[[], datetime],
    ) -> None:
        """`folder` keeps the Packages files. `unread` are the sources that could not even be read.

        `pins` are Pin as JSON objects.
        """
        self._client = client
        self._sources = sources
        self._architectures = architectures
        self._packages = PackagesFolder(folder)
        self._remedy = f"remove {folder.parent} and try again"
        self._config = config
        self._pins = list(pins)
        self._mistakes = [each.reason for each in unread if each.is_mistake]
        self._problems = [each.reason for each in unread if not each.is_mistake]
        self._now = now

    async def refresh(
        self, known: Mapping[str, str] | None, tell: ProgressCallback
    ) -> NewIndex | None:
        """`known` are the facts of the current index. None if nothing has changed. RegistryError if every source fails."""
        before = {facts["key"]: facts for facts in json.loads(known["sources"])} if known else {}
        looked: dict[AptSource, Looked] = {}
        failed: dict[AptSource, RegistryError] = {}
        for source in self._sources:
            try:
                looked[source] = await self._look(source, before.get(key_of(source)))
            except RegistryError as error:
                failed[source] = error
        is_same = known is not None and json.loads(known["failed"]) == self._told(failed)
        if looked and is_same and all(each.wanted is None for each in looked.values()):
            return None
        found = await self._bring(looked, failed, before, tell)
        if not found:
            raise _all_in_one(list(failed.values()))
        failures = list(self._mistakes)
        lost: list[str] = []
        for source, reason in failed.items():
            old = before.get(key_of(source))
            if old is not None and await self._is_there(old):
                found[source] = old
                failures.append(f"{reason}. Its packages from the last import stay")
            else:
                lost.append(key_of(source))
                if old is not None:
                    found[source] = as_lost(old)
                failures.append(f"{reason}. None of its packages are in the index")
            log.warning("%s", failures[-1])
        facts = [found[source] for source in self._sources if source in found]
        if known is not None and is_same and json.loads(known["sources"]) == facts:
            return None
        if not any(each["parts"] for each in facts):
            raise NotFound(
                f"apt: no suite has packages for {' or '.join(self._architectures)} in its components"
            )
        parts = [part for each in facts for part in each["parts"]]
        await asyncio.to_thread(self._packages.prune, parts)
        return self._job(found, self._told(failed), failures, [*lost, *self._mistakes])

    async def _is_there(self, facts: SourceFacts) -> bool:
        """Whether the folder has the files of a source."""
        return not facts["is_lost"] and await asyncio.to_thread(self._packages.has, facts["parts"])

    def _told(self, failed: Mapping[AptSource, RegistryError]) -> list[str]:
        return [*self._mistakes, *map(str, failed.values())]

    async def _look(
        self, source: AptSource, known: SourceFacts | None, *, anew: bool = False
    ) -> Looked:
        """`anew` reads it again even if it has not changed."""
        label = f"apt: {source.label}"
        transport = Transport(self._client, source)
        asked = None if anew or known is None or known["is_lost"] else known
        try:
            download = await transport.get(
                f"{source.folder}InRelease",
                label,
                MAX_RELEASE_BYTES,
                is_proven=not source.is_trusted,
                etag=asked["etag"] if asked else None,
                last_modified=asked["last_modified"] if asked else None,
            )
        except NotFound:
            body, signature, download = *await self._apart(source, transport), None
        else:
            if download is None:
                assert asked is not None
                return self._unchanged(source, transport, asked)
            body, signature = bytes(plain_bytes(download, MAX_RELEASE_BYTES, label)), None
        digest = hashlib.sha256(body + (signature or b"")).hexdigest() if body else ""
        if asked is not None and body and asked["digest"] == digest:
            return self._unchanged(source, transport, asked)
        if body:
            text = await asyncio.to_thread(verified_text, body, source, signature=signature)
            release = parse_release(text, source)
        elif known is not None and known["digest"]:
            raise NotFound(f"{label}: it no longer has a Release file")
        else:
            release = NO_RELEASE
        check_dates(source, release, self._config, self._now())
        if known is not None:
            check_changes(source, release, release_of(known), self._remedy)
        facts = facts_of(source, release, digest, download)
        return self._looked(source, transport, release, facts)

    async def _apart(self, source: AptSource, transport: Transport) -> tuple[bytes, bytes | None]:
        """A Release file and its Release.gpg, for a source without InRelease. A trusted source needs neither."""
        label = f"apt: {source.label}"
        found: list[bytes] = []
        for name in ("Release", "Release.gpg"):
            try:
                download = await transport.get(
                    f"{source.folder}{name}",
                    label,
                    MAX_RELEASE_BYTES,
                    is_proven=not source.is_trusted,
                )
            except NotFound as error:
                if source.is_trusted:
                    break
                if found:
                    raise BadSignature(
                        f"{label}: it is not signed: it has neither InRelease nor Release.gpg"
                    ) from error
                raise NotFound(f"{label}: it has neither InRelease nor Release") from error
            assert download is not None  # no validator was sent
            found.append(bytes(plain_bytes(download, MAX_RELEASE_BYTES, label)))
        return (found[0] if found else b""), (found[1] if len(found) > 1 else None)

    def _unchanged(self, source: AptSource, transport: Transport, known: SourceFacts) -> Looked:
        check_dates(source, release_of(known), self._config, self._now())
        return Looked(source, transport, known)

    def _looked(
        self, source: AptSource, transport: Transport, release: Release, facts: SourceFacts
    ) -> Looked:
        wanted: list[Wanted] = []
        problems: list[str] = []
        by_hash = source.by_hash or self._config.by_hash_of(urlsplit(source.uri).hostname or "")
        for component in source.components or ("",):
            found = [
                file
                for architecture in self._of_source(source, release)
                if (file := wanted_file(source, release, component, architecture, by_hash))
            ]
            wanted += found
            if not found:
                problems.append(
                    f"{source.label} has no component {component} for"
                    f" {' or '.join(self._architectures)}"
                )
        return Looked(source, transport, facts, wanted, problems)

    def _of_source(self, source: AptSource, release: Release) -> list[str]:
        """Architectures to read; also `all` if those packages have their own index. A flat repository has one index."""
        if source.is_flat:
            return [""]
        found = [architecture for architecture in self._architectures if source.wants(architecture)]
        has_all = release.has_all_apart and "all" not in (*found, *source.without)
        return [*found, "all"] if has_all else found

    async def _bring(
        self,
        looked: Mapping[AptSource, Looked],
        failed: dict[AptSource, RegistryError],
        before: Mapping[str, SourceFacts],
        tell: ProgressCallback,
    ) -> dict[AptSource, SourceFacts]:
        """The facts of each source whose Packages files are all there; adds the others to `failed`."""
        found: dict[AptSource, SourceFacts] = {}
        total = sum(file.size for each in looked.values() for file in each.wanted or ())
        done = 0
        for source, each in looked.items():
            try:
                if each.wanted is None:
                    if await self._is_there(each.facts):
                        found[source] = each.facts
                        continue
                    # Someone has emptied the folder.
                    again = await self._look(source, before[key_of(source)], anew=True)
                else:
                    again = each
                parts = []
                for file in again.wanted or ():
                    told = shifted(tell, done, total)
                    parts.append(await self._packages.bring(file, again.transport, told))
                    done += file.size
                    tell(FetchProgress(done, total))
                found[source] = with_parts(again.facts, parts, again.problems)
            except RegistryError as error:
                failed[source] = error
        return found

    def _job(
        self,
        found: Mapping[AptSource, SourceFacts],
        failed: Sequence[str],
        failures: Sequence[str],
        lost: Sequence[str],
    ) -> NewIndex:
        """`failed` are the errors themselves, `failures` the sentences for people, `lost` what is missing entirely."""
        numbered = [(number, found.get(source)) for number, source in enumerate(self._sources)]
        parts = [
            {**part, "source": number, "path": str(self._packages.path(part))}
            for number, facts in numbered
            if facts is not None
            for part in facts["parts"]
        ]
        content = [
            [part["source"], part["pin"], part["label"], part["file"], part["about"]]
            for part in parts
        ]
        told = json.dumps([READING, self._pins, self._architectures, content, lost])
        digest = hashlib.sha256(told.encode()).hexdigest()
        facts = {
            "digest": digest,
            "architecture": self._architectures[0],
            "sources": json.dumps([found[each] for each in self._sources if each in found]),
            "suites": json.dumps(
                [
                    {
                        "name": _suite_name(self._sources[number], facts),
                        "pin": facts["pin"] if facts else NO_RELEASE.pin,
                    }
                    for number, facts in numbered
                ]
            ),
            "failed": json.dumps(failed),
            "failures": json.dumps(failures),
            "is_partial": json.dumps(bool(lost)),
        }
        return NewIndex(
            digest,
            {
                "module": "tgtui.registries.apt.index.build",
                "architecture": self._architectures[0],
                "architectures": list(self._architectures),
                "problems": [
                    *self._problems,
                    *(problem for _, each in numbered if each for problem in each["problems"]),
                ],
                "parts": parts,
                "pins": self._pins,
                "facts": facts,
            },
        )


def _all_in_one(errors: Sequence[RegistryError]) -> RegistryError:
    """Why nothing could be read: the first error, in the words of all."""
    first = errors[0]
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    return type(first)(
        "; ".join(map(str, errors)), retry_after=min(waits, default=None), host=first.host
    )


def _suite_name(source: AptSource, facts: SourceFacts | None) -> str:
    """The suite's name in the source, `bookworm-updates`; its codename for a changing name (`stable`)."""
    if facts is not None and source.suite == facts["suite"]:
        return str(facts["codename"] or source.suite)
    return source.suite
