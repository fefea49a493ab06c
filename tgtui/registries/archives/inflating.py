"""Reads an archive decompressed, piece by piece: never more of it than asked for in memory, never more than its limit in all."""

from __future__ import annotations

import zlib

from tgtui.registries.base import Malformed, TooLarge

STEP_BYTES = 1 << 18
"""Decompressed bytes that are made at once."""
FEED_BYTES = 1 << 16
"""Compressed bytes that are given to zlib at once."""
GZIP_WINDOW = 31
"""zlib's value for: expect a gzip header."""
GZIP = b"\x1f\x8b"


class Inflating:
    """A stream over a gzip file of any number of members, or over a file that is not compressed."""

    def __init__(self, body: bytes | bytearray, *, max_bytes: int, label: str) -> None:
        self._rest = memoryview(body)
        self._is_gzip = bytes(body[:2]) == GZIP
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._given = b""
        """Compressed bytes taken from the rest and not used yet: few, because zlib copies what it leaves."""
        self._ready = b""
        self._place = 0
        """In `_ready`."""
        self._made = 0
        self._max_bytes = max_bytes
        self._label = label

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end. TooLarge, Malformed."""
        parts: list[bytes] = []
        while size > 0:
            part = self._some(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """How many of the next `size` bytes there were."""
        skipped = 0
        while skipped < size:
            part = self._some(min(size - skipped, STEP_BYTES))
            if not part:
                break
            skipped += len(part)
        return skipped

    def finish(self) -> None:
        """Read to the end, so that damage anywhere is found."""
        while self._some(STEP_BYTES):
            pass

    def _some(self, size: int) -> bytes:
        if self._place == len(self._ready):
            self._ready, self._place = self._next(), 0
        part = self._ready[self._place : self._place + size]
        self._place += len(part)
        return part

    def _next(self) -> bytes:
        """The next piece; empty at the end."""
        piece = self._inflated() if self._is_gzip else self._plain()
        self._made += len(piece)
        if self._made > self._max_bytes:
            raise TooLarge(
                f"{self._label} unpacks to more than {self._max_bytes >> 20} MiB, the most that is read"
                " (archives.unpacked_megabytes)"
            )
        return piece

    def _plain(self) -> bytes:
        piece = bytes(self._rest[:STEP_BYTES])
        self._rest = self._rest[STEP_BYTES:]
        return piece

    def _inflated(self) -> bytes:
        while True:
            if self._member.eof:
                self._given = self._member.unused_data
                if not self._has_more():
                    return b""
                self._member = zlib.decompressobj(GZIP_WINDOW)
            elif not self._given and not self._rest:
                raise Malformed(f"{self._label} is damaged: it ends too early")
            if not self._given:
                self._given = bytes(self._rest[:FEED_BYTES])
                self._rest = self._rest[FEED_BYTES:]
            try:
                piece = self._member.decompress(self._given, STEP_BYTES)
            except zlib.error as error:
                raise Malformed(f"{self._label} is damaged: it is not gzip throughout") from error
            self._given = self._member.unconsumed_tail
            if piece:
                return piece

    def _has_more(self) -> bool:
        """Whether another member follows; zeros that pad a file up to a whole block are none."""
        while not (left := self._given.lstrip(b"\0")):
            if not self._rest:
                return False
            self._given = bytes(self._rest[:FEED_BYTES])
            self._rest = self._rest[FEED_BYTES:]
        self._given = left
        return True
