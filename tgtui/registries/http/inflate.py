"""Bounded decompression: a body that inflates beyond its limit is refused before it fills the memory."""

from __future__ import annotations

import zlib
from typing import Literal

from tgtui.registries.base import Malformed, TooLarge, Unreachable

Encoding = Literal["identity", "gzip"]
STEP_BYTES = 1 << 20
"""Decoded bytes between two checks of the limit."""
GZIP_WINDOW = 31
"""zlib's value for: expect a gzip header."""


def too_large(label: str, max_bytes: int) -> TooLarge:
    """The error for a body over its limit, encoded or not."""
    return TooLarge(f"{label}: the registry's document is larger than {max_bytes >> 20} MiB")


def inflate(
    body: bytes | bytearray, encoding: Encoding, *, max_bytes: int, label: str
) -> bytes | bytearray:
    """The decoded body, which is `body` itself if it is not compressed.

    Raises TooLarge over `max_bytes` decoded, Malformed if it is not gzip, Unreachable if it ended early.
    """
    if len(body) > max_bytes:
        raise too_large(label, max_bytes)
    if encoding == "identity":
        return body
    decoded = bytearray()
    try:
        _inflate_members(body, decoded, max_bytes)
    except zlib.error as error:
        raise Malformed(f"{label}: the registry's answer is damaged (not gzip)") from error
    except EOFError as error:
        message = f"{label}: the registry's answer ended early"
        raise Unreachable(message) from error
    if len(decoded) > max_bytes:
        raise too_large(label, max_bytes)
    return decoded


def _inflate_members(body: bytes | bytearray, decoded: bytearray, max_bytes: int) -> None:
    """Append what `body` holds, one gzip member after another; stops soon after `max_bytes`."""
    rest: bytes | bytearray = body
    while rest and len(decoded) <= max_bytes:
        member = zlib.decompressobj(GZIP_WINDOW)
        while not member.eof and len(decoded) <= max_bytes:
            piece = member.decompress(rest, STEP_BYTES)
            rest = member.unconsumed_tail
            if not piece and not rest and not member.eof:
                raise EOFError
            decoded += piece
        rest = member.unused_data
