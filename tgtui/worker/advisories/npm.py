"""npm's own interface, which a registry may offer: advisories about versions, with ranges in npm's syntax.

Source: npm/cli, `workspaces/arborist/lib/audit-report.js`. A registry that answers in an odd way must not be taken for
one that knows nothing: each question holds a version that is known to be affected, and an answer without it is none.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tgtui.registries.base import Malformed
from tgtui.registries.http.client import HttpClient
from tgtui.syntax.advisories.record import (
    UNSAID,
    Affected,
    Event,
    Package,
    Range,
    Record,
    Score,
)
from tgtui.versions.npm.ranges import InvalidRange, compile_range
from tgtui.versions.npm.semver import Key
from tgtui.worker.advisories.decoding import decoded

PATH = "-/npm/v1/security/advisories/bulk"
MAX_ANSWER_BYTES = 32 << 20
CANARY = ("minimist", "0.0.8")
"""Affected by GHSA-xvch-5gv4-984h since 2022."""
GZIP = b"\x1f\x8b"
"""Some registries pack an answer and do not say so."""
GHSA = re.compile(r"GHSA(?:-[0-9a-z]{4}){3}", re.IGNORECASE)
MISSING_SEVERITY = "high"
"""As npm takes it."""


class _Score(Struct, frozen=True):
    vectorString: str | None = None


class Told(Struct, frozen=True):
    """One advisory of an answer."""

    id: int | str
    url: str | None = None
    title: str | None = None
    severity: str | None = None
    vulnerable_versions: str | None = None
    cwe: str | tuple[str, ...] | None = None
    cvss: _Score | None = None


_ANSWER = msgspec.json.Decoder(dict[str, tuple[Told, ...]])


async def advisories_about(
    client: HttpClient, registry: str, versions: Mapping[str, Sequence[str]]
) -> list[tuple[str, Record]]:
    """(package, record) of everything the registry tells of these packages. RegistryError."""
    name, canary = CANARY
    asked = {each: list(some) for each, some in versions.items()}
    asked[name] = [*asked.get(name, ()), canary]
    label = "npm's advisories"
    answer = await client.post(
        f"{registry.rstrip('/')}/{PATH}",
        gzip.compress(msgspec.json.encode(asked), mtime=0),
        label=label,
        max_bytes=MAX_ANSWER_BYTES,
        is_gzip=True,
    )
    encoding = "gzip" if answer.body[:2] == GZIP else answer.encoding
    told = decoded(_ANSWER, answer.body, encoding, max_bytes=MAX_ANSWER_BYTES, label=label)
    if not told.get(name):
        raise Malformed(
            f"{label}: the registry does not name what everyone knows of {name}@{canary}, so its answer counts for nothing"
        )
    return [(package, as_record(package, each)) for package in versions for each in told.get(package, ())]  # fmt: skip


def as_record(package: str, told: Told) -> Record:
    """The same in OSV's schema."""
    found = GHSA.search(told.url or "")
    name = found[0] if found else ""
    id = f"GHSA{name[4:].lower()}" if found else f"npm:{told.id}"
    vector = told.cvss.vectorString if told.cvss else None
    kind = "CVSS_V4" if vector and vector.startswith("CVSS:4") else "CVSS_V3"
    weaknesses = [told.cwe] if isinstance(told.cwe, str) else list(told.cwe or ())
    said: dict[str, Any] = {"severity": told.severity or MISSING_SEVERITY, "cwe_ids": weaknesses}
    return Record(
        id=id,
        modified=UNSAID,
        summary=told.title,
        severity=(Score(kind, vector),) if vector else None,
        affected=(
            Affected(
                package=Package("npm", package), ranges=ranges_of(told.vulnerable_versions or "*")
            ),
        ),
        database_specific=said,
    )


def ranges_of(text: str) -> tuple[Range, ...]:
    """A range of npm's as spans between events, prereleases included. Malformed if npm could not read it."""
    try:
        read = compile_range(text, loose=True, include_prerelease=True)
    except InvalidRange as error:
        raise Malformed(f"npm's advisories: {text[:80]!r} is not a version range") from error
    ranges: list[Range] = []
    for interval in read.intervals:
        low = interval.low
        start = "0" if not low else _spelled(_after(low) if interval.low_open else low)
        events = [Event(introduced=start)]
        if interval.high is not None and interval.high_open:
            events.append(Event(fixed=_spelled(interval.high)))
        elif interval.high is not None:
            events.append(Event(last_affected=_spelled(interval.high)))
        ranges.append(Range("SEMVER", tuple(events)))
    return tuple(ranges)


def _after(key: Key) -> Key:
    """The lowest version above one: the first prerelease of the next patch, or one more identifier."""
    if key[3] == 0:
        return (*key, 0, 0)
    return (key[0], key[1], int(key[2]) + 1, 0, 0, 0)


def _spelled(key: Key) -> str:
    release = f"{key[0]}.{key[1]}.{key[2]}"
    identifiers = [str(value) for value in key[5::2]]
    return f"{release}-{'.'.join(identifiers)}" if identifiers else release
