"""A Release file: what it says about a suite, and the list of the suite's indexes.

Source: the repository format of Debian, and how apt's own debmetaindex.cc reads it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from tgtui.registries.apt.configuration.deb822 import read_deb822
from tgtui.registries.apt.configuration.sources import AptSource
from tgtui.registries.apt.configuration.words import YES
from tgtui.registries.base import Malformed

MAX_RELEASE_BYTES = 8 << 20
"""Bytes of a Release file; Debian's largest have 200 KB."""
ALGORITHMS = {"sha512": 128, "sha256": 64}
"""Digests that apt trusts, and their hexadecimal digits; the strongest first."""
WEAK = ("sha1", "md5sum")
"""Digests that prove nothing; a trusted source may have only these."""
HASH_LINE = re.compile(r"[ \t]*([0-9a-fA-F]+)[ \t]+([0-9]{1,15})[ \t]+(\S+)[ \t]*")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5]?[0-9]):([0-5]?[0-9]|60)")
ZONES = re.compile(r"GMT|UTC|Z|[+-]?0{1,4}")


class IndexEntry(Struct, frozen=True):
    """One file a Release lists."""

    algorithm: str
    """A key of ALGORITHMS."""
    digest: str
    """Hexadecimal, lower case."""
    size: int
    """Bytes."""

    def fits(self, body: bytes | bytearray) -> bool:
        """Whether this is the file."""
        return (
            len(body) == self.size and hashlib.new(self.algorithm, body).hexdigest() == self.digest
        )


class Release(Struct, frozen=True):
    """The contents of a verified Release file."""

    date: datetime | None
    """When it was made, UTC."""
    valid_until: datetime | None
    origin: str
    label: str
    version: str
    codename: str
    suite: str
    architectures: tuple[str, ...]
    by_hash: bool
    """Indexes are also available by hash."""
    has_all_apart: bool
    """Packages of architecture `all` may have their own index, and are not in the others."""
    pin: int
    """apt's priority of its versions: 500; 100 or 1 if the suite asks not to be preferred."""
    files: Mapping[str, IndexEntry]
    """By path below the suite's folder. Empty if nothing proves them, for a trusted source."""


NO_RELEASE = Release(None, None, "", "", "", "", "", (), False, False, 500, {})
"""Of a trusted source without any Release file."""


def parse_release(text: str, source: AptSource) -> Release:
    """Malformed if it lists no hashes that apt trusts, or says until when it counts in a way that can't be read."""
    label = f"apt: {source.label}"
    fields = next(read_deb822(text), {})
    files: dict[str, IndexEntry] = {}
    for algorithm, digits in ALGORITHMS.items():
        for line in fields.get(algorithm, "").split("\n"):
            match = HASH_LINE.fullmatch(line)
            if match and len(match[1]) == digits:
                entry = IndexEntry(algorithm, match[1].lower(), int(match[2]))
                files.setdefault(match[3].removeprefix("./"), entry)
    is_weak = any(fields.get(name) for name in WEAK)
    if not files and not (source.is_trusted and is_weak):
        raise Malformed(
            f"{label}: its Release file lists no indexes with SHA-256 or SHA-512 hashes"
        )
    until = fields.get("valid-until", "")
    valid_until = parse_date(until)
    if until and valid_until is None and source.checks_expiry is not False:
        raise Malformed(
            f"{label}: its Release file has a Valid-Until that is not a date: {until[:80]!r}"
        )
    is_held_back = fields.get("notautomatic", "").lower() in YES
    upgrades = fields.get("butautomaticupgrades", "").lower() in YES
    architectures = tuple(fields.get("architectures", "").split())
    return Release(
        date=parse_date(fields.get("date", "")),
        valid_until=valid_until,
        origin=fields.get("origin", ""),
        label=fields.get("label", ""),
        version=fields.get("version", ""),
        codename=fields.get("codename", "") or fields.get("suite", ""),
        suite=fields.get("suite", ""),
        architectures=architectures,
        by_hash=fields.get("acquire-by-hash", "").lower() in YES,
        has_all_apart=(
            (not architectures or "all" in architectures)
            and "Packages" not in fields.get("no-support-for-architecture-all", "").split()
        ),
        pin=100 if upgrades else 1 if is_held_back else 500,
        files=files,
    )


def parse_date(text: str) -> datetime | None:
    """A date in one of the forms that apt reads, always in UTC; None for any other."""
    weekday, *words = text.split() or [""]
    if weekday[:3].lower() not in DAYS:
        return None
    zone = "UTC"
    if len(weekday) == 4 and weekday.endswith(",") and len(words) == 5:
        day, month, year, time, zone = words  # Sun, 06 Nov 1994 08:49:37 GMT
    elif len(weekday) == 3 and len(words) == 4:
        month, day, time, year = words  # Sun Nov  6 08:49:37 1994
    elif len(weekday) > 4 and weekday.endswith(",") and len(words) == 3:
        day, month, year = [*words[0].split("-"), "", ""][:3]  # Sunday, 06-Nov-94 08:49:37 GMT
        time, zone = words[1:]
        year = str(1900 + int(year)) if re.fullmatch(r"[0-9]{1,4}", year) else ""
    else:
        return None
    clock = CLOCK.fullmatch(time)
    is_date = re.fullmatch(r"[0-9]{1,2}", day) and re.fullmatch(r"[0-9]{1,4}", year)
    if not (clock and is_date and month.lower() in MONTHS and ZONES.fullmatch(zone)):
        return None
    hours, minutes, seconds = (int(part) for part in clock.groups())
    try:
        first = datetime(int(year), MONTHS.index(month.lower()) + 1, 1, tzinfo=UTC)
        return first + timedelta(int(day) - 1, hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None
