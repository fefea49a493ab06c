"""Archives as npm publishes them, and as no honest program writes them: header by header."""

from __future__ import annotations

import base64
import gzip
import hashlib
import tarfile
from collections.abc import Iterable, Mapping

BLOCK = 512


def header(name: str | bytes, size: int = 0, kind: bytes = b"0", *, stated: bytes = b"") -> bytes:
    """One header. `stated` replaces the size's twelve bytes."""
    raw = name if isinstance(name, bytes) else name.encode()
    block = bytearray(BLOCK)
    block[0 : len(raw)] = raw
    block[100:108], block[108:116], block[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    block[124:136] = stated or b"%011o\0" % size
    block[136:148], block[156:157], block[257:265] = b"00000000000\0", kind, b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entry(name: str | bytes, body: bytes = b"", kind: bytes = b"0") -> bytes:
    """A header, what it announces, and the padding after it."""
    return header(name, len(body), kind) + body + b"\0" * (-len(body) % BLOCK)


def extended(records: Mapping[str, str], kind: bytes = b"x") -> bytes:
    """A header that says more about the next entry, or about all."""
    body = b""
    for key, value in records.items():
        text = f" {key}={value}\n".encode()
        length = len(text)
        while len(str(length)) + len(text) != length:
            length = len(str(length)) + len(text)
        body += str(length).encode() + text
    return entry("PaxHeader", body, kind)


def archive(entries: Iterable[bytes] | Mapping[str, bytes], *, squeezed: bool = True) -> bytes:
    """A whole archive: of a mapping, the files below `package/`."""
    if isinstance(entries, Mapping):
        entries = [entry(f"package/{path}", body) for path, body in entries.items()]
    tar = b"".join(entries) + b"\0" * 2 * BLOCK
    return gzip.compress(tar, 6, mtime=0) if squeezed else tar


def sri(body: bytes, algorithm: str = "sha512") -> str:
    """Its hash as `dist.integrity` has it."""
    digest = hashlib.new(algorithm, body).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def dist(url: str, body: bytes) -> dict[str, str]:
    """A version's `dist`."""
    return {
        "tarball": url,
        "integrity": sri(body),
        "shasum": hashlib.sha1(body).hexdigest(),
    }


LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE)
DEVICES = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
