"""The contents of an index as messages: packages, their versions, and their resolved edges.

A large index is read and resolved in a separate process while the caller writes. `python -m tgtui.registries.indexes.feed`
is that process: it reads a pickled index from stdin and writes messages to stdout.
"""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import blake2b
from queue import SimpleQueue
from typing import IO

import msgspec

from tgtui.registries.base import Facts, PackageDocument
from tgtui.registries.documents.software import software_keys
from tgtui.registries.indexes.indexed import IndexEdge, PackageIndex
from tgtui.registries.registration import registration
from tgtui.versions.sorting import sort_text

PACKAGES_AT_ONCE = 500
"""Packages in one message."""
LARGE = 5_000
"""Packages from which a separate process is worth starting."""
FINGERPRINT_BYTES = 8
LENGTH_BYTES = 4
"""The length before each message."""
ENDED = b""


class FeedBroken(RuntimeError):
    """The process that reads the index stopped early, or its output can't be read. Another attempt may help."""


class ToldVersion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A version with its edges, still encoded: most imports need few of them."""

    version: str
    sort_key: str
    is_prerelease: bool
    is_yanked: bool
    yank_message: str | None
    published_at: datetime | None
    fingerprint: bytes
    """Equal if edges and conflicts are equal."""
    edges: msgspec.Raw
    """For `read_edges`."""
    conflicts: str = ""
    """What can't be installed beside it: see `registries/indexes/alternatives.py`."""
    facts: bytes = b""
    """For `read_facts`."""


class ToldPackage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A package in its index."""

    name: str
    description: str | None
    homepage: str | None
    repository: str | None
    dist_tags: dict[str, str]
    software: list[str]
    """See `software.py`."""
    versions: list[ToldVersion]

    @property
    def facts(self) -> tuple[str | None, str | None, str | None]:
        """Description, homepage, repository."""
        return self.description, self.homepage, self.repository


_MESSAGES = msgspec.msgpack.Decoder(list[ToldPackage])
_EDGES = msgspec.msgpack.Decoder(list[IndexEdge])
_ENCODER = msgspec.msgpack.Encoder()
_FACTS = msgspec.json.Decoder(Facts)
_FACTS_ENCODER = msgspec.json.Encoder()


def read_edges(version: ToldVersion) -> list[IndexEdge]:
    """The version's edges, each with its choice."""
    return _EDGES.decode(version.edges)


def read_facts(version: ToldVersion) -> Facts:
    """What the registry says of the version besides its edges."""
    return _FACTS.decode(version.facts)


@contextmanager
def feed(registry: str, index: PackageIndex) -> Iterator[Iterator[Sequence[ToldPackage]]]:
    """Every package by name, in batches. FeedBroken if the process that reads a large index fails."""
    if len(index) < LARGE:
        index.load()
        yield map(_MESSAGES.decode, messages(registry, index))
        return
    with _elsewhere(registry, index) as found:
        yield map(_decoded, found)


def messages(registry: str, index: PackageIndex) -> Iterator[bytes]:
    """Encoded lists of ToldPackage."""
    documents = iter(index.documents())
    while some := list(itertools.islice(documents, PACKAGES_AT_ONCE)):
        yield _ENCODER.encode([_told(registry, document, index) for document in some])


def _told(registry: str, document: PackageDocument, index: PackageIndex) -> ToldPackage:
    rules = registration(registry).rules
    versions = []
    for version in document.versions:
        edges = _ENCODER.encode(index.resolve(document.dependencies_of(version.version)))
        versions.append(
            ToldVersion(
                version.version,
                sort_text(version.sort_prefix + rules.sort_key(version.version)),
                rules.is_prerelease(version.version),
                version.is_yanked,
                version.yank_message,
                version.published_at,
                blake2b(edges + version.conflicts.encode(), digest_size=FINGERPRINT_BYTES).digest(),
                msgspec.Raw(edges),
                version.conflicts,
                _FACTS_ENCODER.encode(document.facts_of(version.version)),
            )
        )
    homepage, repository = document.homepage, document.repository
    return ToldPackage(
        document.name,
        document.description,
        homepage,
        repository,
        document.dist_tags,
        software_keys(registry, document.name, homepage, repository),
        versions,
    )


@contextmanager
def _elsewhere(registry: str, index: PackageIndex) -> Iterator[Iterator[bytes]]:
    """The messages of a separate process, which stops when the caller does."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            # A ctrl+c reaches only the program itself, which kills this process below.
            start_new_session=os.name != "nt",
        )
        assert process.stdin is not None
        assert process.stdout is not None
        arrived: SimpleQueue[bytes] = SimpleQueue()
        # It keeps reading while a transaction is written.
        reader = threading.Thread(target=_read_on, args=(process.stdout, arrived), daemon=True)
        try:
            with suppress(BrokenPipeError):  # it died at once, as its exit code tells
                pickle.dump((registry, index), process.stdin)
                process.stdin.close()
            reader.start()
            yield iter(arrived.get, ENDED)
            if process.wait() != 0:
                complaints.seek(0)
                last = complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise FeedBroken(f"{registry}: reading the index failed: {last[:300]}")
        finally:
            process.kill()
            process.wait()
            if reader.ident is not None:
                reader.join()
            process.stdout.close()


def _decoded(message: bytes) -> list[ToldPackage]:
    try:
        return _MESSAGES.decode(message)
    except msgspec.MsgspecError as error:
        raise FeedBroken(f"what another process read of the index is damaged: {error}") from error


def _read_on(pipe: IO[bytes], arrived: SimpleQueue[bytes]) -> None:
    try:
        while head := pipe.read(LENGTH_BYTES):
            length = int.from_bytes(head)
            message = pipe.read(length)
            if len(message) == length:  # else it died in the middle, as its exit code tells
                arrived.put(message)
    finally:
        arrived.put(ENDED)


def main() -> int:
    """The main function of the process; its exit code."""
    registry, index = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the program that started this one
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the reader is gone
    index.load()
    for message in messages(registry, index):
        sys.stdout.buffer.write(len(message).to_bytes(LENGTH_BYTES))
        sys.stdout.buffer.write(message)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
