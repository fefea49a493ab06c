"""Weights of installs, next to what walking the tree without each version gives."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from tests.support.rows import add_edge, add_facts, add_release
from tgtui.data.graph.closure import Closure
from tgtui.data.graph.reach import closure_of
from tgtui.data.graph.weighing import Weighed, weigh
from tgtui.data.storage.database import Database
from tgtui.data.views.facts import Less, LicenceCount, VersionFacts
from tgtui.registries.base import Facts
from tgtui.syntax.licences import read_licence
from tgtui.versions.npm.platform import Platform

LINUX = Platform.read("linux-x64")


def weighed(targets: Sequence[Sequence[int]], told: Mapping[int, Facts]) -> Weighed:
    """Versions by number, the root first; those without facts are unknown."""
    keys = [f"{number:032x}" for number in range(len(targets))]
    closure = Closure(
        keys,
        [list(each) for each in targets],
        [0] * len(targets),
        [True] * len(targets),
        [False] * len(targets),
        _numbers={key: number for number, key in enumerate(keys)},
    )
    return Weighed(closure, {id_of(n): facts(n, said) for n, said in told.items()}, LINUX)


def id_of(number: int) -> UUID:
    return UUID(int=number)


def facts(number: int, said: Facts) -> VersionFacts:
    licence = read_licence(said.licence or "")
    return VersionFacts(id_of(number), licence, None, said.unpacked_size, None, False, said)


def sized(size: int, **more: object) -> Facts:
    return Facts(unpacked_size=size, **more)  # type: ignore[arg-type]


def test_what_only_one_brings_and_what_several_do() -> None:
    #  0 → 1 → 3, 4;  0 → 2 → 3;  4 → 1
    tree = weighed([[1, 2], [3, 4], [3], [], [1]], {n: sized(10**n) for n in range(5)})
    assert (tree.total.packages, tree.total.size, tree.total.own_size) == (5, 11_111, 1)
    assert tree.without(id_of(1)) == Less(2, 10 + 10_000, 2)
    assert tree.without(id_of(2)) == Less(1, 100, 1)
    assert tree.without(id_of(3)) == Less(1, 1_000, 1)
    assert tree.without(id_of(0)) == Less(5, 11_111, 5)
    assert tree.without(id_of(9)) is None


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_a_walk_without_the_version_gives(seed: int) -> None:
    chance = random.Random(seed)
    count = 40
    targets = [chance.sample(range(count), chance.randrange(4)) for _ in range(count)]
    reached = reach(targets)
    numbers = {number: place for place, number in enumerate([0, *sorted(reached - {0})])}
    small = [[numbers[t] for t in targets[n]] for n in numbers]
    tree = weighed(small, {n: sized(1 << n) for n in range(len(small)) if n % 7})
    for number in range(1, len(small)):
        gone = set(range(len(small))) - reach(small, without=number)
        expected = Less(
            len(gone), sum(1 << n for n in gone if n % 7), sum(bool(n % 7) for n in gone)
        )
        assert tree.without(id_of(number)) == expected


def reach(targets: Sequence[Sequence[int]], without: int = -1) -> set[int]:
    found = [0]
    for number in found:
        found += [t for t in dict.fromkeys(targets[number]) if t not in found and t != without]
    return set(found)


def test_what_is_for_other_platforms_is_not_counted_nor_what_only_that_brings() -> None:
    told = {
        0: sized(1),
        1: sized(10, os=("darwin",)),
        2: sized(100, os=("linux",), cpu=("x64",), libc=("glibc",)),
        3: sized(1_000),
        4: sized(10_000, libc=("musl",)),
    }
    tree = weighed([[1, 2, 4], [3], [], [], []], told)
    assert (tree.total.packages, tree.total.size, tree.total.for_others) == (2, 101, 3)
    assert tree.total.platform == "linux-x64-glibc"
    assert tree.without(id_of(3)) is None


def test_unknown_is_not_zero_and_is_counted() -> None:
    told = {
        0: sized(5, licence="MIT"),
        1: Facts(licence="GPL-3.0-only", install_scripts=("install",)),
        2: Facts(),
        3: Facts(licence="mit"),
    }
    total = weighed([[1, 2, 3, 4], [], [], [], []], told).total
    assert (total.packages, total.size, total.sizes_known) == (5, 5, 1)
    assert dict(total.kinds) == {
        "permissive": 2,
        "weak": 0,
        "strong": 1,
        "restricted": 0,
        "unknown": 2,
    }
    assert total.licences == (
        LicenceCount("MIT", "permissive", 2),
        LicenceCount("GPL-3.0-only", "strong", 1),
    )
    assert (total.licences_unknown, total.with_scripts) == (2, 1)


def test_a_chain_of_any_depth_and_nothing_at_all() -> None:
    count = 20_000
    tree = weighed([[n + 1] if n + 1 < count else [] for n in range(count)], {0: sized(1)})
    assert tree.without(id_of(count // 2)) == Less(count // 2, 0, 0)
    nothing = weighed([], {})
    assert (nothing.total.packages, nothing.total.own_size) == (0, None)


def test_it_is_read_from_the_catalogue(database: Database) -> None:
    with database.engine.begin() as connection:
        a, b = add_release(connection, "a"), add_release(connection, "b")
        add_edge(connection, a, "b", b)
        add_facts(connection, a[1], sized(1, licence="MIT"))
        add_facts(connection, b[1], sized(20, licence="ISC"), measured_size=30, measured_files=2)
    with database.engine.connect() as connection:
        tree = weigh(connection, closure_of(connection, a[1]), LINUX)
    assert (tree.total.size, tree.total.sizes_known) == (31, 2)
    assert tree.without(b[1]) == Less(1, 30, 1)
