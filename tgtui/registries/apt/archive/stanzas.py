"""Debian's Packages files: streamed, bounded, and only the fields that are used."""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from tgtui.basics.formatting import size
from tgtui.registries.base import Malformed, TooLarge
from tgtui.versions.debian.relations import split_field

MAX_INDEX_BYTES = 256 << 20
"""Bytes of one decoded Packages file; Debian's main has 50 MB, Ubuntu's universe 70."""
LZMA_MEMORY = 128 << 20
STEP_BYTES = 1 << 20
"""Bytes decoded at once."""
MAX_STANZA_BYTES = 1 << 20
"""Bytes of one stanza; Debian's longest has 76 KB."""
MAX_DEPENDENCIES = 2_000
"""Dependencies in one field; Debian's longest has 976."""
MAX_DESCRIPTION = 4_000
MAX_LINK = 2_000
MAX_VERSION = 256

PRIORITIES = {"required": 5, "important": 4, "standard": 3, "optional": 2, "extra": 1}
"""What apt prefers among providers, highest first."""
FIELD = re.compile(
    rb"^(Package|Version|Architecture|Depends|Pre-Depends|Recommends|Suggests|Conflicts|Breaks|Replaces|"
    rb"Enhances|Provides|Source|Homepage|Description|Priority|Essential|Important|"
    rb"Multi-Arch|Size|Installed-Size):[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
)

RELATIONS = (
    b"pre-depends",
    b"depends",
    b"conflicts",
    b"breaks",
    b"recommends",
    b"suggests",
    b"replaces",
    b"enhances",
    b"provides",
)
"""The order in which apt reads them."""
COMPARED = (
    b"size",
    b"installed-size",
    b"multi-arch",
    b"depends",
    b"pre-depends",
    b"conflicts",
    b"breaks",
    b"replaces",
)
MENTIONED = re.compile(r"(?:^|[,|])\s*([^\s,|(:\[<]+)")
"""Names in a relation field."""


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fields of one binary package in one suite that choices need. Also decoded from an encoded Stanza."""

    name: str
    version: str
    architecture: str
    source: int
    """Number of the suite it is from, in the order of the sources."""
    pin: int
    """apt's priority of that suite."""
    own_pin: tuple[int, int] | None
    """(place, priority) of the first preference that names this package and admits this stanza."""
    priority: int
    """See PRIORITIES; 0 if it has none."""
    is_essential: bool
    is_important: bool
    """`Important` or `Protected`."""
    multi_arch: str
    """`same`, `foreign`, `allowed`, or nothing."""
    build: int
    """Equal for one version in several suites, if apt takes them for the same."""
    rank: int
    """When the name first occurs in the indexes, as a package or in a relation: what apt decides ties by."""


class Stanza(Candidate, frozen=True, array_like=True, gc=False):
    """A binary package with all its fields."""

    depends: str
    pre_depends: str
    recommends: str
    suggests: str
    conflicts: str
    breaks: str
    origin: str
    """Its source package."""
    provides: str
    homepage: str
    description: str
    """The short one."""


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


def stanza_texts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Split at empty lines. Malformed if a stanza is too long."""
    rest = b""
    for piece in pieces:
        rest += piece
        *whole, rest = rest.split(b"\n\n")
        if len(rest) > MAX_STANZA_BYTES:
            raise Malformed("the index has an entry of more than 1 MiB")
        for text in whole:
            if text.strip():
                yield text
    if rest.strip():
        yield rest


def parse_stanza(text: bytes, source: int, pin: int, ranks: dict[str, int] | None = None) -> Stanza:
    """ValueError, with a reason, if it is not a package with a version. Names are added to `ranks` as they occur."""
    fields = {
        key.lower(): value.decode("utf-8", "replace").replace("\0", "")
        for key, value in FIELD.findall(text)
    }
    name, version = fields.get(b"package", "").strip(), fields.get(b"version", "").strip()
    if not name:
        raise ValueError("an entry without a package name")
    if not version:
        raise ValueError(f"{name[:80]} without a version")
    if len(version) > MAX_VERSION or " " in version:
        raise ValueError(f"{name[:80]} with a version that is none: {version[:80]!r}")
    for key in (b"depends", b"pre-depends", b"recommends", b"suggests"):
        if fields.get(key, "").count(",") >= MAX_DEPENDENCIES:
            raise ValueError(f"{name[:80]} with more than {MAX_DEPENDENCIES:,} dependencies")
    rank = _mention(ranks if ranks is not None else {}, name, fields)
    return Stanza(
        name=name,
        version=version,
        architecture=fields.get(b"architecture", "all").strip(),
        source=source,
        pin=pin,
        own_pin=None,
        priority=PRIORITIES.get(fields.get(b"priority", "").strip(), 0),
        is_essential=fields.get(b"essential", "").strip() == "yes",
        is_important=b"\nProtected: yes" in text or fields.get(b"important", "").strip() == "yes",
        multi_arch=fields.get(b"multi-arch", "").strip(),
        build=_build_of(fields),
        rank=rank,
        depends=fields.get(b"depends", ""),
        pre_depends=fields.get(b"pre-depends", ""),
        recommends=fields.get(b"recommends", ""),
        suggests=fields.get(b"suggests", ""),
        conflicts=fields.get(b"conflicts", ""),
        breaks=fields.get(b"breaks", ""),
        origin=fields.get(b"source", "").partition("(")[0].strip() or name,
        provides=fields.get(b"provides", ""),
        homepage=fields.get(b"homepage", "")[:MAX_LINK],
        description=fields.get(b"description", "").partition("\n")[0][:MAX_DESCRIPTION],
    )


def _build_of(fields: dict[bytes, str]) -> int:
    """What apt compares beside the version."""
    told = [fields.get(key, "") for key in COMPARED]
    is_for_all = fields.get(b"architecture", "all").strip() == "all"
    return zlib.crc32("\0".join((str(is_for_all), *told)).encode())


def _mention(ranks: dict[str, int], name: str, fields: dict[bytes, str]) -> int:
    """The package's rank; then what its relations name, in the order in which apt reads them."""
    rank = ranks.setdefault(name, len(ranks))
    for key in RELATIONS:
        if text := fields.get(key):
            for mentioned in MENTIONED.findall(text):
                ranks.setdefault(mentioned, len(ranks))
    return rank


def provided(stanza: Stanza) -> list[str]:
    """The groups of its Provides field."""
    return split_field(stanza.provides)
