"""Ranges: the rules people rely on, and that no text can hurt. npm's own answers are in test_npm_*."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.versions.npm.ranges import (
    MAX_RANGE_CHARS,
    InvalidRange,
    compile_range,
    is_range,
    satisfies,
)


@pytest.mark.parametrize(
    ("range_", "admitted", "refused"),
    [
        ("^1.2.3", "1.9.0", "2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("~1.2", "1.2.9", "1.3.0"),
        ("1.x || >=2.5.0", "2.5.0", "2.4.0"),
        ("1.2 - 2", "2.9.9", "3.0.0"),
        ("> 1.2.3 < 2", "1.2.4", "1.2.3"),
        ("", "0.0.0", "1.0.0-rc.1"),
        ("*", "9.9.9", "9.9.9-0"),
        (">=1.0.0rc4 <2", "1.0.0rc5", "1.0.1-rc5"),
    ],
)
def test_a_range_admits_and_refuses(range_: str, admitted: str, refused: str) -> None:
    assert satisfies(admitted, range_)
    assert not satisfies(refused, range_)


def test_a_prerelease_needs_a_bound_on_the_same_release() -> None:
    assert satisfies("1.2.3-beta.2", "^1.2.3-beta.1")
    assert not satisfies("1.2.4-beta.2", "^1.2.3-beta.1")
    assert satisfies("1.2.4-beta.2", "^1.2.3-beta.1", include_prerelease=True)


def test_beside_a_star_the_other_alternatives_do_not_count() -> None:
    assert satisfies("1.0.0-rc.1", "1.0.0-rc.1 || 2")
    assert not satisfies("1.0.0-rc.1", "1.0.0-rc.1 || *")


def test_loosely_what_is_no_comparator_is_dropped_and_strictly_refused() -> None:
    assert satisfies("1.2.3", "node >=1 <2")
    assert not satisfies("1.2.3", "node >=1 <2", loose=False)


@pytest.mark.parametrize(
    "text", ["latest", "x.1", f"^{2**53}.0.0", "1." * 3000, "||".join(["no"] * 3)]
)
def test_what_npm_refuses_is_a_typed_error(text: str) -> None:
    assert not is_range(text)
    with pytest.raises(InvalidRange):
        compile_range(text)
    assert not satisfies("1.0.0", text)


def test_a_version_that_cannot_be_read_satisfies_nothing() -> None:
    assert not satisfies("", "*")
    assert not satisfies("one", compile_range("*"))


def test_a_range_beyond_the_bound_is_refused() -> None:
    long = "||".join(["1.0.0"] * (MAX_RANGE_CHARS // 7))
    assert is_range(long)
    assert not is_range(long + "||1.0.0" * 7)


@pytest.mark.parametrize("text", ["v " * 20 + "1", "1" * 301, "1.2.3 || " + "a" * 301])
def test_runs_that_only_cost_time_are_refused(text: str) -> None:
    assert not is_range(text)


def test_a_range_that_is_asked_again_is_not_compiled_again() -> None:
    assert compile_range("^4.5.6") is compile_range("^4.5.6")


@given(st.text(alphabet="0123456789.xX*^~<>=|- v+abc\t\u00a0", max_size=60), st.booleans())
def test_no_text_crashes_the_reader(text: str, loose: bool) -> None:
    assert satisfies("1.2.3", text, loose=loose) in (True, False)
