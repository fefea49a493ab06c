"""Reads records of OSV's schema. Hostile text: shapes and lengths are bounded, fields nobody uses are skipped.

Source: https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

MAX_RECORD_BYTES = 16 << 20
"""The largest known ones have a few megabytes, of versions."""
MAX_ID_CHARS = 200
MAX_NAMES = 2_000
"""Aliases or upstream records of one."""
MAX_AFFECTED = 20_000
MAX_EVENTS = 20_000
"""Of one range."""
UNSAID = "1970-01-01T00:00:00Z"
"""In place of a date, of records made of answers without dates: whoever tells one knows it better."""
MICROSECONDS_CHARS = len("2026-01-01T00:00:00.000000Z")
NANOSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")


class BadRecord(ValueError):
    """It is no record of OSV's schema. Its text is a sentence."""


class Event(Struct, frozen=True, omit_defaults=True):
    """A point in a range's order; one field is set."""

    introduced: str | None = None
    """`0` is before every version."""
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Struct, frozen=True):
    """Versions between events, in the order of `type`: SEMVER, ECOSYSTEM or GIT."""

    type: str
    events: tuple[Event, ...] = ()


class Package(Struct, frozen=True):
    """What is affected, as its ecosystem calls it: `Debian:12`, `curl`."""

    ecosystem: str = ""
    name: str = ""
    purl: str | None = None


class Score(Struct, frozen=True):
    """A severity: a vector of `type` CVSS_V2, CVSS_V3 or CVSS_V4, or a word."""

    type: str = ""
    score: str = ""


class Affected(Struct, frozen=True):
    """One package, and which of its versions. A record may have several of one package."""

    package: Package | None = None
    """None of records about repositories alone."""
    ranges: tuple[Range, ...] | None = None
    versions: tuple[str, ...] | None = None
    severity: tuple[Score, ...] | None = None
    ecosystem_specific: Any = None
    database_specific: Any = None


class Reference(Struct, frozen=True):
    """A page about it."""

    type: str = ""
    url: str = ""


class Record(Struct, frozen=True):
    """One advisory."""

    id: str
    modified: str = ""
    published: str | None = None
    withdrawn: str | None = None
    aliases: tuple[str, ...] | None = None
    upstream: tuple[str, ...] | None = None
    related: tuple[str, ...] | None = None
    summary: str | None = None
    details: str | None = None
    severity: tuple[Score, ...] | None = None
    affected: tuple[Affected, ...] | None = None
    references: tuple[Reference, ...] | None = None
    database_specific: Any = None

    @property
    def is_malware(self) -> bool:
        """Whether the package itself is the attack."""
        if self.id.startswith("MAL-"):
            return True
        said = self.database_specific
        weaknesses = said.get("cwe_ids") if isinstance(said, dict) else None
        return isinstance(weaknesses, list) and EMBEDDED_MALICIOUS_CODE in weaknesses

    def is_withdrawn(self, now: datetime) -> bool:
        """Whether it was taken back by then. One that can't be read counts as taken back: it was meant to be."""
        if self.withdrawn is None:
            return False
        moment = read_time(self.withdrawn)
        return moment is None or moment <= now


EMBEDDED_MALICIOUS_CODE = "CWE-506"

_DECODER = msgspec.json.Decoder(Record)


def read_record(raw: bytes) -> Record:
    """BadRecord with a sentence if it is none, or larger than any real one."""
    if len(raw) > MAX_RECORD_BYTES:
        raise BadRecord(f"It has more than {MAX_RECORD_BYTES >> 20} MB.")
    try:
        record = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecord(f"It is no advisory of OSV's schema: {str(error)[:160]}.") from error
    check(record)
    return record


def check(record: Record) -> None:
    """BadRecord if something in it is longer than any real record's, or its dates can't be read."""
    if not record.id.strip() or len(record.id) > MAX_ID_CHARS:
        raise BadRecord("It has no id, or one that is too long.")
    if read_time(record.modified) is None:
        raise BadRecord(f"{record.id}: the date 'modified' can't be read.")
    for names in (record.aliases, record.upstream, record.related):
        if names and (len(names) > MAX_NAMES or any(len(each) > MAX_ID_CHARS for each in names)):
            raise BadRecord(f"{record.id}: it has too many aliases, or too long ones.")
    affected = record.affected or ()
    if len(affected) > MAX_AFFECTED:
        raise BadRecord(f"{record.id}: it affects more than {MAX_AFFECTED:,} packages.")
    for each in affected:
        if any(len(range_.events) > MAX_EVENTS for range_ in each.ranges or ()):
            raise BadRecord(f"{record.id}: a range has more than {MAX_EVENTS:,} events.")


def read_time(text: str | None) -> datetime | None:
    """A moment as RFC 3339 writes it, with up to nine digits behind the second; None if it is none."""
    if not text:
        return None
    try:
        short = text if len(text) <= MICROSECONDS_CHARS else NANOSECONDS.sub(r"\1", text)
        moment = datetime.fromisoformat(short)
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None
