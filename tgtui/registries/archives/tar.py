"""Walks a tar archive header by header. Python's tarfile decodes each header, but bounds neither what follows a header
nor how many there are: a single one can take all memory before the first entry is seen."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Iterator

from msgspec import Struct

from tgtui.registries.archives.inflating import Inflating
from tgtui.registries.archives.paths import MAX_CHARACTERS
from tgtui.registries.base import Malformed, TooLarge

BLOCK = 512
TYPE = 156
"""Place of an entry's type in its header."""
MAX_META_BYTES = 64 << 10
"""Of one header that extends the next one."""
PAUSE_EVERY = 200
"""Entries between two chances for other threads."""

FOLDER, SPARSE = tarfile.DIRTYPE, tarfile.GNUTYPE_SPARSE
FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
NEXT_NAME, NEXT_TARGET = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
NEXT, ALL = tarfile.XHDTYPE, tarfile.XGLTYPE
META = (NEXT_NAME, NEXT_TARGET, NEXT, ALL, tarfile.SOLARIS_XHDTYPE)


class TarEntry(Struct, frozen=True):
    """One entry, as the archive says it."""

    raw_name: bytes
    kind: bytes
    """tarfile's type: one of FILES, LINKS, FOLDER, else a device."""
    size: int


class TarReader:
    """The entries in order. What is not read of one is skipped. TooLarge, Malformed."""

    def __init__(self, stream: Inflating, label: str, max_entries: int) -> None:
        self._stream = stream
        self._label = label
        self._max_entries = max_entries
        self._left = 0
        """Bytes of the entry that nobody has read yet."""
        self._padding = 0

    def __iter__(self) -> Iterator[TarEntry]:
        headers = entries = 0
        meta: dict[str, bytes] = {}
        while (block := self._header()) is not None:
            headers += 1
            if headers > 2 * self._max_entries:
                raise self._too_many()
            if headers % PAUSE_EVERY == 0:
                time.sleep(0)  # lets the screen run
            info = self._decoded(block)
            if info.type in META:
                self._extend(meta, info)
                continue
            entries += 1
            if entries > self._max_entries:
                raise self._too_many()
            yield self._entry(info, meta)
            meta = {}
        self._stream.finish()

    def read(self, limit: int) -> bytes:
        """The first `limit` bytes of the entry that came last."""
        size = min(limit, self._left)
        body = self._stream.read(size)
        if len(body) < size:
            raise self._cut_short()
        self._left -= size
        return body

    def _header(self) -> bytes | None:
        """The next header; None at the end, which two blocks of zeros say, as npm reads it."""
        rest = self._left + self._padding
        if self._stream.skip(rest) < rest:
            raise self._cut_short()
        self._left = self._padding = 0
        zeros = 0
        while zeros < 2:
            block = self._stream.read(BLOCK)
            if not block:
                return None
            if len(block) < BLOCK:
                raise self._cut_short()
            if block.count(0) < BLOCK:
                return block
            zeros += 1
        return None

    def _decoded(self, block: bytes) -> tarfile.TarInfo:
        if block[TYPE : TYPE + 1] == SPARSE:
            raise Malformed(f"{self._label} has a file with holes, which is refused")
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise Malformed(f"{self._label} is damaged: it is no tar archive throughout") from error
        self._check(info.size)
        return info

    def _entry(self, info: tarfile.TarInfo, meta: dict[str, bytes]) -> TarEntry:
        name = meta.get("path", info.name.encode("utf-8", "surrogateescape"))
        kind = FOLDER if info.type in FILES and name.endswith(b"/") else info.type
        size = info.size
        if "size" in meta:
            text = meta["size"]
            size = int(text) if text.isdigit() and len(text) < 16 else -1
            self._check(size)
        if kind == FOLDER:
            size = 0  # some programs write the folder's own size, which no bytes follow
        self._follow(size)
        if len(name) > MAX_CHARACTERS:
            raise TooLarge(f"{self._label} has a path of more than {MAX_CHARACTERS:,} characters")
        return TarEntry(name, kind, size)

    def _extend(self, meta: dict[str, bytes], info: tarfile.TarInfo) -> None:
        """Read a header that says more about the next entry, or about all of them."""
        if info.size > MAX_META_BYTES:
            raise TooLarge(
                f"{self._label} has a header of more than {MAX_META_BYTES >> 10} KiB, which is refused"
            )
        self._follow(info.size)
        body = self.read(info.size)
        if info.type == NEXT_NAME:
            meta["path"] = body.rstrip(b"\0")
        elif info.type != NEXT_TARGET:
            found = self._records(body)
            if any(key.startswith("GNU.sparse.") for key in found):
                raise Malformed(f"{self._label} has a file with holes, which is refused")
            known = {key: value for key, value in found.items() if key in ("path", "size")}
            if info.type == ALL and known:
                raise Malformed(
                    f"{self._label} names all its files at once in a global header, which is refused"
                )
            meta.update(known)

    def _records(self, body: bytes) -> dict[str, bytes]:
        """`length key=value\\n`, as POSIX has it: pax interchange format."""
        found: dict[str, bytes] = {}
        place = 0
        while place < len(body) and body[place]:
            digits = body[place : place + 8].split(b" ", 1)[0]
            length = int(digits) if digits.isdigit() else 0
            record = body[place + len(digits) + 1 : place + length]
            key, equals, value = record.partition(b"=")
            is_whole = len(digits) + 1 < length <= len(body) - place
            if not is_whole or not equals or not value.endswith(b"\n"):
                raise Malformed(f"{self._label} is damaged: a header in it can't be read")
            found[key.decode("utf-8", "replace")] = value[:-1]
            place += length
        return found

    def _follow(self, size: int) -> None:
        self._left = size
        self._padding = -size % BLOCK

    def _check(self, size: int) -> None:
        if size < 0:
            raise Malformed(f"{self._label} states a size that can't be, so it was not read")

    def _too_many(self) -> TooLarge:
        return TooLarge(f"{self._label} has more than {self._max_entries:,} files")

    def _cut_short(self) -> Malformed:
        return Malformed(f"{self._label} is shorter than it says of itself, so it was not read")
