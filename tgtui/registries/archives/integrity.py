"""The hashes that a registry's document states for a file, and whether bytes match the strongest of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from msgspec import Struct

from tgtui.registries.base import BadSignature

STRENGTH = ("sha512", "sha384", "sha256", "sha1")
"""The strongest first; anything else proves nothing."""
ENTRY = re.compile(r"(sha[0-9]+)-([A-Za-z0-9+/]+={0,2})(?:\?[\x21-\x7e]*)?")
"""One hash of Subresource Integrity, with its options, which mean nothing."""
MAX_CHARACTERS = 10_000


class Integrity(Struct, frozen=True):
    """The digests of one algorithm; the bytes must have one of them."""

    algorithm: str
    digests: frozenset[bytes]

    def matches(self, body: bytes | bytearray) -> bool:
        """Whether `body` has one of the digests."""
        found = hashlib.new(self.algorithm, body, usedforsecurity=False).digest()
        return any(hmac.compare_digest(found, digest) for digest in self.digests)


def stated(dist: Mapping[str, object]) -> Integrity | None:
    """The strongest of `integrity`, else `shasum`, which is SHA-1; None if neither can be read."""
    found = dist.get("integrity")
    told = _of_entries(found) if isinstance(found, str) else None
    if told is not None:
        return told
    shasum = dist.get("shasum")
    if isinstance(shasum, str) and re.fullmatch(r"[0-9a-fA-F]{40}", shasum):
        return Integrity("sha1", frozenset({bytes.fromhex(shasum)}))
    return None


def of_hex(algorithm: str, digest: str) -> Integrity | None:
    """From `sha256` and its hexadecimal digest; None if it is none."""
    if algorithm not in STRENGTH or not re.fullmatch(r"(?:[0-9a-f]{2})+", digest):
        return None
    found = bytes.fromhex(digest)
    return Integrity(algorithm, frozenset({found})) if _fits(algorithm, found) else None


def differs(label: str, integrity: Integrity) -> BadSignature:
    """The error for bytes that are not those of the registry's document."""
    return BadSignature(
        f"{label} is not what the registry's document describes ({integrity.algorithm} differs), so it was not opened;"
        " refresh the package, and tell the registry if it stays so"
    )


def _of_entries(text: str) -> Integrity | None:
    digests: dict[str, set[bytes]] = {}
    for entry in text[:MAX_CHARACTERS].split():
        match = ENTRY.fullmatch(entry)
        if match is None:
            continue
        try:
            digest = base64.b64decode(match[2], validate=True)
        except binascii.Error:
            continue
        if _fits(match[1], digest):
            digests.setdefault(match[1], set()).add(digest)
    for algorithm in STRENGTH:
        if algorithm in digests:
            return Integrity(algorithm, frozenset(digests[algorithm]))
    return None


def _fits(algorithm: str, digest: bytes) -> bool:
    return algorithm in STRENGTH and len(digest) == hashlib.new(algorithm).digest_size
