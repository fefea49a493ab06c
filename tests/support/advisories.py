"""Recorded advisories, and an evaluation of them that shares nothing with the program's."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from functools import cache, cmp_to_key
from itertools import zip_longest
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from tgtui.data.versions.advisories.storing import Told, told
from tgtui.syntax.advisories.record import read_record

RECORDS = Path(__file__).parents[1] / "recordings" / "osv" / "records.jsonl.gz"


@cache
def recorded() -> tuple[bytes, ...]:
    """Every recorded advisory as it was published."""
    return tuple(gzip.decompress(RECORDS.read_bytes()).splitlines())


def documents() -> list[dict[str, Any]]:
    return [json.loads(each) for each in recorded()]


def is_affected(record: dict[str, Any], ecosystem: str, name: str, version: str) -> bool:
    """From the schema's words, by spans between neighbouring events instead of walking through them."""
    for affected in record.get("affected", ()):
        package = affected.get("package", {})
        if (package.get("ecosystem"), package.get("name")) != (ecosystem, name):
            continue
        if version in affected.get("versions", ()):
            return True
        for range_ in affected.get("ranges", ()):
            if range_["type"] != "GIT" and _in_range(ecosystem, range_, version):
                return True
    return False


def _in_range(ecosystem: str, range_: dict[str, Any], version: str) -> bool:
    events = [next(iter(event.items())) for event in range_["events"]]
    starts = [v for kind, v in events if kind == "introduced"]
    # The latest start at or below the version decides, unless something ended it on the way.
    below = [v for v in starts if v == "0" or compare(ecosystem, v, version) <= 0]
    if not below:
        return False
    zeros = ["0"] if "0" in below else []
    others = sorted((v for v in below if v != "0"), key=cmp_to_key(_comparing(ecosystem)))
    start = (zeros + others)[-1]
    for kind, end in events:
        if kind == "fixed":
            after_start = start == "0" or compare(ecosystem, end, start) > 0
            if after_start and compare(ecosystem, version, end) >= 0:
                return False
        if kind == "last_affected":
            after_start = start == "0" or compare(ecosystem, end, start) >= 0
            if after_start and compare(ecosystem, version, end) > 0:
                return False
    return True


def _comparing(ecosystem: str) -> Any:
    return lambda one, other: compare(ecosystem, one, other)


def compare(ecosystem: str, one: str, other: str) -> int:
    """Below 0, 0 or above 0, in the ecosystem's order."""
    if ecosystem.startswith("Debian"):
        return _dpkg(one, other)
    if ecosystem == "PyPI":
        return _python(one, other)
    return _semver(one, other)


def _python(one: str, other: str) -> int:
    def read(text: str) -> Version | None:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    left, right = read(one), read(other)
    if left is None or right is None:
        assert left is not None or right is not None or one == other, "two legacy versions"
        return (left is not None) - (right is not None)
    return (left > right) - (left < right)


def _semver(one: str, other: str) -> int:
    """Section 11 of semver.org."""

    def split(text: str) -> tuple[list[int], list[str]]:
        release, _, pre = text.split("+", 1)[0].partition("-")
        return [int(part) for part in release.split(".")], pre.split(".") if pre else []

    (left, left_pre), (right, right_pre) = split(one), split(other)
    if left != right:
        return 1 if left > right else -1
    if not left_pre or not right_pre:
        return (not left_pre) - (not right_pre)
    for a, b in zip_longest(left_pre, right_pre):
        if a == b:
            continue
        if a is None or b is None:
            return -1 if a is None else 1
        if a.isdigit() and b.isdigit():
            return 1 if int(a) > int(b) else -1
        if a.isdigit() != b.isdigit():
            return -1 if a.isdigit() else 1
        return 1 if a > b else -1
    return 0


def _dpkg(one: str, other: str) -> int:
    """dpkg's own algorithm (`verrevcmp`), sign by sign."""

    def parts(text: str) -> tuple[int, str, str]:
        epoch, colon, rest = text.partition(":")
        number, rest = (int(epoch), rest) if colon else (0, text)
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
        return number, upstream, revision

    (e1, u1, r1), (e2, u2, r2) = parts(one), parts(other)
    return (e1 > e2) - (e1 < e2) or _verrevcmp(u1, u2) or _verrevcmp(r1, r2)


def _verrevcmp(one: str, other: str) -> int:
    def weight(sign: str | None) -> int:
        if sign is None or sign.isdigit():
            return 0
        if sign == "~":
            return -1
        return ord(sign) if sign.isalpha() else ord(sign) + 256

    def cut(text: str) -> list[str]:
        return re.findall(r"\D*\d*", text)

    for left, right in zip_longest(cut(one), cut(other), fillvalue=""):
        (text1, digits1), (text2, digits2) = _halves(left), _halves(right)
        for a, b in zip_longest(text1, text2):
            if weight(a) != weight(b):
                return weight(a) - weight(b)
        difference = int(digits1 or 0) - int(digits2 or 0)
        if difference:
            return difference
    return 0


def _halves(part: str) -> Sequence[str]:
    match = re.fullmatch(r"(\D*)(\d*)", part)
    assert match is not None
    return match.groups()


def versions_about(record: dict[str, Any], ecosystem: str, name: str) -> Iterable[str]:
    """Every version that the record speaks of, and neighbours of it."""
    found: set[str] = set()
    for affected in record.get("affected", ()):
        package = affected.get("package", {})
        if (package.get("ecosystem"), package.get("name")) != (ecosystem, name):
            continue
        found.update(affected.get("versions", ()))
        for range_ in affected.get("ranges", ()):
            if range_["type"] != "GIT":
                found.update(v for event in range_["events"] for v in event.values() if v != "0")
    for version in tuple(found):
        if ecosystem.startswith("Debian"):
            found.update({f"{version}~", f"{version}+b1", f"9:{version.split(':')[-1]}"})
        elif ecosystem == "PyPI":
            found.update({f"{version}.post1", f"{version}.dev0", f"{version}a1"} - found)
        elif re.fullmatch(r"\d+\.\d+\.\d+", version):
            major, minor, patch = map(int, version.split("."))
            found.update(
                {f"{version}-rc.1", f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0"}
            )
    return sorted(found)


def record(id: str, name: str = "", *events: dict[str, str], **fields: Any) -> dict[str, Any]:
    """A record about a package of npm, affected between these events."""
    affected = [
        {
            "package": {"ecosystem": "npm", "name": name},
            "ranges": [{"type": "SEMVER", "events": list(events)}],
        }
    ]
    base = {"id": id, "modified": "2026-01-01T00:00:00Z", "summary": f"About {id}"}
    return {**base, "affected": affected if name else [], **fields}


def between(low: str, high: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"introduced": low}, {"fixed": high}


def write_dump(file: Path, records: Iterable[dict[str, Any]]) -> Path:
    """A zip archive as OSV offers them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in records:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    return file


def told_record(id: str, name: str = "", *events: dict[str, str], **fields: Any) -> Told:
    """The same, as it is stored."""
    raw = json.dumps(record(id, name, *events, **fields)).encode()
    return told(read_record(raw), raw)
