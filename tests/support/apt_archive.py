"""A small apt repository in memory: stanzas in, Packages files, hashes and an InRelease out."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from backports import zstd

MADE = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the suite says it was made."""
COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    ".xz": lzma.compress,
    ".zst": zstd.compress,
    ".bz2": bz2.compress,
    ".lzma": partial(lzma.compress, format=lzma.FORMAT_ALONE),
    ".gz": lambda data: gzip.compress(data, mtime=0),
    "": bytes,
}


def stanza(name: str, version: str = "1.0", /, **fields: str) -> str:
    """`stanza("curl", "7", Depends="libc6 (>= 2)", Multi_Arch="same")`."""
    lines = {"Package": name, "Version": version, "Architecture": "amd64", **fields}
    return "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in lines.items())


def packages(*stanzas: str) -> bytes:
    """The content of a Packages file."""
    return "\n".join(stanzas).encode()


def release(
    files: Mapping[str, bytes],
    *,
    made: datetime = MADE,
    codename: str = "garden",
    components: Iterable[str] = ("main",),
    digests: Iterable[str] = ("SHA256",),
    **fields: str,
) -> bytes:
    """The text of a Release file that lists these files."""
    head = {
        "Origin": "Test",
        "Codename": codename,
        "Suite": codename,
        "Date": made.strftime("%a, %d %b %Y %H:%M:%S UTC"),
        "Architectures": "amd64",
        "Components": " ".join(components),
        "Acquire-By-Hash": "yes",
        **{key.replace("_", "-"): value for key, value in fields.items()},
    }
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    for name in digests:
        lines.append(f"{name}:")
        lines += [
            f" {hashlib.new(name, body).hexdigest()} {len(body):>8} {path}"
            for path, body in files.items()
        ]
    return ("\n".join(lines) + "\n").encode()


def archive(
    content: bytes,
    *,
    suite: str = "garden",
    ending: str = ".xz",
    lists_plain: bool = True,
    **fields: str,
) -> dict[str, bytes]:
    """Path to body of a repository with one component and architecture, unsigned."""
    folder = "main/binary-amd64/"
    body = COMPRESS[ending](content)
    files = {f"{folder}Packages{ending}": body}
    if lists_plain:
        files[f"{folder}Packages"] = content
    text = release(files, codename=suite, **fields)  # type: ignore[arg-type]
    return served(suite, text, {f"{folder}Packages{ending}": body})


def served(suite: str, text: bytes, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Under the addresses a mirror has."""
    found = {f"/debian/dists/{suite}/InRelease": text}
    for path, body in files.items():
        folder = path.rpartition("/")[0]
        found[f"/debian/dists/{suite}/{path}"] = body
        for name in ("SHA256", "SHA512"):
            digest = hashlib.new(name, body).hexdigest()
            found[f"/debian/dists/{suite}/{folder}/by-hash/{name}/{digest}"] = body
    return found
