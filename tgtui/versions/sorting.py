"""Sort keys as text: what databases, replicas and clients store, which have no bytes in common but all compare text.

Printable ASCII without quotes and backslashes, so that it is as long in JSON. In it the bytes that keys mostly have
(small numbers, digits, lower-case letters) are one sign, the others two: about as long as the key itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

SIGNS = tuple(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')
SPANS = ((0, 57, 0), (58, 96, 1), (97, 122, 0), (123, 239, 2), (240, 243, 0), (244, 255, 1))
"""First and last byte, and how many signs begin the pairs for them; 0: each is a sign of its own. In order, so that no
code begins another, and codes compare as their bytes."""
MAX_CHARS = 1_200
"""An index of PostgreSQL takes 2,700 bytes for all its columns."""
DIGEST_CHARS = 32


def _codes() -> Iterator[str]:
    signs = iter(SIGNS)
    for first, last, leads in SPANS:
        if not leads:
            yield from (next(signs) for _ in range(first, last + 1))
            continue
        pairs = [lead + sign for lead in (next(signs) for _ in range(leads)) for sign in SIGNS]
        yield from pairs[: last + 1 - first]


CODES = tuple(_codes())
"""By byte."""


def sort_text(key: bytes) -> str:
    """Text that compares by bytes as the keys do. Very long ones that begin alike compare by digest."""
    text = key.decode("latin-1").translate(CODES)
    if len(text) <= MAX_CHARS:
        return text
    digest = hashlib.sha256(key).hexdigest()[:DIGEST_CHARS]
    return text[: MAX_CHARS - DIGEST_CHARS] + digest
