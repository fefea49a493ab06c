"""Facts that apt's index file keeps about each source: enough to detect changes and rollbacks, and to go on with its files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from tgtui.registries.apt.archive.packages import PartFacts
from tgtui.registries.apt.archive.release import NO_RELEASE, Release
from tgtui.registries.apt.configuration.sources import AptSource
from tgtui.registries.http.client import Download

SourceFacts = Mapping[str, Any]
"""JSON, see `facts_of`."""


def key_of(source: AptSource) -> str:
    """Different for sources that differ in anything."""
    return hashlib.sha256(repr(source).encode()).hexdigest()[:16]


def facts_of(
    source: AptSource, release: Release, digest: str, download: Download | None
) -> SourceFacts:
    """JSON, without the files (`with_parts`). `digest` is the Release file's, `download` its InRelease."""
    return {
        "key": key_of(source),
        "digest": digest,
        "etag": download.etag if download else None,
        "last_modified": download.last_modified if download else None,
        "date": release.date.isoformat() if release.date else None,
        "valid_until": release.valid_until.isoformat() if release.valid_until else None,
        "origin": release.origin,
        "label": release.label,
        "version": release.version,
        "codename": release.codename,
        "suite": release.suite,
        "pin": release.pin,
    }


def with_parts(
    facts: SourceFacts, parts: Sequence[PartFacts], problems: Sequence[str]
) -> SourceFacts:
    return {**facts, "parts": list(parts), "problems": list(problems), "is_lost": False}


def as_lost(facts: SourceFacts) -> SourceFacts:
    """Of a source whose files are lost: its dates and origin still count."""
    return {**facts, "parts": [], "problems": [], "is_lost": True}


def release_of(facts: SourceFacts) -> Release:
    """The Release file, without the list of its files."""

    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return replace(
        NO_RELEASE,
        date=moment(facts["date"]),
        valid_until=moment(facts["valid_until"]),
        origin=facts["origin"],
        label=facts["label"],
        version=facts["version"],
        codename=facts["codename"],
        suite=facts["suite"],
        pin=facts["pin"],
    )
