"""Files of a repository are decoded here: streamed, and bounded whatever their format."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from tgtui.basics.formatting import size
from tgtui.registries.base import Malformed, TooLarge

MAX_INDEX_BYTES = 256 << 20
"""Bytes of one decoded Packages file; Debian's main has 50 MB, Ubuntu's universe 70."""
LZMA_MEMORY = 128 << 20
ZSTD_WINDOW_LOG = 27
"""128 MiB, as a power of 2; what `zstd` itself reads without being asked to."""
STEP_BYTES = 1 << 20
"""Bytes decoded at once."""


class Decoder(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


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


def _members(
    file: BinaryIO,
    label: str,
    name: str,
    decoder: Callable[[], Decoder],
    damaged: type[Exception],
) -> Iterator[bytes]:
    """One compressed stream after another, in pieces. Nothing but zeros may follow."""
    rest = file.read(STEP_BYTES)
    try:
        while True:
            stream = decoder()
            while not stream.eof:
                if stream.needs_input and not rest:
                    rest = file.read(STEP_BYTES)
                    if not rest:
                        raise EOFError
                piece = stream.decompress(rest, STEP_BYTES)
                rest = b""
                if piece:
                    yield piece
            rest = stream.unused_data or file.read(STEP_BYTES)
            if not rest.strip(b"\0"):
                return
    except (damaged, EOFError) as error:
        raise Malformed(f"{label}: the index is damaged (not {name})") from error


def _xz(file: BinaryIO, label: str) -> Iterator[bytes]:
    def decoder() -> Decoder:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)

    return _members(file, label, "xz", decoder, lzma.LZMAError)


def _lzma(file: BinaryIO, label: str) -> Iterator[bytes]:
    def decoder() -> Decoder:
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY)

    return _members(file, label, "lzma", decoder, lzma.LZMAError)


def _bzip2(file: BinaryIO, label: str) -> Iterator[bytes]:
    return _members(file, label, "bzip2", bz2.BZ2Decompressor, OSError)


def _zstd(file: BinaryIO, label: str) -> Iterator[bytes]:
    # Imported here, because hardly any archive uses it.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        import backports.zstd as zstd

    limit = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG}
    return _members(
        file, label, "zstd", lambda: zstd.ZstdDecompressor(options=limit), zstd.ZstdError
    )


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
    ".zst": _zstd,
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".lzma": _lzma,
    "": _plain,
}
"""Decoders by file extension, best first."""
