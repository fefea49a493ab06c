"""What a tag may be called and how it may look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.syntax.query import parse_search
from tgtui.syntax.tag import (
    COLORS,
    MAX_DESCRIPTION,
    MAX_NAME,
    TagDraft,
    TagInvalid,
    checked,
    color_for,
    problems_of,
    slug_of,
    tidied,
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Front end", "front-end"),
        ("  Node.js / Deno ", "node-js-deno"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("Übergröße", "ubergrosse"),
        ("日本語 tools", "日本語-tools"),
        ("Йод", "йод"),
        ("!!!", ""),
        ("a" * 60, "a" * 40),
        ("x" * 39 + " y", "x" * 39),
    ],
)
def test_the_slug_is_made_from_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=60))
def test_every_slug_that_is_made_is_right_and_found_by_its_operator(name: str) -> None:
    slug = slug_of(name)
    if slug:
        assert "slug" not in problems_of(TagDraft("x", slug))
        assert parse_search(f"tag:{slug}").tags == {slug}


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=300), st.text(max_size=10))
def test_what_is_stored_needs_no_tidying(
    name: str, slug: str, description: str, color: str
) -> None:
    try:
        draft = checked(TagDraft(name, slug, description, color))
    except TagInvalid:
        return
    assert draft == tidied(draft)
    assert not problems_of(draft)


def test_a_draft_is_tidied() -> None:
    assert tidied(TagDraft("  Front \n end ", "", " a  b ", " #FFF ")) == TagDraft(
        "Front end", "front-end", "a b", "#ffffff"
    )


@pytest.mark.parametrize(
    ("draft", "field", "said"),
    [
        (TagDraft(""), "name", "Give the tag a name."),
        (TagDraft("n" * (MAX_NAME + 1)), "name", "41"),
        (TagDraft("a\u202eb"), "name", "U+202E"),
        (TagDraft("a\x1b[31m"), "name", "U+001B"),
        (TagDraft("!!!"), "slug", "letters and digits"),
        (TagDraft("x", "two words"), "slug", "as in two-words"),
        (TagDraft("x", "Upper"), "slug", "as in upper"),
        (TagDraft("x", "-a--b-"), "slug", "as in a-b"),
        (TagDraft("x", "a:b"), "slug", "as in a-b"),
        (TagDraft("x", "s" * 41), "slug", "41"),
        (TagDraft("x", description="d" * (MAX_DESCRIPTION + 1)), "description", "201"),
        (TagDraft("x", description="a\u200bb"), "description", "U+200B"),
        (TagDraft("x", color="red"), "color", "#rrggbb"),
        (TagDraft("x", color="#12345"), "color", "#rrggbb"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(draft: TagDraft, field: str, said: str) -> None:
    with pytest.raises(TagInvalid) as raised:
        checked(draft)
    assert list(raised.value.problems) == [field]
    assert said in raised.value.problems[field]  # type: ignore[index]


@pytest.mark.parametrize(
    "name", ["[/]x", "[@click=app.quit]x", "a'; DROP TABLE tags; --", "🎨 art"]
)
def test_markup_quotes_and_emoji_are_text(name: str) -> None:
    assert checked(TagDraft(name)).name == name


def test_a_colour_nobody_chose_is_one_of_those_offered() -> None:
    assert color_for("frontend") in COLORS
    assert color_for("frontend") == color_for("frontend")
    for color in COLORS:
        assert not problems_of(TagDraft("x", "x", "", color))
