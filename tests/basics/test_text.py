"""The one function that makes hostile text harmless: what comes out is one printable line of bounded length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tgtui.basics.text import MAX_LINE, REPLACEMENT, clean
from tgtui.widgets.content import safe

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=400)
"""Lone surrogates, controls and unassigned characters too."""


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("\x1b[2J", f"{REPLACEMENT}[2J", id="escape sequence"),
        pytest.param("\x9b31m", f"{REPLACEMENT}31m", id="C1 control"),
        pytest.param("a\u202eb", f"a{REPLACEMENT}b", id="bidi override"),
        pytest.param("a\u200bb\u2060c", f"a{REPLACEMENT}b{REPLACEMENT}c", id="zero width"),
        pytest.param("\ufefflodash", f"{REPLACEMENT}lodash", id="byte order mark"),
        pytest.param("a\0b", f"a{REPLACEMENT}b", id="NUL"),
        pytest.param("\ud83d", REPLACEMENT, id="half an emoji"),
        pytest.param("a\r\n\tb\u2028c", "a b c", id="line ends"),
        pytest.param("e" + "\u0301" * 9, "e" + "\u0301" * 3, id="combining marks piled up"),
        pytest.param("[/] [@click=app.quit]x", "[/] [@click=app.quit]x", id="markup is text"),
    ],
)
def test_what_could_do_harm_is_taken_out_and_seen_to_be(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


@pytest.mark.parametrize(
    "plain", ["express", "日本語 пакет", "naïve café", "👍 ok", "a/b@^1.0 || >2"]
)
def test_what_people_write_comes_back_as_it_is(plain: str) -> None:
    assert clean(plain) == plain


def test_a_line_is_cut_with_an_ellipsis() -> None:
    assert clean("x" * 1_000) == "x" * (MAX_LINE - 1) + "…"
    assert clean("abcdef", 4) == "abc…"


@given(ANY_TEXT, st.integers(1, 50))
def test_any_text_becomes_one_short_printable_line(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    allowed = {"L", "M", "N", "P", "S"}
    assert all(c == " " or unicodedata.category(c)[0] in allowed for c in line)
    assert clean(line, limit) == line


@given(ANY_TEXT)
def test_a_widget_gets_it_as_content_that_no_markup_parser_reads(text: str) -> None:
    content = safe(text)
    assert isinstance(content, Content)
    assert content.plain == clean(text)
    assert content.spans == []
