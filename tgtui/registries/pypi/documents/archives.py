"""Metadata from a part of an archive: the end of a wheel, the beginning of a source archive."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from typing import Any

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

from tgtui.registries.base import Malformed
from tgtui.versions.pypi.order import parsed

MAX_METADATA = 8 << 20
"""Bytes of a METADATA file, unpacked."""
MAX_UNPACKED = 64 << 20
"""Bytes of a source archive that are unpacked to find its PKG-INFO."""
BROKEN = (
    zipfile.BadZipFile,
    ValueError,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What zipfile raises for one that is broken, encrypted, or packed in a way it does not know."""


class NeedsMore(Exception):
    """A part of the archive before what is here is needed."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class Parts(io.RawIOBase):
    """The end of a file as if it were the whole of it."""

    def __init__(self, tail: bytes, size: int) -> None:
        super().__init__()
        self._tail = tail
        self._begin = size - len(tail)
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._place, 2: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self._place < self._begin and len(view):
            raise NeedsMore(self._place)
        begin = self._place - self._begin
        piece = self._tail[begin : begin + len(view)]
        view[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


def metadata_of_wheel(file: io.RawIOBase, filename: str, label: str) -> bytes:
    """The METADATA of the folder whose name and version are the wheel's. Raises NeedsMore, Malformed."""
    try:
        name, version, _build, _tags = parse_wheel_filename(filename)
        with zipfile.ZipFile(file) as archive:
            found = [
                path
                for path in archive.namelist()
                if path.count("/") == 1
                and path.endswith(".dist-info/METADATA")
                and canonicalize_name(path.partition("-")[0]) == name
                and parsed(path.removesuffix(".dist-info/METADATA").partition("-")[2]) == version
            ]
            if len(found) != 1:
                amount = "no METADATA" if not found else "more than one METADATA"
                raise Malformed(f"{label}: its wheel has {amount} file")
            with archive.open(found[0]) as entry:
                return entry.read(MAX_METADATA)
    except (*BROKEN, InvalidWheelFilename, InvalidVersion) as error:
        raise Malformed(f"{label}: its wheel can't be read") from error


def pkg_info_of(body: bytes, filename: str) -> bytes | None:
    """The PKG-INFO one folder deep, of a source archive that may end early; None if it is not in what is here."""
    if filename.lower().endswith(".zip"):
        return _of_zip(body)
    if not filename.lower().endswith((".tar.gz", ".tgz")):
        return None
    plain = zlib.decompressobj(wbits=31)
    try:
        unpacked = plain.decompress(body, MAX_UNPACKED)
    except zlib.error:
        return None
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                parts = member.name.removeprefix("./").split("/")
                if len(parts) == 2 and parts[1] == "PKG-INFO" and member.isfile():
                    entry = archive.extractfile(member)
                    read = entry.read(MAX_METADATA) if entry else b""
                    return read if len(read) == min(member.size, MAX_METADATA) else None
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return None
    return None


def _of_zip(body: bytes) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for path in archive.namelist():
                if path.count("/") == 1 and path.endswith("/PKG-INFO"):
                    with archive.open(path) as entry:
                        return entry.read(MAX_METADATA)
    except BROKEN:
        return None
    return None
