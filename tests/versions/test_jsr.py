"""jsr's choice: the highest that is not yanked, a yanked one only where nothing else matches."""

from __future__ import annotations

import pytest

from tgtui.versions.jsr import JsrRules, jsr_name_problem
from tgtui.versions.rules import NotPicked, Picked

VERSIONS = [
    "0.9.0-alpha.1",
    "1.0.0",
    "1.1.0",
    "1.2.0",
    "1.2.1",
    "2.0.0",
    "3.0.0-rc.1",
    "3.0.0-rc.2",
]
INDEX = JsrRules().index(VERSIONS, {"latest": "1.2.0"}, {"1.1.0", "1.2.1", "2.0.0"}, {})


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("^1.0.0", "1.2.0"),
        ("1", "1.2.0"),
        ("1.1", "1.1.0"),
        ("~1.2.0", "1.2.0"),
        ("1.2.1", "1.2.1"),
        ("2", "2.0.0"),
        ("*", "1.2.0"),
        ("", "1.2.0"),
        ("latest", "1.2.0"),
        ("^3.0.0-rc.1", "3.0.0-rc.2"),
        ("3.0.0-rc.1", "3.0.0-rc.1"),
    ],
)
def test_picks(constraint: str, version: str) -> None:
    assert INDEX.pick(constraint, None) == Picked(version)


@pytest.mark.parametrize(
    "constraint", ["^3", "9", ">=1.0.0", "1 || 2", "next", "^1.0.0 ^1.1.0", "a b"]
)
def test_what_it_does_not_take(constraint: str) -> None:
    assert isinstance(INDEX.pick(constraint, None), NotPicked)


def test_latest_without_a_tag_is_the_highest_release_that_is_not_yanked() -> None:
    untagged = JsrRules().index(VERSIONS, {}, {"1.2.1", "2.0.0"}, {})
    assert untagged.latest() == "1.2.0"
    assert JsrRules().index(["1.0.0-rc.1"], {}, (), {}).latest() == "1.0.0-rc.1"


@pytest.mark.parametrize("name", ["@std/path", "@luca/flag", "@tgtui-sample/yanked"])
def test_names(name: str) -> None:
    assert jsr_name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["path", "@std", "@Std/path", "@std/../x", "@-a/b", "@a/b/c", "@a/" + "b" * 200]
)
def test_what_is_no_name(name: str) -> None:
    assert jsr_name_problem(name) is not None
