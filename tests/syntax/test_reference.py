"""How people write packages and searches: read as meant, refused with the reason, written back as they can be typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.basics.errors import UsageError
from tgtui.syntax.query import SearchQuery, parse_search
from tgtui.syntax.reference import PackageReference, parse_reference


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("express", "express", None),
        ("npm:express", "express", None),
        ("  npm:express  ", "express", None),
        ("npm:express@4.18.1", "express", "4.18.1"),
        ("express@next", "express", "next"),
        ("@babel/core", "@babel/core", None),
        ("npm:@babel/core@7.0.0", "@babel/core", "7.0.0"),
        ("npm:JSONStream", "JSONStream", None),
        ("pkg:npm/express", "express", None),
        ("pkg:npm/express@4.18.1", "express", "4.18.1"),
        ("pkg:npm/%40babel/core@7.0.0", "@babel/core", "7.0.0"),
        ("pkg:npm/@babel/core@7.0.0", "@babel/core", "7.0.0"),
        ("pkg:npm/@babel/core", "@babel/core", None),
        ("pkg:npm/%40babel%2Fcore@7.0.0", "@babel/core", "7.0.0"),
        ("pkg:npm/%40Scope/Name", "@Scope/Name", None),
        ("pkg:npm/JSONStream", "JSONStream", None),
        ("pkg:npm/JSONStream@1.3.5?vcs_url=git:%2F%2Fhost#lib", "JSONStream", "1.3.5"),
        ("PKG:NPM/JSONStream@1.0.0-Beta.1", "JSONStream", "1.0.0-Beta.1"),
        ("pkg://npm/JSONStream", "JSONStream", None),
    ],
)
def test_a_package_is_read_however_it_is_written(text: str, name: str, version: str | None) -> None:
    assert parse_reference(text) == PackageReference("npm", name, version)


@pytest.mark.parametrize(
    ("text", "reference", "purl"),
    [
        ("jsr:@std/path@1.0.0", ("jsr", "@std/path", "1.0.0"), "pkg:jsr/%40std/path@1.0.0"),
        ("apt:curl=7.88.1-10", ("apt", "curl", "7.88.1-10"), "pkg:deb/debian/curl@7.88.1-10"),
        ("apt:libc6", ("apt", "libc6", None), "pkg:deb/debian/libc6"),
        ("brew:python@3.12", ("brew", "python@3.12", None), "pkg:brew/python%403.12"),
        ("brew:cask/firefox", ("brew", "cask/firefox", None), "pkg:brew/homebrew/cask/firefox"),
        ("npm:JSONStream@1.3.5", ("npm", "JSONStream", "1.3.5"), "pkg:npm/JSONStream@1.3.5"),
        ("npm:@Scope/Na~me", ("npm", "@Scope/Na~me", None), "pkg:npm/%40Scope/Na~me"),
        ("npm:x(y)", ("npm", "x(y)", None), "pkg:npm/x%28y%29"),
        ("npm:a@1.0.0+build.1", ("npm", "a", "1.0.0+build.1"), "pkg:npm/a@1.0.0%2Bbuild.1"),
        ("apt:g++=4:12.2.0-3", ("apt", "g++", "4:12.2.0-3"), "pkg:deb/debian/g%2B%2B@4:12.2.0-3"),
        (
            "apt:a=1:2.4~rc1-2+b1",
            ("apt", "a", "1:2.4~rc1-2+b1"),
            "pkg:deb/debian/a@1:2.4~rc1-2%2Bb1",
        ),
        ("brew:gtk+3", ("brew", "gtk+3", None), "pkg:brew/gtk%2B3"),
    ],
)
def test_each_registry_has_its_own_way_to_write_a_version(
    text: str, reference: tuple[str, str, str | None], purl: str
) -> None:
    read = parse_reference(text)
    assert read == PackageReference(*reference)
    assert str(read) == text
    assert read.purl == purl
    assert parse_reference(purl) == read


@pytest.mark.parametrize(
    ("purl", "text"),
    [
        ("pkg:brew/homebrew/core/sqlite@3.43.2", "brew:sqlite"),
        ("pkg:brew/Homebrew/Core/SQLite", "brew:sqlite"),
        ("pkg:brew/homebrew/cask/firefox@120.0", "brew:cask/firefox"),
        ("pkg:brew/cask/firefox", "brew:cask/firefox"),
        ("pkg:brew/node@20@20.10.0", "brew:node@20"),
        ("pkg:deb/Debian/Curl@7.50.3-1?arch=amd64&distro=jessie", "apt:curl=7.50.3-1"),
        ("pkg:jsr/@std/path", "jsr:@std/path"),
        ("pkg:pypi/zope.interface@6.0", "pypi:zope-interface==6.0"),
        ("pkg:pypi/zope-interface", "pypi:zope-interface"),
        ("pkg:pypi/Typing_Extensions", "pypi:typing-extensions"),
    ],
)
def test_a_package_url_follows_the_definition_of_its_type(purl: str, text: str) -> None:
    assert str(parse_reference(purl)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Write a package as"),
        pytest.param("x" * 2_000, "too long", id="a page of text"),
        ("npm:", "is empty"),
        ("npm:../../etc/passwd", "starts with a period"),
        ("npm:.hidden", "starts with a period"),
        ("npm:node_modules", "is reserved"),
        ("npm:a b", "characters that a URL cannot carry"),
        ("npm:a\x1b[2J", "characters that a URL cannot carry"),
        pytest.param("npm:" + "x" * 215, "npm allows 214", id="long name"),
        ("npm:a@1.0.0\x1b[2J", "is not a version"),
        ("pkg:npm/a@1.0.0%1B%5B2J", "is not a version"),
        ("cargo:serde", "There is no registry 'cargo'"),
        ("jsr:path", "written @scope/name"),
        ("apt:-x", "apt would not accept"),
        ("brew:a b", "brew would not accept"),
        ("pkg:cargo/serde", "No registry has package URLs of type"),
        ("pkg:nonsense", "is not a package URL"),
    ],
)
def test_what_no_registry_would_accept_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse_reference(text)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("text", ["npm:express", "npm:express@4.18.1", "npm:@babel/core@7.0.0"])
def test_a_reference_is_written_as_it_can_be_read(text: str) -> None:
    reference = parse_reference(text)
    assert str(reference) == text
    assert parse_reference(reference.purl) == reference


@given(st.text(max_size=60))
def test_any_text_is_a_package_or_a_sentence_that_can_be_printed(text: str) -> None:
    try:
        said = str(parse_reference(text))
    except UsageError as error:
        said = str(error)
    assert said.isprintable()


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("react router", SearchQuery(("react", "router"))),
        ("npm:react", SearchQuery(("react",), registries=frozenset({"npm"}))),
        ("npm: jsr: x", SearchQuery(("x",), registries=frozenset({"npm", "jsr"}))),
        ("tag:Frontend", SearchQuery(tags=frozenset({"frontend"}))),
        ("-tag:testing x", SearchQuery(("x",), without_tags=frozenset({"testing"}))),
        ("what:ever", SearchQuery(("what:ever",))),
        ("a\0b\x1bc", SearchQuery(("a", "b", "c"))),
    ],
)
def test_a_search_is_words_and_operators(text: str, query: SearchQuery) -> None:
    assert parse_search(text) == query


@given(st.text(max_size=200))
def test_a_search_that_is_written_back_finds_the_same(text: str) -> None:
    query = parse_search(text)
    assert parse_search(str(query)) == query
