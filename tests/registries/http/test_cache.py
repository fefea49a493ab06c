"""The promises of the documents on disk: whole or absent, bounded, and never a reason to fail."""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tgtui.registries.http.cache import DocumentCache

URL = "https://registry.example/a"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "documents"


@pytest.fixture
def cache(folder: Path) -> DocumentCache:
    return DocumentCache(folder)


def store(cache: DocumentCache, body: bytes = b"body", url: str = URL, day: int = 0) -> None:
    cache.store(url, body, MOMENT + timedelta(days=day), encoding="identity", etag='"1"')


def only_file(folder: Path) -> Path:
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    return path


def test_what_was_stored_is_read_back_as_received(cache: DocumentCache) -> None:
    stored = cache.store(
        URL,
        bytearray(b"\n\x1f\x8b"),
        MOMENT,
        encoding="gzip",
        etag='"1"',
        last_modified="yesterday",
    )
    assert cache.read(URL) == (stored, b"\n\x1f\x8b")
    assert cache.look_up(URL) == stored
    assert (stored.etag, stored.last_modified, stored.encoding) == ('"1"', "yesterday", "gzip")
    assert (stored.confirmed_at, stored.is_missing) == (MOMENT, False)


def test_nothing_is_known_of_an_address_never_stored(cache: DocumentCache, folder: Path) -> None:
    assert cache.look_up(URL) is None
    assert cache.read(URL) is None
    cache.drop(URL)
    assert not folder.exists()


def test_a_confirmation_moves_the_time_and_leaves_the_body(cache: DocumentCache) -> None:
    store(cache)
    later = MOMENT + timedelta(hours=1, microseconds=250_000)
    cache.confirm(URL, later)
    found = cache.read(URL)
    assert found is not None
    assert (found[0].confirmed_at, found[1]) == (later, b"body")


def test_missing_replaces_a_document_and_a_document_replaces_missing(cache: DocumentCache) -> None:
    store(cache)
    cache.store_missing(URL, MOMENT)
    entry = cache.look_up(URL)
    assert entry is not None
    assert (entry.is_missing, entry.etag) == (True, None)
    store(cache)
    entry = cache.look_up(URL)
    assert entry is not None
    assert entry.is_missing is False


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:-1] + b"Y",
        lambda data: b"",
        lambda data: b"\0" * len(data),
        lambda data: b"{}\n" + data,
        lambda data: data.replace(b'"format":1', b'"format":2'),
        lambda data: data.replace(b"registry.example/a", b"registry.example/b"),
        lambda data: data.replace(b'"identity"', b'"unheard"'),
        lambda data: b"[" * 100_000,
        lambda data: b'{"more":' + b"[" * 3_000 + b"\n" + data,
    ],
)
def test_a_damaged_entry_is_dropped(cache: DocumentCache, folder: Path, damage: object) -> None:
    store(cache)
    path = only_file(folder)
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.read(URL) is None
    assert not path.exists()
    store(cache)
    assert cache.read(URL) is not None


def test_entries_are_for_their_owner_only(cache: DocumentCache, folder: Path) -> None:
    store(cache)
    if os.name == "posix":
        assert only_file(folder).stat().st_mode & 0o077 == 0
        assert folder.stat().st_mode & 0o077 == 0


def test_pruning_removes_what_was_confirmed_longest_ago(folder: Path) -> None:
    cache = DocumentCache(folder, max_bytes=20_000)
    for day in range(40):
        store(cache, b"x" * 1_000, f"{URL}/{day}", day)
    cache.prune()
    kept = [day for day in range(40) if cache.look_up(f"{URL}/{day}")]
    assert kept == list(range(40 - len(kept), 40))
    assert 10 <= len(kept) <= 20


def test_writing_prunes_by_itself_before_the_bound_is_far_behind(folder: Path) -> None:
    cache = DocumentCache(folder, max_bytes=16_000)
    for day in range(200):
        store(cache, b"x" * 500, f"{URL}/{day}", day)
    size = sum(path.stat().st_size for path in folder.rglob("*.doc"))
    assert size <= 16_000 * (1 + 1 / 16) + 1_000


def test_pruning_removes_the_unfinished_files_of_a_dead_program_only(
    cache: DocumentCache, folder: Path
) -> None:
    store(cache)
    place = only_file(folder).parent
    old, young = place / "old.part", place / "young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7_200,) * 2)
    cache.prune()
    assert (old.exists(), young.exists()) == (False, True)
    assert cache.read(URL) is not None


def test_a_folder_that_can_not_be_made_is_a_warning_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    cache = DocumentCache(blocked)
    store(cache)
    cache.store_missing(URL, MOMENT)
    cache.confirm(URL, MOMENT)
    assert cache.look_up(URL) is None
    assert [r.message for r in caplog.records if "can't be kept" in r.message] == [
        r.message for r in caplog.records
    ][:1]


def write_many(folder: Path, letter: bytes) -> None:
    cache = DocumentCache(folder)
    for _ in range(200):
        store(cache, letter * 50_000)


def test_several_programs_write_one_entry_and_every_read_is_whole(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(folder, letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    cache = DocumentCache(folder)
    bodies = set()
    while any(writer.is_alive() for writer in writers):
        found = cache.read(URL)
        if found is not None:
            bodies.add(found[1])
    for writer in writers:
        writer.join()
    found = cache.read(URL)
    assert found is not None
    assert bodies | {found[1]} <= {b"a" * 50_000, b"b" * 50_000}
    assert [path.suffix for path in folder.rglob("*") if path.is_file()] == [".doc"]
