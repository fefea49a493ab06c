"""The search box's language: what is read, what is refused, what is completed, and that it can be typed again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tgtui.syntax.advisories.ranks import SEVERITIES
from tgtui.syntax.completion import LEVELS, completions, known_values
from tgtui.syntax.measures import written_size
from tgtui.syntax.query import EXAMPLES, Dependency, SearchQuery, parse_search, unknown_operator


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("-react", SearchQuery(without_words=("react",))),
        ("-", SearchQuery(words=("-",))),
        ("_", SearchQuery(words=("_",))),
        ("NPM:react", SearchQuery(("react",), registries=frozenset({"npm"}))),
        ("-npm:", SearchQuery(without_registries=frozenset({"npm"}))),
        ("dep:react", SearchQuery(dependencies=frozenset({Dependency("react")}))),
        (
            "-dep:@babel/core@7.0.0",
            SearchQuery(without_dependencies=frozenset({Dependency("@babel/core", "7.0.0")})),
        ),
        ("dep:jsr:hono", SearchQuery(dependencies=frozenset({Dependency("hono", "", "jsr")}))),
        ("devdep:jsr:hono@4.0.0",
         SearchQuery(dependencies=frozenset({Dependency("hono", "4.0.0", "jsr", "devdep")}))),
        ("dep:a -sugdep:a",
         SearchQuery(dependencies=frozenset({Dependency("a")}),
                     without_dependencies=frozenset({Dependency("a", operator="sugdep")}))),
        ("updated:<30d", SearchQuery(newer_than=30)),
        ("updated:2w", SearchQuery(newer_than=14)),
        ("updated:>1y", SearchQuery(older_than=365)),
        ("-updated:<30d", SearchQuery(older_than=30)),
        ("is:deprecated -is:failed",
         SearchQuery(states=frozenset({"deprecated"}), without_states=frozenset({"failed"}))),
        ("sort:popular", SearchQuery(sort="popular")),
        ("sort:size", SearchQuery(sort="size")),
        ("license:MIT -license:gpl-*",
         SearchQuery(licences=frozenset({"mit"}), without_licences=frozenset({"gpl-*"}))),
        ("license:*bsd*", SearchQuery(licences=frozenset({"*bsd*"}))),
        ("keyword:CLI -keyword:a/b",
         SearchQuery(keywords=frozenset({"cli"}), without_keywords=frozenset({"a/b"}))),
        ("maintainer:John-Smith -maintainer:x",
         SearchQuery(maintainers=frozenset({"john-smith"}), without_maintainers=frozenset({"x"}))),
        ("size:>1MB", SearchQuery(larger_than=1_000_000)),
        ("size:<1.5kb size:>0b", SearchQuery(larger_than=0, smaller_than=1_500)),
        ("-size:>2gb", SearchQuery(smaller_than=2_000_000_000)),
        ("size:>0.001kb", SearchQuery(larger_than=1)),
    ],
)  # fmt: skip
def test_operators_are_read_and_can_be_typed_again(text: str, query: SearchQuery) -> None:
    assert parse_search(text) == query
    assert parse_search(str(query)) == query


@pytest.mark.parametrize(
    "text",
    ["updated:soon", "updated:", "updated:<99999y", "is:new", "sort:stars", "-sort:name", "tag:", "-tag:", "dep:",
     "dep:npm:", "devdep:", "-sugdep:npm:", "-npm:react", "license:", "license:*", "license:a*b", "keyword:",
     "-maintainer:", "size:1mb", "size:>", "size:>1", "size:>-1mb", "size:>1tb", "size:>1e9b"],
)  # fmt: skip
def test_a_wrong_operator_is_named_with_what_to_write(text: str) -> None:
    query = parse_search(f"react {text}")
    assert query.words == ("react",)
    (problem,) = query.problems
    assert problem.startswith(text)
    assert "write" in problem


def test_an_operator_that_is_still_being_typed_is_not_called_wrong() -> None:
    assert parse_search("tag:").problems == ("tag: is not complete: write tag:frontend.",)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "updatd:<30d",
            "There is no operator `updatd:`. Did you mean updated:<30d or updated:>1y?",
        ),
        ("-tags:x", "There is no operator `tags:`. Did you mean tag:frontend?"),
        ("NPN:react", "There is no operator `NPN:`. Did you mean npm:?"),
        ("node:fs", None),
        ("app::mock", None),
        ("https://x.org", None),
        ("updatd", None),
        ("tag:x", None),
    ],
)
@pytest.mark.parametrize("beside", ["{}", "react {}", "{} react tag:x", "npm: {}", "{} sort:name"])
def test_the_operator_that_was_meant_is_named_alone_and_beside_words(
    beside: str, word: str, said: str | None
) -> None:
    query = parse_search(beside.format(word))
    assert unknown_operator(query, is_empty=False) == said
    if said is not None:
        assert unknown_operator(query, is_empty=True) == said


@pytest.mark.parametrize("text", ["author:ada", "react author:ada", "-author:ada react"])
def test_an_operator_similar_to_none_is_named_if_nothing_is_found_or_it_excludes(text: str) -> None:
    said = "There is no operator `author:`; there are tag:, dep:, devdep:, sugdep:, updated:,"
    told = unknown_operator(parse_search(text), is_empty=True)
    assert told is not None
    assert told.startswith(said)
    assert (unknown_operator(parse_search(text), is_empty=False) is not None) == ("-" in text)


def test_what_is_no_operator_is_a_word() -> None:
    assert parse_search("node:fs c++ a=b").words == ("node:fs", "c++", "a=b")


@given(some.text(max_size=600))
def test_any_text_is_read_and_what_was_read_stays_the_same(text: str) -> None:
    query = parse_search(text)
    again = parse_search(str(query))
    if len(str(query)) <= 500:  # a text that was cut is cut again
        assert again.words == query.words
        assert again.tags == query.tags
        assert again.dependencies == query.dependencies
        assert again.licences == query.licences
        assert (again.larger_than, again.smaller_than) == (query.larger_than, query.smaller_than)


@given(some.integers(0, 10**13))
def test_a_size_is_written_exactly(size: int) -> None:
    written = written_size(size)
    whole = parse_search(f"size:>{written}")
    if len(written) < 9:
        assert (whole.larger_than, whole.problems) == (size, ())


class TestExactVersions:
    @pytest.mark.parametrize("version", ["^18", "~1.2", ">=1", "1.x", "*", "1||2", "latest", "1.*"])
    def test_a_range_is_named_beside_the_line_and_read_as_any_version(self, version: str) -> None:
        query = parse_search(f"dep:react@{version}")
        assert query.dependencies == {Dependency("react")}
        (problem,) = query.problems
        assert problem.startswith(f"dep:react@{version}: write an exact version, as in dep:")

    @pytest.mark.parametrize("version", ["18.2.0", "1.0~rc1-2", "1:2.36-9+deb12u4", "7_1", "18"])
    def test_an_exact_version_of_any_registry_is_read(self, version: str) -> None:
        for sign in "@=":
            query = parse_search(f"dep:libc6{sign}{version}")
            assert query.dependencies == {Dependency("libc6", version)}
            assert not query.problems


class TestCompletions:
    def complete(self, text: str) -> str | None:
        names = ["react", "react-dom"]
        values = {"tag": ["frontend", "testing"], "dep": names, "devdep": names}
        return completions(text, lambda name, typed: values.get(name) or known_values(name, typed))

    @pytest.mark.parametrize(
        ("typed", "completed"),
        [
            ("ta", "tag:"),
            ("react -up", "react -updated:"),
            ("np", "npm:"),
            ("tag:", "tag:frontend"),
            ("x tag:te", "x tag:testing"),
            ("-dep:react-", "-dep:react-dom"),
            ("dev", "devdep:"),
            ("sug", "sugdep:"),
            ("x devdep:react-", "x devdep:react-dom"),
            ("is:f", "is:failed"),
            ("sort:pop", "sort:popular"),
            ("updated:", "updated:<30d"),
            ("updated:>", "updated:>30d"),
            ("is:v", "is:vulnerable"),
            ("severity:", "severity:high"),
            ("severity:>=", "severity:>=high"),
            ("x -severity:>=m", "x -severity:>=malware"),
            ("severity:me", "severity:medium"),
        ],
    )
    def test_what_is_begun(self, typed: str, completed: str) -> None:
        assert self.complete(typed) == completed

    @pytest.mark.parametrize("typed", ["", "t", "react", "tag:zzz", "nope:x", "is:failed", "x "])
    def test_nothing_where_nothing_follows(self, typed: str) -> None:
        assert self.complete(typed) is None

    def test_the_levels_are_those_of_advisories(self) -> None:
        assert sorted(LEVELS) == sorted(SEVERITIES)

    def test_every_operator_has_an_example_that_is_understood(self) -> None:
        for operator, example in EXAMPLES.items():
            for value in re.split(r", | or ", example):
                text = value if ":" in value else f"{operator}:{value}"
                assert parse_search(text).problems == (), text


class TestPasted:
    @pytest.mark.parametrize(
        ("pasted", "words", "registries"),
        [
            ("npm:express@4.18.1", ("express",), {"npm"}),
            ("@babel/core@^7", ("@babel/core",), set()),
            ("express@latest", ("express",), set()),
            ("pkg:npm/%40babel/core@7.0.0", ("@babel/core",), {"npm"}),
            ("pkg:npm/react", ("react",), {"npm"}),
            ("react react vue react", ("react", "vue"), set()),
        ],
    )
    def test_packages_as_they_are_written_elsewhere_are_found_by_name(
        self, pasted: str, words: tuple[str, ...], registries: set[str]
    ) -> None:
        query = parse_search(pasted)
        assert (query.words, set(query.registries), query.problems) == (words, registries, ())

    def test_a_package_url_that_is_none_is_explained(self) -> None:
        assert parse_search("pkg:cargo/serde").problems

    @pytest.mark.parametrize("text", ["tag:frontend " * 60, "x" * 501, "react " + "y" * 500])
    def test_of_what_is_too_long_nothing_is_read_or_found_and_that_is_said(self, text: str) -> None:
        query = parse_search(text)
        assert query.problems == ("The search is too long: 500 characters at most.",)
        assert query.tags == frozenset()
        assert list(map(len, query.words)) == [501]  # so that nothing is found
        assert parse_search("x" * 500).words == ("x" * 500,)
