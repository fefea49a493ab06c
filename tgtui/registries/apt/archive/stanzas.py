"""Debian's Packages files: split as apt's tag file reader splits them, and only the fields that are used."""

from __future__ import annotations

import re
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

PRIORITIES = {"required": 5, "important": 4, "standard": 3, "optional": 2, "extra": 1}
"""What apt prefers among providers, highest first."""
FIELD = re.compile(
    rb"^(Package|Version|Architecture|Depends|Pre-Depends|Recommends|Suggests|Provides|Homepage|"
    rb"Description|Priority|Essential|Important|Protected|Multi-Arch)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
)
NAMED = re.compile(rb"^Package[ \t]*:[ \t]*(\S*)", re.MULTILINE | re.IGNORECASE)
EMPTY_LINE = re.compile(rb"\n\r*\n")
LINE_END = re.compile(rb"\r*\n\r*")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fields of one binary package in one suite that choices need. Also decoded from an encoded Stanza."""

    name: str
    version: str
    architecture: str
    source: int
    """Number of the suite it is from, in the order of the sources."""
    pin: int
    """apt's priority of that suite."""
    priority: int
    """See PRIORITIES; 0 if it has none."""
    is_essential: bool
    is_important: bool
    """`Important` or `Protected`."""
    multi_arch: str
    """`same`, `foreign`, `allowed`, or nothing."""


class Stanza(Candidate, frozen=True, array_like=True, gc=False):
    """A binary package with all its fields."""

    depends: str
    pre_depends: str
    recommends: str
    suggests: str
    provides: str
    homepage: str
    description: str
    """The short one."""


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


def parse_stanza(text: bytes, source: int, pin: int) -> Stanza:
    """The last of equal fields counts, as for apt. ValueError, with a reason, if it is not a package with a version."""
    fields = {
        key.lower(): value.decode("utf-8", "replace").replace("\0", "").strip()
        for key, value in FIELD.findall(text)
    }
    name, version = fields.get(b"package", ""), fields.get(b"version", "")
    if not name:
        raise ValueError("an entry without a package name")
    if " " in name or not name.isprintable():
        raise ValueError(f"an entry with a name that is none: {name[:80]!r}")
    if not version:
        raise ValueError(f"{name[:80]} without a version")
    if len(version) > MAX_VERSION or " " in version or not version.isprintable():
        raise ValueError(f"{name[:80]} with a version that is none: {version[:80]!r}")
    if not fields.get(b"architecture"):
        raise ValueError(f"{name[:80]} without an architecture")
    for key in (b"depends", b"pre-depends", b"recommends", b"suggests"):
        if fields.get(key, "").count(",") >= MAX_DEPENDENCIES:
            raise ValueError(f"{name[:80]} with more than {MAX_DEPENDENCIES:,} dependencies")
    return Stanza(
        name=name,
        version=version,
        architecture=fields[b"architecture"],
        source=source,
        pin=pin,
        priority=PRIORITIES.get(fields.get(b"priority", "").lower(), 0),
        is_essential=fields.get(b"essential", "").lower() in YES,
        is_important=any(
            fields.get(key, "").lower() in YES for key in (b"important", b"protected")
        ),
        multi_arch=fields.get(b"multi-arch", ""),
        depends=fields.get(b"depends", ""),
        pre_depends=fields.get(b"pre-depends", ""),
        recommends=fields.get(b"recommends", ""),
        suggests=fields.get(b"suggests", ""),
        provides=fields.get(b"provides", ""),
        homepage=homepage if len(homepage := fields.get(b"homepage", "")) <= MAX_LINK else "",
        description=fields.get(b"description", "").partition("\n")[0].rstrip()[:MAX_DESCRIPTION],
    )


def provided(stanza: Stanza) -> list[str]:
    """The groups of its Provides field."""
    return split_field(stanza.provides)
