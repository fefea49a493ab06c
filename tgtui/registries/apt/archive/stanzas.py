"""Debian's Packages files: split as apt's tag file reader splits them, and only the fields that are used."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import msgspec

from tgtui.registries.apt.configuration.words import YES
from tgtui.registries.base import Malformed
from tgtui.versions.debian.relations import split_field

MAX_STANZA_BYTES = 1 << 20
"""Bytes of one stanza; Debian's longest has 76 KB."""
MAX_DEPENDENCIES = 2_000
"""Dependencies in one field; Debian's longest has 976."""
MAX_DESCRIPTION = 4_000
MAX_LINK = 2_000
MAX_VERSION = 256
MAX_WORD = 100
MAX_DIGITS = 20

PRIORITIES = {"required": 5, "important": 4, "standard": 3, "optional": 2, "extra": 1}
"""What apt prefers among providers, highest first."""
FIELD = re.compile(
    rb"^(Package|Version|Architecture|Depends|Pre-Depends|Recommends|Suggests|Conflicts|Breaks|Replaces|"
    rb"Enhances|Provides|Source|Homepage|Description|Priority|Essential|Important|Protected|Multi-Arch|"
    rb"Size|Installed-Size|Section|Maintainer)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
)
NAMED = re.compile(rb"^Package[ \t]*:[ \t]*(\S*)", re.MULTILINE | re.IGNORECASE)
EMPTY_LINE = re.compile(rb"\n\r*\n")
LINE_END = re.compile(rb"\r*\n\r*")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
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
    origin_version: str
    """The version of its source package."""
    section: str
    maintainer: str
    size: str
    """Bytes of its archive."""
    installed_size: str
    """In KiB."""


def stanza_texts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Split at empty lines, however lines end; a line of blanks is not empty. Malformed if a stanza is too long."""
    rest = b""
    for piece in pieces:
        rest += piece
        *whole, rest = EMPTY_LINE.split(rest) if b"\r" in rest else rest.split(b"\n\n")
        if len(rest) > MAX_STANZA_BYTES:
            raise Malformed("the index has an entry of more than 1 MiB")
        for text in whole:
            if text.strip():
                yield _plain(text)
    if rest.strip():
        yield _plain(rest)


def _plain(text: bytes) -> bytes:
    """With plain line ends, and without the mark that some editors write before a file."""
    if b"\r" in text:
        text = LINE_END.sub(b"\n", text)
    return text.strip(b"\r\n").removeprefix(BYTE_ORDER_MARK)


def names_in(text: bytes) -> list[str]:
    """The packages that a stanza names: more than one if no empty line separates them."""
    return [name.decode("utf-8", "replace") for name in NAMED.findall(text)]


def parse_stanza(text: bytes, source: int, pin: int, ranks: dict[str, int] | None = None) -> Stanza:
    """The last of equal fields counts, as for apt. ValueError, with a reason, if it is not a package with a version.

    Names are added to `ranks` as they occur.
    """
    fields = {
        key.lower(): value.decode("utf-8", "replace").replace("\0", "").strip()
        for key, value in FIELD.findall(text)
    }
    name, version = fields.get(b"package", ""), fields.get(b"version", "")
    if not name:
        raise ValueError("an entry without a package name")
    if " " in name or not name.isprintable():
        raise ValueError(f"an entry with an invalid name: {name[:80]!r}")
    if not version:
        raise ValueError(f"{name[:80]} without a version")
    if len(version) > MAX_VERSION or " " in version or not version.isprintable():
        raise ValueError(f"{name[:80]} with an invalid version: {version[:80]!r}")
    if not fields.get(b"architecture"):
        raise ValueError(f"{name[:80]} without an architecture")
    for key in (b"depends", b"pre-depends", b"recommends", b"suggests"):
        if fields.get(key, "").count(",") >= MAX_DEPENDENCIES:
            raise ValueError(f"{name[:80]} with more than {MAX_DEPENDENCIES:,} dependencies")
    rank = _mention(ranks if ranks is not None else {}, name, fields)
    return Stanza(
        name=name,
        version=version,
        architecture=fields[b"architecture"],
        source=source,
        pin=pin,
        own_pin=None,
        priority=PRIORITIES.get(fields.get(b"priority", "").lower(), 0),
        is_essential=fields.get(b"essential", "").lower() in YES,
        is_important=any(
            fields.get(key, "").lower() in YES for key in (b"important", b"protected")
        ),
        multi_arch=fields.get(b"multi-arch", ""),
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
        homepage=homepage if len(homepage := fields.get(b"homepage", "")) <= MAX_LINK else "",
        description=fields.get(b"description", "").partition("\n")[0].rstrip()[:MAX_DESCRIPTION],
        origin_version=_in_brackets(fields.get(b"source", "")) or version,
        section=fields.get(b"section", "")[:MAX_WORD],
        maintainer=fields.get(b"maintainer", "")[:MAX_LINK],
        size=fields.get(b"size", "")[:MAX_DIGITS],
        installed_size=fields.get(b"installed-size", "")[:MAX_DIGITS],
    )


def _in_brackets(source: str) -> str:
    """`2.36-9` of `glibc (2.36-9)`."""
    return source.partition("(")[2].partition(")")[0].strip()[:MAX_VERSION]


def _build_of(fields: dict[bytes, str]) -> int:
    """What apt compares beside the version."""
    told = [fields.get(key, "") for key in COMPARED]
    is_for_all = fields.get(b"architecture", "all") == "all"
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
