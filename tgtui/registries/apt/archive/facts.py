"""Facts that apt's index file keeps about each source: enough to detect changes and rollbacks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from tgtui.registries.apt.archive.release import IndexEntry, Release
from tgtui.registries.apt.configuration.sources import AptSource
from tgtui.registries.http.client import Download

SourceFacts = Mapping[str, Any]
"""JSON, see `facts_of`."""


def facts_of(source: AptSource, release: Release, digest: str, download: Download) -> SourceFacts:
    """JSON: enough to detect changes and rollbacks, and to continue without reading it again."""
    listed = {
        path: [entry.sha256, entry.size]
        for path, entry in release.files.items()
        if PurePosixPath(path).name.partition(".")[0] == "Packages"
    }
    return {
        "folder": source.folder,
        "digest": digest,
        "etag": download.etag,
        "last_modified": download.last_modified,
        "date": release.date.isoformat() if release.date else None,
        "valid_until": release.valid_until.isoformat() if release.valid_until else None,
        "origin": release.origin,
        "label": release.label,
        "version": release.version,
        "codename": release.codename,
        "suite": release.suite,
        "architectures": release.architectures,
        "by_hash": release.by_hash,
        "has_all_apart": release.has_all_apart,
        "pin": release.pin,
        "files": listed,
    }


def release_of(facts: SourceFacts) -> Release:
    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return Release(
        date=moment(facts["date"]),
        valid_until=moment(facts["valid_until"]),
        origin=facts["origin"],
        label=facts["label"],
        version=facts["version"],
        codename=facts["codename"],
        suite=facts["suite"],
        architectures=tuple(facts["architectures"]),
        by_hash=facts["by_hash"],
        has_all_apart=facts["has_all_apart"],
        pin=facts["pin"],
        files={path: IndexEntry(sha256, size) for path, (sha256, size) in facts["files"].items()},
    )
