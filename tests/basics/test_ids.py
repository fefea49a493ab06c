"""Keys: UUIDs of version 7 that sort in the order they were made, whoever makes them at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from tgtui.basics.ids import uuid7, uuid7_bytes, uuid7s


def test_it_is_a_version_7_of_the_present() -> None:
    before, key, after = time.time_ns(), uuid7(), time.time_ns()
    assert (key.version, key.variant) == (7, RFC_4122)
    assert before // 1_000_000 <= key.int >> 80 <= after // 1_000_000 + 1


def test_later_ones_sort_later_also_within_a_millisecond() -> None:
    keys = [uuid7() for _ in range(5_000)]
    assert keys == sorted(keys, key=lambda key: key.bytes)
    assert len(set(keys)) == len(keys)


def test_those_of_several_makers_sort_within_a_millisecond() -> None:
    """As the keys that PostgreSQL makes for the program: the bits after the millisecond are a fraction of it."""
    before = time.time_ns()
    key = uuid7()
    after = time.time_ns()
    ticks = (key.int >> 80 << 12) | (key.int >> 64 & 0xFFF)
    assert (before << 12) // 1_000_000 <= ticks <= (after << 12) // 1_000_000 + 1


def test_threads_at_once_make_different_ones() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: [uuid7() for _ in range(500)], range(8)))
    assert len({key for keys in made for key in keys}) == 4_000
    assert all(keys == sorted(keys) for keys in made)


def test_many_at_once_are_as_many_single_ones() -> None:
    before = uuid7()
    keys = [*uuid7s(1_000), *(UUID(bytes=key) for key in uuid7_bytes(100_000))]
    after = uuid7()
    assert [before, *keys, after] == sorted({before, *keys, after})
    assert {(key.version, key.variant) for key in keys} == {(7, RFC_4122)}
    assert uuid7s(0) == uuid7_bytes(0) == []
