"""Builds apt's index file from verified Packages files, in a separate process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tgtui.registries.apt.archive.stanzas import (
    MAX_INDEX_BYTES,
    decoded,
    parse_stanza,
    provided,
    stanza_texts,
)
from tgtui.registries.apt.configuration.preferences import Pin
from tgtui.registries.apt.index.pins import Pins
from tgtui.registries.base import BadSignature
from tgtui.registries.indexes.building import Job, Problems
from tgtui.registries.indexes.file import OtherName, write_index
from tgtui.versions.debian.relations import parse_group


class Part(msgspec.Struct, frozen=True):
    """One Packages file."""

    path: str
    compression: str
    """`.xz`, `.gz` or nothing."""
    label: str
    """Its name in sentences."""
    sha256: str
    """Hash of the decoded file if the Release has it, else empty."""
    size: int
    """Decoded size in bytes; 0 if the Release does not have it."""
    source: int
    pin: int
    """What its Release file asks for."""
    about: dict[str, str] = msgspec.field(default_factory=dict)
    """See `pins.py`."""


def build(job: Job) -> None:
    """`parts` are Part and `pins` Pin as JSON objects, `facts` goes into the file, `architecture` is the native one."""
    problems = Problems(job["problems"])
    native = str(job["architecture"])
    pins = Pins(msgspec.convert(job.get("pins", []), list[Pin]), native)
    builder = _Builder(native, pins, problems)
    parts = msgspec.convert(job["parts"], list[Part])
    write_index(
        Path(job["path"]),
        builder.entries(parts),
        builder.names,
        lambda: {**job["facts"], "problems": problems.as_json()},
    )


class _Builder:
    def __init__(self, architecture: str, pins: Pins, problems: Problems) -> None:
        self._pins = pins
        self._architecture = architecture
        self._problems = problems
        self.names: list[OtherName] = []
        self._ranks: dict[str, int] = {}

    def entries(self, parts: list[Part]) -> Iterator[tuple[str, bytes]]:
        """(name, encoded stanza) of every package; adds what they provide to `names`."""
        encoder = msgspec.msgpack.Encoder()
        number = 0
        for part in parts:
            pin = self._pins.of_file(part.about, part.pin)
            for text in self._texts(part):
                try:
                    stanza = parse_stanza(text, part.source, pin, self._ranks)
                except ValueError as error:
                    self._problems.tell(f"{part.label}: {error}")
                    continue
                number += 1
                for group in provided(stanza):
                    self._provide(group, number, part.label)
                own = self._pins.own(
                    stanza.name, stanza.origin, stanza.version, stanza.architecture, part.about
                )
                if own is not None:
                    stanza = msgspec.structs.replace(stanza, own_pin=own)
                yield stanza.name, encoder.encode(stanza)

    def _texts(self, part: Part) -> Iterator[bytes]:
        """The decoded file, compared with the Release before its end is used."""
        digest = hashlib.sha256()
        size = 0

        def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece

        with Path(part.path).open("rb") as file:
            limit = part.size or MAX_INDEX_BYTES
            pieces = decoded(file, part.compression, part.label, min(limit, MAX_INDEX_BYTES))
            yield from stanza_texts(counted(pieces))
        if part.sha256 and (digest.hexdigest(), size) != (part.sha256, part.size):
            raise BadSignature(f"{part.label}: the index is not the one its Release file lists")

    def _provide(self, text: str, number: int, label: str) -> None:
        group = parse_group(text, self._architecture)
        if not group.is_readable:
            self._problems.tell(f"{label}: what it provides can't be read: {text[:80]!r}")
        for relation in group.alternatives:
            version = relation.version if relation.operator == "=" else None
            name = f"{relation.name}:{relation.qualifier}" if relation.qualifier else relation.name
            self.names.append(OtherName(name, number, version))
