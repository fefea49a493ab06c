"""Homebrew's version order, by the promises of its own tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgtui.versions.homebrew import HomebrewRules, homebrew_name_problem, sort_key
from tgtui.versions.rules import NotPicked, Picked

RECORDED = json.loads(
    gzip.decompress(
        (Path(__file__).parents[1] / "recordings" / "brew_versions.json.gz").read_bytes()
    )
)
"""Homebrew's own answers (`tests/oracle/brew_versions.rb`): versions, and of each its comparison to every version."""
CIRCLES = 710
"""Pairs that brew orders in a circle through a third of the recorded versions, and that stand the other way in ours."""


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
        ("1.0.post1", "1.0p1"),
        ("1.0.post1", "1.0a"),
        ("1.0post1", "1.0.post1"),
        ("1.0p9", "1.0q"),
        ("1.0c", "1.0p1"),
        ("1.0.0a", "1.0.1"),
        ("9999", "HEAD_1"),
        ("HEAD-abc", "HEAD-abc_1"),
        ("1.0 beta 2", "1.0"),
        ("1." + "9" * 500, "1.1" + "0" * 500),
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


def answered(one: int, other: int) -> set[int]:
    """-1, 0 or 1 as brew says it of the two, asked from both ends."""
    signs = {"<": -1, "=": 0, ">": 1}
    answers: list[str] = RECORDED["answers"]
    return {signs[answers[one][other]], -signs[answers[other][one]]}


def differing() -> Iterator[tuple[int, int]]:
    versions: list[str] = RECORDED["versions"]
    orders = [order(version) for version in versions]
    for one, of_one in enumerate(orders):
        for other, of_other in enumerate(orders[:one]):
            if (of_one > of_other) - (of_one < of_other) not in answered(one, other):
                yield one, other


def test_homebrews_own_answers_but_for_its_circles() -> None:
    pairs = list(differing())
    assert len(pairs) == CIRCLES
    answers: list[str] = RECORDED["answers"]
    for one, other in pairs:
        (sign,) = answered(one, other)
        assert sign, "equal to brew, and not here"
        low, high = (one, other) if sign < 0 else (other, one)
        # brew also has a third version that leads back from the higher one to the lower.
        steps = zip(answers[high], (row[low] for row in answers), strict=True)
        circle = {(up, down) for up, down in steps if up in "<=" and down in "<="} - {("=", "=")}
        assert circle, (RECORDED["versions"][low], RECORDED["versions"][high])


def test_where_brew_goes_in_a_circle_a_word_comes_later() -> None:
    assert order("1.0rc1") < order("1.0") < order("1.0a")
    rc, plain, word = (RECORDED["versions"].index(each) for each in ("1.0rc1", "1.0", "1.0a"))
    assert [answered(*pair) for pair in ((rc, plain), (plain, word), (word, rc))] == [{-1}] * 3


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
