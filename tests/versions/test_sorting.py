"""Sort keys as text compare as the keys themselves, and so as the versions of each ecosystem."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.registries.registration import registration
from tgtui.versions.sorting import CODES, MAX_CHARS, sort_text

VERSIONS = {
    "npm": ("not a version", "0.0.0-0", "0.0.1", "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-alpha.10",
            "1.0.0-beta", "1.0.0", "1.0.0+build", "1.9.9", "1.10.0", "1.300.0", "2.0.0",
            "20210322.0.0"),
    "jsr": ("0.1.0-rc.1", "0.1.0", "0.2.0", "0.10.0"),
    "brew": ("1.0-rc1", "1.0", "1.0.1", "1.0.10", "2021-01-02", "HEAD"),
    "apt": ("1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0a", "1:0.1"),
}  # fmt: skip
"""From lower to higher."""


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_texts_compare_as_keys(one: bytes, other: bytes) -> None:
    assert (sort_text(one) < sort_text(other)) == (one < other)
    assert (sort_text(one) == sort_text(other)) == (one == other)


@pytest.mark.parametrize("registry", VERSIONS)
def test_versions_keep_the_order_of_their_ecosystem(registry: str) -> None:
    rules = registration(registry).rules
    texts = [sort_text(rules.sort_key(version)) for version in VERSIONS[registry]]
    assert all(one < other for one, other in pairwise(texts))


def test_no_code_begins_another_and_each_is_plain_in_json() -> None:
    assert len({*CODES}) == 256
    assert all(one < other for one, other in pairwise(CODES))
    assert not any(other.startswith(one) for one in CODES for other in CODES if one != other)
    assert all(json.dumps(code) == f'"{code}"' for code in CODES)


def test_it_is_about_as_long_as_the_key() -> None:
    rules = registration("npm").rules
    keys = [rules.sort_key(version) for version in ("18.2.0", "1.0.0-beta.12", "4.17.21")]
    assert [len(sort_text(key)) - len(key) for key in keys] == [0, 0, 0]


def test_a_very_long_one_fits_into_an_index_and_is_no_other() -> None:
    keys = [b"\xfe" * 700 + bytes((end,)) for end in (1, 2)]
    one, other = map(sort_text, keys)
    assert len(one) == len(other) == MAX_CHARS
    assert one != other
    assert sort_text(b"\xfe" * 100) < one < sort_text(b"\xff")
