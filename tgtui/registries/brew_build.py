"""Makes brew's index file of the signed documents, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tgtui.registries import loose_json as loose
from tgtui.registries.base import Malformed
from tgtui.registries.brew_document import BrewEntry, read_cask, read_formula
from tgtui.registries.brew_jws import PUBLIC_KEY, verified_payload
from tgtui.registries.building import Job, Problems
from tgtui.registries.index_file import OtherName, write_index

MAX_ENTRIES = 200_000


def build(job: Job) -> None:
    """`formula` and `cask` are paths of signed documents, the latter may be null; `facts` goes into the file."""
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
    problems = Problems(job["problems"])
    builder = _Builder(problems)
    write_index(
        Path(job["path"]),
        builder.entries(payloads),
        builder.names,
        lambda: {**job["facts"], "problems": problems.as_json()},
    )


Reader = Callable[[object], tuple[BrewEntry, list[str]]]


class _Builder:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.names: list[OtherName] = []

    def entries(self, payloads: list[tuple[bytes, str, Reader]]) -> Iterator[tuple[str, bytes]]:
        """(name, encoded entry); other names are put into `names` meanwhile."""
        encoder = msgspec.msgpack.Encoder()
        number = 0
        seen: set[str] = set()
        for payload, label, reader in payloads:
            for raw in _items(payload, label):
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
                seen.add(entry.name)
                number += 1
                if any(dependency.name == entry.name for dependency in entry.dependencies):
                    self._problems.tell(f"{label}: {entry.name} depends on itself")
                self.names += [OtherName(name, number) for name in names]
                yield entry.name, encoder.encode(entry)


def _items(payload: bytes, label: str) -> list[msgspec.Raw]:
    try:
        items = loose.decode(payload, list[msgspec.Raw])
    except loose.NotJson as error:
        raise Malformed(f"{label}: the signed index is no list of packages") from error
    if len(items) > MAX_ENTRIES:
        raise Malformed(f"{label}: the signed index has more than {MAX_ENTRIES:,} entries")
    return items
