"""PEP 440's order, next to `packaging`."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from packaging.version import Version

from tests.support.mass import mass
from tgtui.versions.pypi.order import comparable, is_prerelease, parsed, sort_key
from tgtui.versions.sorting import sort_text

ASCENDING = [
    "0",
    "0.0.1",
    "1.0.dev1",
    "1.0a1.dev1",
    "1.0a1",
    "1.0a1.post2",
    "1.0b2",
    "1.0rc1.dev3",
    "1.0rc1",
    "1.0",
    "1.0+a",
    "1.0+a.b",
    "1.0+1",
    "1.0+1.a",
    "1.0.post1.dev1",
    "1.0.post1",
    "1.0.1",
    "1.1",
    "1.255",
    "1.256",
    "1.65535",
    "1.65536",
    "2.dev0",
    "2",
    "10",
    "20240101",
    "1!0.1",
    "2!0",
]


def made_up(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    numbers = ("0", "0", "1", "2", "10", "255", "256", "65536", "20240101")

    def maybe(parts: tuple[str, ...], odds: float = 0.3) -> str:
        if chance.random() > odds:
            return ""
        return chance.choice(parts).replace("N", chance.choice(numbers))

    return [
        maybe(("N!",), 0.1)
        + ".".join(chance.choices(numbers, k=chance.randint(1, 4)))
        + maybe(("aN", "bN", "rcN", ".cN", "-alphaN"))
        + maybe((".postN", "-N", ".revN"))
        + maybe((".devN",))
        + maybe(("+N", "+abc", "+abc.N", "+N.abc", "+ubuntu-N"), 0.2)
        for _ in range(count)
    ]


def test_versions_are_in_the_order_of_the_specification() -> None:
    keys = [sort_key(text) for text in ASCENDING]
    assert keys == sorted(keys)
    texts = [sort_text(key) for key in keys]
    assert texts == sorted(texts)


@pytest.mark.parametrize("seed", mass(1, full=range(2, 12)))
def test_any_two_compare_as_with_packaging(seed: int) -> None:
    versions = list(dict.fromkeys(made_up(seed, 700)))
    by_key = sorted(versions, key=sort_key)
    read = [Version(text) for text in by_key]
    assert read == sorted(read)
    for before, after in pairwise(read):
        assert (comparable(before) == comparable(after)) == (before == after)
    assert len({sort_key(text) for text in versions}) == len(versions)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1.0-1", "1.0.post1"),
        ("1.0.c1", "1.0rc1"),
        ("2004b.2", "2004b2"),
        (" v1.0 ", "1.0"),
        ("1.0.0", "1"),
    ],
)
def test_spellings_of_one_version_are_equal_but_for_the_end_of_the_key(
    text: str, meant: str
) -> None:
    assert comparable(Version(text)) == comparable(Version(meant))
    assert sort_key(text) != sort_key(meant)


@pytest.mark.parametrize("text", ["2004d", "0.1-bulbasaur", "", "１.０", "1." + "9" * 5_000])
def test_what_is_refused_is_below_everything_and_never_the_latest(text: str) -> None:
    assert parsed(text) is None
    assert sort_key(text) < sort_key("0.dev0")
    assert is_prerelease(text)
