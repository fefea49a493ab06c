"""Builds brew's index file from the signed documents, in a separate process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from tgtui.registries import loose_json as loose
from tgtui.registries.base import Malformed
from tgtui.registries.brew.document import CASK, MAX_NAME, BrewEntry, read_cask, read_formula
from tgtui.registries.brew.jws import PUBLIC_KEY, verified_payload
from tgtui.registries.indexes.building import Job, Problems
from tgtui.registries.indexes.file import OtherName, write_index

MAX_ENTRIES = 200_000
MIGRATIONS = {"formula_tap_migrations": "", "cask_tap_migrations": CASK}
"""Keys of migrations to other taps, with the prefix of old names in the index."""
TAP_PREFIXES = {"homebrew/core": "", "homebrew/cask": CASK}
"""Taps in the index, with the prefix of their names in it."""


def build(job: Job) -> None:
    """`formula`, `cask` and MIGRATIONS are paths of signed documents, all but the first may be null; `facts` goes into
    the file."""
    key = Path(job["public_key"]).read_bytes() if job["public_key"] else PUBLIC_KEY
    system, recommended = str(job["system"]), bool(job["recommended"])
    payloads = [
        (
            verified_payload(Path(job[kind]).read_bytes(), key, f"brew: {kind}.jws.json"),
            f"brew: {kind}.jws.json",
            reader,
        )
        for kind, reader in (
            ("formula", lambda found: read_formula(found, system, recommended=recommended)),
            ("cask", lambda found: read_cask(found, system)),
        )
        if job[kind]
    ]
    moves = {
        moved: read_moves(verified_payload(Path(job[kind]).read_bytes(), key, label), moved, label)
        for kind, moved in MIGRATIONS.items()
        if job[kind] and (label := f"brew: {kind}.jws.json")
    }
    problems = Problems(job["problems"])
    builder = _Builder(problems, moves)
    write_index(
        Path(job["path"]),
        builder.entries(payloads),
        builder.names,
        lambda: {
            **job["facts"],
            "problems": problems.as_json(),
            "moved": json.dumps(builder.moved_away),
        },
    )


def read_moves(payload: bytes, prefix: str, label: str) -> dict[str, str]:
    """Packages that moved to another tap: from old names to new ones, both as in the index.

    Source: `tap_migrations.json` of Homebrew's taps. A target is a tap, or a tap and a name: `homebrew/cask`,
    `homebrew/cask/token`, `user/tap`. `prefix` is the prefix of the old names.
    """
    try:
        found = loose.decode(payload, dict[str, str])
    except loose.NotJson as error:
        raise Malformed(f"{label}: it does not say what moved where") from error
    moves: dict[str, str] = {}
    for name, target in found.items():
        parts = target.strip("/").split("/")
        if len(parts) not in (2, 3) or len(name) + len(target) > MAX_NAME:
            continue
        tap, new = "/".join(parts[:2]), parts[2] if len(parts) == 3 else name
        moves[prefix + name] = (
            f"{TAP_PREFIXES[tap]}{new}" if tap in TAP_PREFIXES else f"{tap}/{new}"
        )
    return moves


Reader = Callable[[object], tuple[BrewEntry, list[str]]]


class _Builder:
    def __init__(self, problems: Problems, moves: Mapping[str, Mapping[str, str]]) -> None:
        """`moves` are those of formulae and of casks, see `read_moves`."""
        self._problems = problems
        self._moves = {old: new for each in moves.values() for old, new in each.items()}
        self.names: list[OtherName] = []
        self.moved_away: dict[str, str] = {}
        """From old names to their new places outside this index."""

    def entries(self, payloads: list[tuple[bytes, str, Reader]]) -> Iterator[tuple[str, bytes]]:
        """(name, encoded entry) of every package; adds their other names to `names`."""
        encoder = msgspec.msgpack.Encoder()
        number = 0
        seen: dict[str, int] = {}
        for payload, label, reader in payloads:
            for raw in _items(payload, label):
                if memoryview(raw).nbytes > loose.MAX_VALUE_BYTES:
                    self._problems.tell(
                        f"{label}: {_called(raw)} is larger than {loose.MAX_VALUE_BYTES >> 10} KiB"
                    )
                    continue
                try:
                    entry, names = reader(loose.value(raw))
                except ValueError as error:
                    self._problems.tell(f"{label}: {error}")
                    continue
                if entry.name in seen:
                    self._problems.tell(
                        f"{label}: {entry.name} stands there twice; the first one counts"
                    )
                    continue
                number += 1
                seen[entry.name] = number
                if any(dependency.name == entry.name for dependency in entry.dependencies):
                    self._problems.tell(f"{label}: {entry.name} depends on itself")
                self.names += [OtherName(name, number) for name in names]
                yield entry.name, encoder.encode(entry)
        self._name_what_moved(seen)

    def _name_what_moved(self, numbers: Mapping[str, int]) -> None:
        for old, new in self._moves.items():
            if old in numbers:
                continue  # it exists again
            if new in numbers:
                self.names.append(OtherName(old, numbers[new]))
            elif new.count("/") > 1:
                self.moved_away[old] = new


class _Named(msgspec.Struct):
    name: object = None
    token: object = None


def _called(raw: msgspec.Raw) -> str:
    """The name of an entry that can't be read, for a problem."""
    try:
        found = loose.decode(raw, _Named)
    except loose.NotJson:
        return "an entry"
    name = found.token or found.name
    return name[:80] if isinstance(name, str) else "an entry"


def _items(payload: bytes, label: str) -> list[msgspec.Raw]:
    try:
        items = loose.decode(payload, list[msgspec.Raw])
    except loose.NotJson as error:
        raise Malformed(f"{label}: the signed index is no list of packages") from error
    if len(items) > MAX_ENTRIES:
        raise Malformed(f"{label}: the signed index has more than {MAX_ENTRIES:,} entries")
    return items
