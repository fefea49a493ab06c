"""Asks a source for JSON, and decodes what it answers."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from tgtui.registries.base import Malformed, NotFound
from tgtui.registries.http.client import Download, HttpClient
from tgtui.registries.http.inflate import Encoding, inflate

T = TypeVar("T")


async def found_at(client: HttpClient, url: str, *, label: str, max_bytes: int) -> Download | None:
    """None if the source does not have it. RegistryError."""
    try:
        return await client.get(url, label=label, accept="application/json", max_bytes=max_bytes)
    except NotFound:
        return None


def decoded(
    decoder: msgspec.json.Decoder[T],
    body: bytes | bytearray,
    encoding: Encoding,
    *,
    max_bytes: int,
    label: str,
) -> T:
    """`encoding` is the body's Content-Encoding. RegistryError: an odd answer is Malformed, never taken for an empty one."""
    plain = inflate(body, encoding, max_bytes=max_bytes, label=label)
    try:
        return decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{label}: the answer is not what it should be") from error
