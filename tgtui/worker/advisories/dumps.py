"""Reads a dump of advisories: a zip archive or a folder with one JSON file for each, or a single file.

Without trust: an archive is read member by member, none larger than an advisory can be, and all of them together not
larger than their packed size explains.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tgtui.basics.errors import TgtuiError
from tgtui.basics.files.trouble import why
from tgtui.basics.text import clean
from tgtui.syntax.advisories.record import MAX_RECORD_BYTES

MAX_MEMBERS = 5_000_000
MAX_TOTAL_BYTES = 64 << 30
MAX_RATIO = 200
"""Unpacked bytes for a packed one, of a whole archive; advisories have 3 to 10, a zip bomb thousands."""
RATIO_COUNTS_FROM = 64 << 20
MAX_DEPTH = 20
"""Folders within folders."""
SUFFIX = ".json"
BROKEN = "{dump} ends in the middle or is damaged: {reason}. Nothing was changed; fetch it again."

_HEADER = struct.Struct("<4s5H3L2H")
_MARK = b"PK\x03\x04"


class DumpError(TgtuiError):
    """A dump that can't be used; the sentence says which and why. What was known before stays."""


class Member(Struct, frozen=True):
    """One file of a dump."""

    name: str
    raw: bytes


class Dump:
    """An open dump. Iterating reads it anew. DumpError if it turns out to be damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __len__(self) -> int:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Member]:
        raise NotImplementedError


@contextmanager
def open_dump(path: Path) -> Iterator[Dump]:
    """DumpError if it is no dump."""
    try:
        if path.is_dir():
            yield _Folder(path)
            return
        with path.open("rb") as file:
            if file.read(4) != _MARK and not zipfile.is_zipfile(file):
                if path.suffix == SUFFIX:
                    yield _Folder(path)
                    return
                raise DumpError(
                    f"{path} is no zip archive, or it ends in the middle. Nothing was changed; fetch it again."
                )
            file.seek(0)
            yield _Archive(path, file)
    except OSError as error:
        raise DumpError(f"{path} can't be read: {why(error)}.") from error


class _Folder(Dump):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._files = [path] if path.is_file() else sorted(_files(path, MAX_DEPTH))

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Member]:
        for file in self._files:
            with file.open("rb") as opened:
                yield Member(str(file), opened.read(MAX_RECORD_BYTES + 1))


def _files(folder: Path, depth: int) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth:
                    yield from _files(Path(entry.path), depth - 1)
            elif entry.name.endswith(SUFFIX) and entry.is_file():
                yield Path(entry.path)


class _Archive(Dump):
    """Only the archive's directory is read by the library: its own reading of members takes five times as long."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        super().__init__(path)
        self._file = file
        try:
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, UnicodeDecodeError) as error:
            raise self._broken(error) from error
        self._check(infos)
        # Kept small: an archive has hundreds of thousands of members.
        self._members = [
            (i.header_offset, i.compress_size, i.file_size, i.CRC, i.compress_type, i.filename)
            for i in infos
            if i.filename.endswith(SUFFIX) and not i.is_dir()
        ]

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        for offset, packed, size, checksum, method, name in self._members:
            self._file.seek(offset)
            head = self._file.read(_HEADER.size)
            if len(head) < _HEADER.size or head[:4] != _MARK:
                raise self._broken(f"{clean(name, 80)} is not where its directory says")
            name_size, more_size = _HEADER.unpack(head)[-2:]
            self._file.seek(name_size + more_size, os.SEEK_CUR)
            raw = self._inflated(self._file.read(packed), size, method, name)
            if zlib.crc32(raw) != checksum:
                raise self._broken(f"{clean(name, 80)} has another checksum")
            yield Member(name, raw)

    def _inflated(self, data: bytes, size: int, method: int, name: str) -> bytes:
        if method == zipfile.ZIP_STORED:
            raw = data
        elif method == zipfile.ZIP_DEFLATED:
            inflating = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                raw = inflating.decompress(data, size + 1)
            except zlib.error as error:
                raise self._broken(f"{clean(name, 80)}: {error}") from error
        else:
            raise self._broken(f"{clean(name, 80)} is packed in a way that is not known")
        if len(raw) != size:
            raise self._broken(f"{clean(name, 80)} is not as long as its directory says")
        return raw

    def _check(self, infos: list[zipfile.ZipInfo]) -> None:
        total = sum(info.file_size for info in infos)
        packed = max(1, self.path.stat().st_size)
        largest = max((info.file_size for info in infos), default=0)
        is_bomb = total > RATIO_COUNTS_FROM and total > packed * MAX_RATIO
        if is_bomb or total > MAX_TOTAL_BYTES or len(infos) > MAX_MEMBERS:
            raise DumpError(
                f"{self.path} claims to unpack to {total >> 20:,} MB in {len(infos):,} files from"
                f" {packed >> 20:,} MB; that is no dump of advisories. Nothing was changed."
            )
        if largest > MAX_RECORD_BYTES:
            raise DumpError(
                f"{self.path} has a file of {largest >> 20:,} MB, and no advisory has more than"
                f" {MAX_RECORD_BYTES >> 20}. Nothing was changed."
            )

    def _broken(self, reason: object) -> DumpError:
        said = clean(str(reason), 160).rstrip(".")
        return DumpError(BROKEN.format(dump=self.path, reason=said))
