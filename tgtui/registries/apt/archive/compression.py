"""Files of a repository are decoded here: streamed, and bounded whatever their format."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from tgtui.basics.formatting import size
from tgtui.registries.base import Malformed, TooLarge

MAX_INDEX_BYTES = 256 << 20
"""Bytes of one decoded Packages file; Debian's main has 50 MB, Ubuntu's universe 70."""
LZMA_MEMORY = 128 << 20
STEP_BYTES = 1 << 20
"""Bytes decoded at once."""


def decoded(file: BinaryIO, compression: str, label: str, max_bytes: int) -> Iterator[bytes]:
    """A file's content in pieces of at most 1 MiB. TooLarge above `max_bytes`, Malformed if it is damaged."""
    total = 0
    for piece in DECODERS[compression](file, label):
        total += len(piece)
        if total > max_bytes:
            raise TooLarge(
                f"{label}: the index is larger than {size(max_bytes)} when it is unpacked"
            )
        yield piece


def _plain(file: BinaryIO, label: str) -> Iterator[bytes]:
    while piece := file.read(STEP_BYTES):
        yield piece


def _xz(file: BinaryIO, label: str) -> Iterator[bytes]:
    rest = b""
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)
    try:
        while True:
            if decoder.eof:
                rest = decoder.unused_data or file.read(STEP_BYTES)
                if not rest.strip(b"\0"):
                    return
                decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)
            if decoder.needs_input and not rest:
                rest = file.read(STEP_BYTES)
                if not rest:
                    raise EOFError
            piece = decoder.decompress(rest, STEP_BYTES)
            rest = b""
            if piece:
                yield piece
    except (lzma.LZMAError, EOFError) as error:
        raise Malformed(f"{label}: the index is damaged (not xz)") from error


def _gzip(file: BinaryIO, label: str) -> Iterator[bytes]:
    rest = b""
    decoder = zlib.decompressobj(31)
    try:
        while True:
            rest = rest or file.read(STEP_BYTES)
            if not rest:
                if decoder.eof:
                    return
                raise EOFError
            if decoder.eof:
                decoder = zlib.decompressobj(31)
            piece = decoder.decompress(rest, STEP_BYTES)
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            if piece:
                yield piece
    except (zlib.error, EOFError) as error:
        raise Malformed(f"{label}: the index is damaged (not gzip)") from error


DECODERS: dict[str, Callable[[BinaryIO, str], Iterator[bytes]]] = {
    ".xz": _xz,
    ".gz": _gzip,
    "": _plain,
}
"""Decoders by file extension, best first."""
