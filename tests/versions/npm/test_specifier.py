"""Specifiers and names: what each kind carries, and that errors are sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.versions.npm.names import check_npm_name, npm_name_problem
from tgtui.versions.npm.ranges import MAX_RANGE_CHARS
from tgtui.versions.npm.specifier import parse_argument, parse_specifier


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("1.2.3", "version"),
        ("", "range"),
        (" ^1.2 ", "range"),
        ("next", "tag"),
        ("npm:other@^1", "alias"),
        ("user/repo", "git"),
        ("git+ssh://git@example.com:user/repo.git", "git"),
        ("https://example.com/x.tgz", "remote"),
        ("./x.tgz", "file"),
        ("file:../x", "directory"),
        ("workspace:*", "unsupported"),
        ("link:../x", "unsupported"),
        ("catalog:", "unsupported"),
        ("jsr:^1", "unsupported"),
        ("two words", "invalid"),
    ],
)
def test_a_specifier_has_npms_kind(raw: str, kind: str) -> None:
    spec = parse_specifier("x", raw)
    assert spec.kind == kind
    assert (spec.error is not None) == (kind in ("unsupported", "invalid"))


def test_an_alias_leads_to_the_real_package() -> None:
    spec = parse_specifier("react-17", "npm:@scope/react@^17.0.0")
    assert spec.name == "react-17"
    assert spec.registry is spec.target is not None
    assert (spec.target.name, spec.target.kind, spec.target.wanted) == (
        "@scope/react",
        "range",
        "^17.0.0",
    )


@pytest.mark.parametrize(
    "raw", ["npm:npm:a@1", "npm:user/repo", "npm:^1.0.0", "npm:_bad@1", "npm:a@b c"]
)
def test_an_alias_of_anything_else_is_an_error(raw: str) -> None:
    assert parse_specifier("x", raw).kind == "invalid"


def test_git_specifiers_carry_commit_or_range() -> None:
    assert parse_specifier("x", "user/repo#main").git_committish == "main"
    ranged = parse_specifier("x", "github:user/repo#semver:^1.0.0")
    assert (ranged.git_range, ranged.git_committish) == ("^1.0.0", None)
    assert parse_specifier("x", "user/repo#a::b").kind == "invalid"


def test_a_bad_name_makes_the_specifier_invalid_whatever_it_asks_for() -> None:
    spec = parse_specifier("../etc", "^1.0.0")
    assert (spec.kind, spec.error_code) == ("invalid", "EINVALIDPACKAGENAME")
    assert spec.error
    assert spec.error.endswith(".")


def test_a_specifier_beyond_the_bound_is_invalid() -> None:
    assert parse_specifier("x", "1" * (MAX_RANGE_CHARS + 1)).kind == "invalid"
    assert parse_specifier("x", "a" * 1000).kind == "tag"


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("react", "react", "*"),
        ("react@", "react", "*"),
        ("@a/b", "@a/b", "*"),
        ("@a/b@^1", "@a/b", "^1"),
        ("a@latest", "a", "latest"),
        ("^1.0.0", None, "^1.0.0"),
    ],
)
def test_an_argument_is_split_into_name_and_specifier(
    text: str, name: str | None, wanted: str
) -> None:
    spec = parse_argument(text)
    assert (spec.name, spec.wanted) == (name, wanted)


@pytest.mark.parametrize(
    "text", ["user/repo", "git@example.com:a/b", "x.tgz", "https://example.com/x"]
)
def test_an_argument_that_is_a_place_has_no_name(text: str) -> None:
    assert parse_argument(text).name is None


@given(st.one_of(st.text(), st.text(alphabet="npm:@/#%[]\\?.git+ht ~", max_size=40)))
def test_no_text_crashes_the_classification(text: str) -> None:
    for spec in (parse_specifier("x", text), parse_argument(text)):
        assert (spec.error is None) == (spec.error_code is None)


@pytest.mark.parametrize("name", ["react", "@babel/core", "JSONStream", "a" * 214, "it's"])
def test_names_that_exist_or_may_exist_are_accepted(name: str) -> None:
    assert npm_name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", " a", ".a", "_a", "-a", "a b", "@a", "@a/b/c", "a/../b", "node_modules", "é"]
)
def test_names_npm_refuses_have_a_reason(name: str) -> None:
    problem = npm_name_problem(name)
    assert problem
    assert problem.endswith(".")


def test_a_name_has_at_most_214_characters() -> None:
    assert "214" in (npm_name_problem("a" * 215) or "")


def test_old_names_are_not_for_new_packages() -> None:
    check = check_npm_name("JSONStream")
    assert check.valid_for_old_packages
    assert not check.valid_for_new_packages
    assert check_npm_name("json-stream").valid_for_new_packages
    assert not check_npm_name("http").valid_for_new_packages
