"""Where a text is cut that has no room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from tgtui.widgets.lists.cutting import Part, cut, cut_apart, cut_to_fit

LONG = "@babel/plugin-syntax-optional-catch-binding"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        (LONG, 43, LONG),
        (LONG, 27, "@babel/plugin…catch-binding"),
        (LONG, 2, "@…"),
        (LONG, 1, "…"),
        ("1:2.40.1-1~deb12u1+really", 14, "1:2.40.…really"),
        ("日本語-パッケージ", 12, "日本語…ージ"),
        ("日本語-パッケージ", 11, "日本…ージ"),
        ("e\u0301e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…e\u0301"),
    ],
)
def test_the_beginning_and_the_end_stay(text: str, width: int, shown: str) -> None:
    assert cut(Content(text), width).plain == shown


@given(st.text(alphabet="ab日e\u0301👩", max_size=30), st.integers(1, 30))
def test_a_cut_text_is_never_wider_than_its_room(text: str, width: int) -> None:
    assert cell_len(cut(Content(text), width).plain) <= width
    for way in cut_apart(Content(text), width, "abab"):
        assert cell_len(way.plain) <= width


def test_a_cut_text_keeps_its_colours() -> None:
    text = Content.assemble(("abcdef", "bold"), ("ghijkl", "italic"))
    shown = cut(text, 7)
    assert shown.plain == "abc…jkl"
    assert [(span.start, span.end, span.style) for span in shown.spans] == [
        (0, 3, "bold"),
        (3, 4, "bold"),
        (4, 7, "italic"),
    ]


@pytest.mark.parametrize(
    ("name", "other", "width", "shown"),
    [
        (
            "linux-image-6.1.0-28-amd64-unsigned",
            "linux-image-6.1.0-29-amd64-unsigned",
            24,
            "linux-…28-amd64-unsigned",
        ),
        (
            "@babel/plugin-bugfix-safari-class-field",
            "@babel/plugin-bugfix-v8-static-class-field",
            17,
            "@bab…-safari-cla…",
        ),
    ],
)
def test_a_text_that_looks_like_another_shows_where_they_differ(
    name: str, other: str, width: int, shown: str
) -> None:
    assert cut_apart(Content(name), width, other)[0].plain == shown


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, "name-of-a-package ^1.0.0 || ^2.0.0"),
        (30, "name-of-a-package ^1.0.0…2.0.0"),
        (23, "name-of-a-package ^1….0"),
        (18, "name-o…ckage ^1….0"),
        (10, "na…ge ^1…0"),
        (5, "na…e…"),
    ],
)
def test_of_a_line_the_least_telling_part_is_cut_first(width: int, shown: str) -> None:
    parts = [
        Part(Content("name-of-a-package"), 8),
        Part(Content(" ")),
        Part(Content("^1.0.0 || ^2.0.0"), 5),
    ]
    assert cut_to_fit(parts, width).plain == shown
