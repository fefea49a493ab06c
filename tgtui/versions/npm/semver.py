"""Versions as npm reads and orders them: parse, compare, and a sort key that SQL can order by.

Source: node-semver's README and behaviour, precedence from semver.org section 11.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache, total_ordering

from tgtui.versions.npm.grammar import MAX_SAFE_INTEGER, MAX_VERSION_CHARS, trim, version_pattern

Key = tuple[int | str, ...]
"""Orders versions: major, minor, patch, 1 for a release or 0 for a prerelease, then two items per
prerelease identifier: 0 and its number, or 1 and its text."""

RELEASE = 4
"""Items in the key of a version that is no prerelease."""
MAX_UNPARSABLE_KEY_BYTES = 200
"""Characters of an unreadable version in its sort key; the rest is a digest."""

REMEMBERED = 1 << 15
"""Versions that were read: those of a document are asked for when it is read, stored and chosen from. Some 10 MB."""

_SMALL: dict[int | str, bytes] = {number: bytes((number + 1,)) for number in range(0xEF)}
"""The numbers that are one byte in a sort key."""
_PATTERNS = {loose: re.compile(version_pattern(loose)) for loose in (False, True)}


@total_ordering
class Version:
    """One version. Equal, ordered and hashed by precedence: build metadata does not count."""

    __slots__ = ("build", "key", "normal", "text")

    text: str
    """As it was given."""
    key: Key
    """Precedence, see `Key`."""
    normal: str
    """npm's own spelling of it: `1.0.0-beta` for `v1.0.0beta+5`."""
    build: str
    """Build metadata without the plus, '' if there is none."""

    def __init__(self, text: str, key: Key, normal: str, build: str) -> None:
        self.text = text
        self.key = key
        self.normal = normal
        self.build = build

    @property
    def release(self) -> Key:
        """Major, minor, patch."""
        return self.key[:3]

    @property
    def is_prerelease(self) -> bool:
        """Whether it precedes the release it names."""
        return self.key[3] == 0

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Version({self.text!r})"


def parse_version(text: str, *, loose: bool = True) -> Version | None:
    """Read a version; None if npm would call it invalid.

    Loose is how npm reads a registry's documents: `1.0.0beta`, `=1.2.3`, `01.2.3`. Both readings take
    `v1.2.3`, and refuse more than 256 characters and numbers above 2^53-1.
    """
    return None if len(text) > MAX_VERSION_CHARS else _read(text, loose)


@lru_cache(maxsize=REMEMBERED)
def _read(text: str, loose: bool) -> Version | None:
    match = _PATTERNS[loose].fullmatch(trim(text))
    return version_from_groups(text, *match.groups()) if match else None


def version_from_groups(
    text: str, major: str, minor: str, patch: str, prerelease: str | None, build: str | None
) -> Version | None:
    """Build a version from a match of `version_pattern`; None if it is too long or a number too large."""
    numbers = (int(major), int(minor), int(patch))
    if len(text) > MAX_VERSION_CHARS or max(numbers) > MAX_SAFE_INTEGER:
        return None
    normal = f"{numbers[0]}.{numbers[1]}.{numbers[2]}"
    if prerelease is None:
        key: Key = (*numbers, 1)
    else:
        parts: list[int | str] = [*numbers, 0]
        spelled = [_add_identifier(parts, identifier) for identifier in prerelease.split(".")]
        key = tuple(parts)
        normal = f"{normal}-{'.'.join(spelled)}"
    return Version(text, key, normal, build or "")


def is_prerelease(version: str | Version) -> bool:
    """Whether npm reads it as a prerelease; False if npm can't read it."""
    parsed = version if isinstance(version, Version) else parse_version(version)
    return parsed is not None and parsed.is_prerelease


def sort_key(version: str | Version) -> bytes:
    """Bytes that compare as the versions do, about 5 for a release and 17 for a prerelease, at most 700.

    What npm cannot read sorts below everything it can, by its text. Two spellings of one precedence
    (`1.0.0` and `1.0.0+build`) differ by their text, so that the order is total.
    """
    parsed = version if isinstance(version, Version) else parse_version(version)
    if parsed is None:
        return _unparsable_key(version if isinstance(version, str) else version.text)
    key = parsed.key
    numbers = [_SMALL.get(number) or _number_bytes(int(number)) for number in key[:3]]
    if len(key) == RELEASE and parsed.text == parsed.normal:
        return b"".join((*numbers, b"\x02"))
    out = bytearray(b"".join(numbers))
    out.append(2 if key[3] else 1)
    spelled: list[str] = []
    for tag, value in zip(key[4::2], key[5::2], strict=True):
        spelled.append(str(value))
        if tag == 0:
            out += b"\x01" + _number_bytes(int(value))
        else:
            out += b"\x02" + str(value).encode("ascii") + b"\x00"
    if spelled:
        out.append(0)
    if parsed.text != _spelling(key, spelled):
        out += parsed.text.encode("utf-8", "surrogatepass")
    return bytes(out)


def _add_identifier(parts: list[int | str], identifier: str) -> str:
    """Append an identifier's two key items and return npm's spelling of it."""
    if not identifier.isdigit():
        parts += (1, identifier)
        return identifier
    number = int(identifier)
    if number < MAX_SAFE_INTEGER:
        parts += (0, number)
        return str(number)
    # npm keeps a larger number's text but compares it as a double (17-digit timestamps are real).
    parts += (0, int(float(number)))
    return identifier


def _spelling(key: Key, identifiers: list[str]) -> str:
    release = f"{key[0]}.{key[1]}.{key[2]}"
    return f"{release}-{'.'.join(identifiers)}" if identifiers else release


def _number_bytes(number: int) -> bytes:
    """1 byte for 0..238 (never the byte 0), else a length byte and big-endian bytes."""
    if number in _SMALL:
        return _SMALL[number]
    size = (number.bit_length() + 7) // 8
    head = bytes((0xEF + size,)) if size < 0x10 else bytes((0xFF, size))
    return head + number.to_bytes(size, "big")


def _unparsable_key(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_UNPARSABLE_KEY_BYTES:
        raw = raw[:MAX_UNPARSABLE_KEY_BYTES] + hashlib.sha256(raw).digest()[:16]
    return b"\x00" + raw
