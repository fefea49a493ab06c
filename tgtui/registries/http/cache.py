"""Documents on disk as received, with what is needed to revalidate them.

One file per address: a line of JSON, then the body. The file's modification time says when the network last
confirmed it, so that a 304 costs one system call and not a rewrite. Files appear under their name only when
whole (`os.replace`), so several programs may share the folder.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from tgtui.basics.files.private import create, make_folder
from tgtui.basics.files.trouble import why
from tgtui.registries.http.inflate import Encoding

FORMAT = 1
"""Entries of another format are dropped."""
MAX_BYTES = 2 << 30
MAX_HEAD = 16 * 1024
"""Bytes of an entry's first line."""
KEPT_SHARE = 0.9
"""Part of `max_bytes` that pruning leaves."""
PRUNE_SHARE = 1 / 16
"""Part of `max_bytes` that one program writes between two prunings."""
ABANDONED_SECONDS = 3600.0
"""Age at which an unfinished file of a dead program is deleted."""
SUFFIX, UNFINISHED = ".doc", ".part"

log = logging.getLogger(__name__)
_numbers = itertools.count()


class _Head(msgspec.Struct, frozen=True):
    """The first line of an entry."""

    format: int
    url: str
    missing: bool
    encoding: Encoding
    length: int
    checksum: int
    etag: str | None = None
    last_modified: str | None = None
    address: str | None = None


class CacheEntry(Struct, frozen=True):
    """What is known about one address without reading the body."""

    confirmed_at: datetime
    """When the network last confirmed it, timezone-aware UTC."""
    is_missing: bool
    """The registry answered that there is no such document."""
    encoding: Encoding
    etag: str | None
    last_modified: str | None
    checksum: int
    """CRC-32 of the body: equal for the same document."""
    address: str | None = None
    """Where it came from in the end, if redirects led elsewhere."""


class DocumentCache:
    """A folder of documents. Calls block on the disk: make them in a thread. They never fail because of the disk."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._unpruned = float(max_bytes)  # the first write of a program prunes
        self._has_warned = False

    def look_up(self, url: str) -> CacheEntry | None:
        """The entry for `url`; None if there is none or it can't be read."""
        found = self._open(url, with_body=False)
        return found[0] if found else None

    def read(self, url: str) -> tuple[CacheEntry, bytes] | None:
        """The entry with its body as received; None, dropping the entry, if it is damaged."""
        return self._open(url, with_body=True)

    def store(
        self,
        url: str,
        body: bytes | bytearray,
        confirmed_at: datetime,
        *,
        encoding: Encoding,
        etag: str | None = None,
        last_modified: str | None = None,
        address: str | None = None,
    ) -> CacheEntry:
        """Keep a body as received, replacing the entry of `url`."""
        checksum = zlib.crc32(body)
        moved = address if address != url else None
        head = _Head(FORMAT, url, False, encoding, len(body), checksum, etag, last_modified, moved)
        self._write(head, body, confirmed_at)
        return _entry(head, confirmed_at)

    def store_missing(self, url: str, confirmed_at: datetime) -> None:
        """Remember that there is no such document, replacing the entry of `url`."""
        self._write(_Head(FORMAT, url, True, "identity", 0, 0), b"", confirmed_at)

    def confirm(self, url: str, confirmed_at: datetime) -> None:
        """Mark the entry as confirmed by the network."""
        stamp = confirmed_at.timestamp()
        try:
            os.utime(self._path(url), (stamp, stamp))
        except OSError as error:
            self._warn(error)

    def drop(self, url: str) -> None:
        """Delete the entry of `url`."""
        self._discard(self._path(url))

    def prune(self) -> None:
        """Delete the entries confirmed longest ago until the folder is within its limit."""
        self._unpruned = 0.0
        files = sorted(self._files(), key=lambda file: file[0])
        total = sum(size for _, size, _ in files)
        if total <= self._max_bytes:
            return
        for _, size, path in files:
            if total <= self._max_bytes * KEPT_SHARE:
                return
            try:
                path.unlink(missing_ok=True)
            except OSError as error:  # open in another program (Windows)
                log.debug("a cached document stays: %s", error)
            else:
                total -= size

    def _path(self, url: str) -> Path:
        digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / digest[:2] / (digest[2:42] + SUFFIX)

    def _open(self, url: str, *, with_body: bool) -> tuple[CacheEntry, bytes] | None:
        path = self._path(url)
        try:
            with path.open("rb") as file:
                confirmed_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
                head, body = _read(file, url, with_body=with_body)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            log.warning("a cached document is damaged and is dropped: %s", error)
            self._discard(path)
            return None
        return _entry(head, confirmed_at), body

    def _discard(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._warn(error)

    def _write(self, head: _Head, body: bytes | bytearray, confirmed_at: datetime) -> None:
        path = self._path(head.url)
        line = msgspec.json.encode(head) + b"\n"
        try:
            try:
                _replace(path, line, body, confirmed_at.timestamp())
            except FileNotFoundError:
                make_folder(path.parent)
                _replace(path, line, body, confirmed_at.timestamp())
        except OSError as error:
            self._warn(error)
            return
        self._unpruned += len(line) + len(body)
        if self._unpruned > self._max_bytes * PRUNE_SHARE:
            self.prune()

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Modification time, size and path of every entry; deletes unfinished files of dead programs."""
        abandoned = time.time() - ABANDONED_SECONDS
        for path in self._folder.glob("??/*"):
            try:
                stat = path.stat()
                if path.suffix == UNFINISHED and stat.st_mtime < abandoned:
                    path.unlink()
            except OSError:
                continue
            if path.suffix == SUFFIX:
                yield stat.st_mtime, stat.st_size, path

    def _warn(self, error: OSError) -> None:
        """Log once per program: a full disk or a read-only folder costs speed, never a document."""
        if not self._has_warned:
            self._has_warned = True
            log.warning("downloaded documents can't be kept in %s: %s", self._folder, why(error))


def _read(file: BinaryIO, url: str, *, with_body: bool) -> tuple[_Head, bytes]:
    """ValueError, RecursionError or MsgspecError if the entry is not as written."""
    line = file.readline(MAX_HEAD)
    head = msgspec.json.decode(line, type=_Head)
    if head.format != FORMAT or head.url != url:
        raise ValueError("another format or another address")
    if not with_body:
        return head, b""
    body = file.read()
    if len(body) != head.length or zlib.crc32(body) != head.checksum:
        raise ValueError("the body is not the one that was written")
    return head, body


def _replace(path: Path, line: bytes, body: bytes | bytearray, stamp: float) -> None:
    unfinished = f"{path}.{os.getpid()}-{next(_numbers)}{UNFINISHED}"
    descriptor = create(unfinished)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(line)
            file.write(body)
        os.utime(unfinished, (stamp, stamp))
        Path(unfinished).replace(path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _entry(head: _Head, confirmed_at: datetime) -> CacheEntry:
    return CacheEntry(
        confirmed_at=confirmed_at,
        is_missing=head.missing,
        encoding=head.encoding,
        etag=head.etag,
        last_modified=head.last_modified,
        checksum=head.checksum,
        address=head.address,
    )
