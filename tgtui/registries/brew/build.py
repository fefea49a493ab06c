"""Builds brew's index file from the signed documents, in a separate process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from tgtui.registries.base import Malformed
from tgtui.registries.brew.document import (
    MAX_NAME,
    BrewEntry,
    OtherNames,
    plain_name,
    read_cask,
    read_formula,
)
from tgtui.registries.brew.jws import PUBLIC_KEY, verified_payload
from tgtui.registries.brew.names import CASK
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.indexes.building import Job, Problems
from tgtui.registries.indexes.file import OtherName, write_index

T = TypeVar("T")

MAX_ENTRIES = 200_000
MIGRATIONS = {"formula_tap_migrations": "", "cask_tap_migrations": CASK}
"""Keys of migrations to other taps, with the prefix of old names in the index."""


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

    Source: `tap_migrations.json` of Homebrew's taps. A target is a tap, a tap and a name, or a name in the same tap:
    `homebrew/cask`, `homebrew/cask/token`, `user/tap`, `new-name`. `prefix` is the prefix of the old names.
    """
    try:
        found = loose.decode(payload, dict[str, str])
    except loose.NotJson as error:
        raise Malformed(f"{label}: it does not say what moved where") from error
    moves: dict[str, str] = {}
    for name, target in found.items():
        parts = target.strip("/").split("/")
        if len(parts) > 3 or not all(parts) or len(name) + len(target) > MAX_NAME:
            continue
        if len(parts) == 1:
            moves[prefix + name] = prefix + parts[0]
        else:
            new = parts[2] if len(parts) == 3 else name
            moves[prefix + name] = plain_name(f"{parts[0]}/{parts[1]}/{new}")
    return moves


Reader = Callable[[object], tuple[BrewEntry, OtherNames]]


class _Builder:
    def __init__(self, problems: Problems, moves: Mapping[str, Mapping[str, str]]) -> None:
        """`moves` are those of formulae and of casks, see `read_moves`."""
        self._problems = problems
        self._moves = {old: new for each in moves.values() for old, new in each.items()}
        self._aliases: dict[str, int] = {}
        self._old: dict[str, int] = {}
        """Numbers of entries by their aliases and old names; those of casks with the prefix."""
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
                self._note(names, number, CASK if entry.name.startswith(CASK) else "")
                yield entry.name, encoder.encode(entry)
        self._name_all(seen)

    def _note(self, names: OtherNames, number: int, prefix: str) -> None:
        for of_kind, by_name in ((names.aliases, self._aliases), (names.old, self._old)):
            for name in of_kind:
                by_name.setdefault(name if "/" in name else prefix + name, number)

    def _name_all(self, numbers: Mapping[str, int]) -> None:
        """One entry for each other name, as brew looks a name up: a formula by its aliases, then old names; a cask; what
        moved to another tap."""
        ends = {name: self._followed(name, numbers) for name in self._moves}
        # Not those that moved in a circle or to nothing.
        moved = {name: end for name, end in ends.items() if end is not None}
        names: dict[str, int | str] = {
            **_bare(moved),
            **moved,
            **_bare(self._old),
            **_bare(numbers),
            **self._old,
            **self._aliases,
        }
        for name, found in names.items():
            if name in numbers:
                continue
            if isinstance(found, int):
                self.names.append(OtherName(name, found))
            else:
                self.moved_away[name] = found

    def _followed(self, name: str, numbers: Mapping[str, int]) -> int | str | None:
        """The number of the entry that a move leads to in the end, or its full name in a tap that is not here."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            for known in (numbers, self._aliases, self._old):
                if name in known:
                    return known[name]
            if name.count("/") > 1:
                return name
            if name not in self._moves:
                return None
            name = self._moves[name]
        return None


def _bare(names: Mapping[str, T]) -> dict[str, T]:
    """Those of casks, without the prefix."""
    return {
        name.removeprefix(CASK): found for name, found in names.items() if name.startswith(CASK)
    }


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
