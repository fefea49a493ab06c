"""Homebrew's version order, by the promises of its own tests."""

from __future__ import annotations

import pytest

from tgtui.versions.homebrew import HomebrewRules, homebrew_name_problem, sort_key
from tgtui.versions.npm.pick import NotPicked, Picked


def order(version: str) -> bytes:
    """The key without the text that makes it unique."""
    return sort_key(version)[: -len(version.encode())]


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("0.1", "0.2"),
        ("1.2.2", "1.2.3"),
        ("1.2.4", "1.2.4.1"),
        ("1.2.3alpha4", "1.2.3"),
        ("1.2.3beta2", "1.2.3"),
        ("1.2.3rc3", "1.2.3"),
        ("1.2.3", "1.2.3-p34"),
        ("1.2.3", "1.2.3a"),
        ("1.2.3alpha4", "1.2.3alpha10"),
        ("1.2.3alpha4", "1.2.3beta2"),
        ("1.2.3beta2", "1.2.3pre3"),
        ("1.2.3pre3", "1.2.3rc2"),
        ("1.2.3rc35", "1.2.3.post34"),
        ("1.2.3.post33", "1.2.3.post34"),
        ("1.2.3-p9", "1.2.3-p34"),
        ("2.1.0-p194", "2.1-p195"),
        ("2-p194", "2.1-p195"),
        ("1.2.3", "HEAD"),
        ("1.2.3", "HEAD-abcdef"),
        ("1.1.1p", "1.1.1q"),
        ("1.1.1", "1.1.1q"),
        ("1.0_2", "1.0_10"),
        ("1.0_2", "1.1"),
        ("r2916", "r2917_1"),
        ("2013-11-29", "2014-01-02"),
    ],
)
def test_order(lower: str, higher: str) -> None:
    assert order(lower) < order(higher)
    assert sort_key(lower) < sort_key(higher)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.1", "0.1.0"),
        ("1.2.3alpha4", "1.2.3a4"),
        ("1.2.3alpha4", "1.2.3A4"),
        ("1.2pre9", "1.2PRE9"),
    ],
)
def test_spellings_of_one_version(one: str, other: str) -> None:
    assert order(one) == order(other)
    assert sort_key(one) != sort_key(other)


def test_there_is_one_version_and_it_is_taken() -> None:
    index = HomebrewRules().index(["1.0_1"], {}, (), {})
    assert index.pick("*", None) == Picked("1.0_1")
    assert index.latest() == "1.0_1"
    assert isinstance(HomebrewRules().index([], {}, (), {}).pick("*", None), NotPicked)


@pytest.mark.parametrize("name", ["wget", "gtk+3", "python@3.12", "cask/firefox", "own/tap/a-b"])
def test_names(name: str) -> None:
    assert homebrew_name_problem(name) is None


@pytest.mark.parametrize("name", ["", "../etc", "a b", "a/b/c/d", "x" * 300])
def test_what_is_no_name(name: str) -> None:
    assert homebrew_name_problem(name) is not None
