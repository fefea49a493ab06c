"""The order of PEP 440 as bytes that compare as the versions do.

A number is one byte, 1 + n, then its n big-endian bytes; none begins with 00, which ends what may be longer. The key
ends with what tells two spellings of one version apart: without it equal versions have equal keys (`comparable`).
"""

from __future__ import annotations

from functools import lru_cache

from packaging.version import InvalidVersion, Version

MAX_CHARS = 256
"""Characters of a version that is read; the longest of 9,000 real ones has 32."""
END = b"\x00"
PRE = {"a": b"\x02", "b": b"\x03", "rc": b"\x04"}


@lru_cache(maxsize=20_000)
def parsed(text: str) -> Version | None:
    """None if PEP 440 refuses it."""
    if len(text) > MAX_CHARS:
        return None
    try:
        return Version(text)
    except (InvalidVersion, ValueError):
        return None


def sort_key(text: str) -> bytes:
    """What PEP 440 refuses sorts below everything else, by its text. Different texts have different keys."""
    version = parsed(text)
    if version is None:
        return END + text.encode("utf-8", "surrogatepass")
    release = version.release
    zeros = len(release) - len(_significant(release))
    spelled = b"" if text == str(version) else text.encode("utf-8", "surrogatepass")
    return comparable(version) + _number(zeros) + spelled


def comparable(version: Version) -> bytes:
    """Equal for equal versions: 1.0 and 1.0.0."""
    parts = [_number(version.epoch), *map(_number, _significant(version.release)), END]
    if version.pre is not None:
        parts += PRE[version.pre[0]], _number(version.pre[1])
    else:
        is_first = version.dev is not None and version.post is None
        parts.append(b"\x01" if is_first else b"\x05")
    parts += (b"\x01",) if version.post is None else (b"\x02", _number(version.post))
    parts += (b"\x02",) if version.dev is None else (b"\x01", _number(version.dev))
    for part in (version.local or "").split("."):
        if part.isdigit():
            parts += b"\x02", _number(int(part))
        elif part:
            parts += b"\x01", part.encode(), END
    return b"".join((*parts, END))


def is_prerelease(text: str) -> bool:
    """True also for what PEP 440 refuses, which is never taken for the latest."""
    version = parsed(text)
    return version is None or version.is_prerelease


def _number(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    return bytes((1 + size,)) + value.to_bytes(size, "big")


def _significant(release: tuple[int, ...]) -> tuple[int, ...]:
    """Without the zeros at its end."""
    end = len(release)
    while end and release[end - 1] == 0:
        end -= 1
    return release[:end]
