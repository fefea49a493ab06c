"""Versions: what is read, what is refused, and that sort keys order as npm does."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import generate
from tgtui.versions.npm.semver import Version, is_prerelease, parse_version, sort_key

RANDOM_VERSIONS = st.integers(0, 2**32).map(lambda seed: generate.version(random.Random(seed)))


def parsed(text: str) -> Version:
    version = parse_version(text)
    assert version is not None
    return version


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1.0.0beta", "1.0.0-beta"),
        ("v1.2.3", "1.2.3"),
        ("=1.2.3", "1.2.3"),
        (" 1.2.3+build.5 ", "1.2.3"),
        ("01.2.03", "1.2.3"),
    ],
)
def test_loose_versions_get_npms_spelling(text: str, normal: str) -> None:
    assert parsed(text).normal == normal
    assert parsed(text).text == text


@pytest.mark.parametrize("text", ["1.0.0beta", "=1.2.3", "01.2.3", "1.2.3-01"])
def test_strict_reading_refuses_loose_versions(text: str) -> None:
    assert parse_version(text, loose=False) is None


def test_numbers_above_what_javascript_holds_are_refused() -> None:
    assert parse_version(f"{2**53 - 1}.0.0") is not None
    assert parse_version(f"{2**53}.0.0") is None


def test_more_than_256_characters_are_refused() -> None:
    assert parse_version("1.2.3-" + "a" * 250) is not None
    assert parse_version("1.2.3-" + "a" * 251) is None


def test_build_metadata_does_not_count_in_equality_hash_or_order() -> None:
    assert parsed("1.0.0+a") == parsed("1.0.0+b")
    assert len({parsed("1.0.0+a"), parsed("1.0.0+b")}) == 1
    assert parsed("1.0.0+a").build == "a"
    assert parsed("1.0.0+a") != "1.0.0+a"


def test_the_order_of_semver_org_holds() -> None:
    ordered = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    texts = ordered.split()
    shuffled = random.Random(1).sample(texts, len(texts))
    assert sorted(shuffled, key=parsed) == texts
    assert sorted(shuffled, key=sort_key) == texts


def test_prereleases_are_told_from_releases() -> None:
    assert is_prerelease("1.0.0-rc.1")
    assert is_prerelease(parsed("1.0.0beta"))
    assert not is_prerelease("1.0.0+build")
    assert not is_prerelease("not a version")


READABLE_VERSIONS = RANDOM_VERSIONS.filter(lambda text: parse_version(text) is not None)


@given(READABLE_VERSIONS, READABLE_VERSIONS)
def test_sort_keys_compare_as_the_versions_do(one: str, other: str) -> None:
    a, b = parsed(one), parsed(other)
    if a != b:
        assert (sort_key(one) < sort_key(other)) == (a < b)
    else:
        assert (sort_key(one) == sort_key(other)) == (one == other)


@given(st.lists(st.one_of(st.text(max_size=300), RANDOM_VERSIONS), unique=True, max_size=8))
def test_different_texts_have_different_keys_and_unreadable_ones_come_first(
    texts: list[str],
) -> None:
    keys = [sort_key(text) for text in texts]
    assert len(set(keys)) == len(keys)
    unreadable = [key for text, key in zip(texts, keys, strict=True) if parse_version(text) is None]
    readable = [key for text, key in zip(texts, keys, strict=True) if parse_version(text)]
    assert all(low < high for low, high in itertools.product(unreadable, readable))


@given(st.text(), st.booleans())
def test_no_text_crashes_the_reader(text: str, loose: bool) -> None:
    version = parse_version(text, loose=loose)
    assert version is None or parsed(version.normal) == version


def test_keys_stay_short_enough_for_an_index() -> None:
    longest = [
        "1.2.3-" + "a." * 124 + "a+",
        "x" * 100_000,
        "1.2.3-" + "9" * 250,
        f"{2**53 - 1}.1.1",
        "\ud800",
    ]
    assert max(len(sort_key(text)) for text in longest) <= 700
    assert len(sort_key("18.2.0")) == 4
    assert sort_key("0.0.0-0") < sort_key("0.0.0") < sort_key("0.0.239") < sort_key("0.0.65536")
