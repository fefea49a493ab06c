"""Reads JSON as registries really serve it: any shape and size, each part separately, without holding the interpreter long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Text = msgspec.Raw | bytes | bytearray
"""JSON, not yet decoded."""
MAX_VALUE_BYTES = 256 * 1024
"""Bytes of a single value that is decoded: more is not meant to be read."""
COUNTED_BYTES = 1 << 20
"""In longer text keys are counted during reading; in shorter text afterwards, which is faster."""
SURROGATES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Each escape; group 1 is a lone half of a surrogate pair."""


class TooMany(Exception):
    """An object has more keys than allowed."""


class NotJson(Exception):
    """The text is not the expected JSON."""

    def __init__(self, *, ended_early: bool = False) -> None:
        super().__init__()
        self.ended_early = ended_early
        """The text stops in the middle."""


class Key(str):
    """An object's key. A separate type, so that keys are counted during reading."""

    __slots__ = ()


def decode(data: Text, kind: type[T], limit: int | None = None) -> T:
    """Decode into `kind`; at most `limit` keys of type Key.

    Half a surrogate pair, as in a readme cut within an emoji, is read as U+FFFD. Raises NotJson for bad JSON,
    a wrong shape or nesting too deep, TooMany above the limit.
    """
    try:
        return _decode(data, kind, limit)
    except NotJson:
        plain = bytes(data)
        if b"\\ud" not in plain and b"\\uD" not in plain:
            raise
        return _decode(SURROGATES.sub(_whole, plain), kind, limit)


def mapping(data: Text, limit: int) -> dict[str, msgspec.Raw]:
    """The keys of an object with undecoded values; empty if it is not an object. TooMany above `limit`."""
    if not data:
        return {}
    try:
        if memoryview(data).nbytes > COUNTED_BYTES:
            counted = decode(data, dict[Key, msgspec.Raw], limit)
            return {str(key): raw for key, raw in counted.items()}
        found = decode(data, dict[str, msgspec.Raw])
    except NotJson:
        return {}
    if len(found) > limit:
        raise TooMany
    return found


def value(data: Text) -> Any:
    """Any JSON value; None if there is none, it can't be read, or it is larger than 256 KiB."""
    if not data or memoryview(data).nbytes > MAX_VALUE_BYTES:
        return None
    try:
        return decode(data, object)
    except NotJson:
        return None


def string(data: Text) -> str | None:
    """A string of any length; None if it is anything else."""
    try:
        return decode(data, str) if data else None
    except NotJson:
        return None


def storable(found: str) -> str:
    """Without NUL, which PostgreSQL refuses; with a sign in its place, so that it doesn't become another name or range."""
    return found.replace("\0", REPLACEMENT)


def text(found: object, limit: int) -> str | None:
    """For people to read: a string without NUL, cut to `limit` characters with a … that shows it; else None."""
    if not isinstance(found, str):
        return None
    plain = found.replace("\0", "")
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def _decode(data: Text, kind: type[T], limit: int | None) -> T:
    hook = None if limit is None else _counted(limit)
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=hook)
    except (msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson from error
    except msgspec.DecodeError as error:
        raise NotJson(ended_early="truncated" in str(error)) from error


def _counted(limit: int) -> Callable[[type, Any], Key]:
    """A hook that raises TooMany at key number `limit` + 1, before an object of millions takes the memory."""
    left = limit

    def make(kind: type, key: Any) -> Key:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooMany
        return Key(key)

    return make


def _whole(match: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if match[1] else match[0]
