"""The packument's `time`: when each version was published, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Raw

from tgtui.registries.documents import loose_json as loose

MAX_TIMES = 40_000
"""`time` also holds the versions that were unpublished."""


def times_of(data: Raw) -> dict[str, Raw]:
    """`time`, undecoded; empty if there is none, or far too much."""
    try:
        return loose.mapping(data, MAX_TIMES)
    except loose.TooMany:
        return {}


def published_at(times: Mapping[str, Raw], version: str) -> datetime | None:
    """When a version was published, as UTC; None if `time` does not have it."""
    raw = times.get(version)
    return moment(_plain_string(raw)) if raw else None


def why_no_versions(label: str, times: Mapping[str, Raw]) -> str:
    """The error for a document without versions, which remains of an unpublished package (E404 in npm view)."""
    if "unpublished" not in times:
        return f"{label} has no published version"
    unpublished = loose.value(times["unpublished"])
    when = moment(unpublished.get("time")) if isinstance(unpublished, dict) else None
    return f"{label} was unpublished" + (f" on {when:%Y-%m-%d}" if when else "")


def moment(found: object) -> datetime | None:
    """A timestamp with Z or an offset, with or without fractions, as UTC."""
    if not isinstance(found, str):
        return None
    try:
        read = datetime.fromisoformat(found)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _plain_string(data: Raw) -> str | None:
    """A string without escapes, as every timestamp is; None for anything else."""
    plain = bytes(data)
    return plain[1:-1].decode("ascii", "replace") if plain[:1] == b'"' else None
