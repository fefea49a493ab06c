"""Markdown as lines: what is read, and what hostile text can't do."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import pytest

from tgtui.widgets.packages.reading.contents import contents_of, slug_of
from tgtui.widgets.packages.reading.layout import laid_out
from tgtui.widgets.packages.reading.pieces import MOST, cut_markdown, cut_plain
from tgtui.widgets.packages.reading.runs import Line, Run, width_of, wrapped
from tgtui.widgets.packages.reading.text import readable


def lines_of(text: str, width: int = 60, *, is_markdown: bool = True) -> list[Line]:
    read = readable(text, is_markdown=is_markdown)
    return [
        line
        for piece in read.source.pieces
        for line in laid_out(piece, width, read.references).lines
    ]


def shown(text: str, width: int = 60) -> list[str]:
    return [line.plain for line in lines_of(text, width)][:-1]


def links(text: str) -> list[tuple[str, str]]:
    return [(run.text, run.link) for line in lines_of(text) for run in line.runs if run.link]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# One\n\ntwo *three* `four`", ["One", "━━━", "", "two three four"]),
        ("Two\n---\nx", ["Two", "───", "", "x"]),
        ("a  \nb\nc", ["a", "b c"]),
        ("- a\n- b\n  - c\n\n1. d\n2. e", ["• a", "• b", "  ◦ c", "", "1. d", "2. e"]),
        ("- a\n\n- b", ["• a", "", "• b"]),
        ("-\n- b", ["• ", "• b"]),
        ("> a\n> > b", ["▎ a", "", "▎ ▎ b"]),
        ("> [!NOTE]\n> read", ["▎ Note", "▎ read"]),
        ("```js\na\n\n  b\n```", ["  a", "  ", "    b"]),
        ("    code", ["  code"]),
        ("***", ["─" * 60]),
        ("a | b\n--|--\n1 | 22", ["a      │ b", "───────┼───────", "1      │ 22"]),
        ("| | |\n|-|-|\n|x|y|", ["x      │ y"]),
        ("~~a~~ **b** <kbd>c</kbd>", ["a b c"]),
        ("![a](x) ![b](y)", ["badges: a · b"]),
        ("see ![a logo](x)", ["see [a logo]"]),
        ("<!-- hidden\n\nstill -->\nx", ["x"]),
        ("<p align=center>a<br>b</p><script>evil()</script>", ["a", "b"]),
        ("<h1>T</h1><ul><li>i</li></ul><img src=x>", ["T", "━", "", "• i", "", "[image]"]),
        ("<details><summary>s</summary>\n\n*t*\n\n</details>", ["s", "", "t"]),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", ["a │ b", "c"]),
        ("[@click=app.quit]x[/]", ["[@click=app.quit]x[/]"]),
    ],
)
def test_reads(text: str, lines: list[str]) -> None:
    assert shown(text) == lines


def test_breaks_lines_at_spaces_and_long_words_at_signs() -> None:
    found = wrapped([Run("one two three "), Run("four", "bold")], 9)
    assert ["".join(run.text for run in line) for line in found] == ["one two", "three", "four"]
    (first, *_rest) = wrapped([Run("https://example.org/a/very/long/address")], 24)
    assert first[0].text == "https://example.org/a/"
    wide = wrapped([Run("一二三四五六七八九十")], 8)
    assert [width_of(line[0].text) for line in wide] == [8, 8, 4]


@pytest.mark.parametrize("width", [8, 20, 37, 80])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    text = (
        "# A heading of many words\n\n| a | b | c | d | e |\n|-|-|-|-|-|\n| 1 2 3 4 5 6 7 8 9 | x | "
        + "y" * 90
        + " | z | w |\n\n```\n"
        + "c" * 200
        + "\n```\n\n"
        + "> " * 30
        + "deep "
        + "一" * 100
    )
    deepest = 2 * 8  # quotes and lists that are indented
    assert max(width_of(line.plain) for line in lines_of(text, width)) <= max(width, deepest + 8)


def test_links_keep_where_they_lead() -> None:
    text = "[a](https://x.org) <https://y.org> https://z.org/q?a=b. [r] <a href='#here'>h</a>\n\n[r]: ./doc.md"
    assert links(text) == [
        ("a", "https://x.org"),
        ("https://y.org", "https://y.org"),
        ("https://z.org/q?a=b", "https://z.org/q?a=b"),
        ("r", "./doc.md"),
        ("h", "#here"),
    ]


HOSTILE = (
    "\x1b]2;title\x1b\\ \x9b31m \x07 \x7f",
    "&#8238;reversed&#8236; &#27;[31m &#x9b; &zwj;",
    "`\x1b[2J` \u202e\u2066 \u200b",
    "<b>\x1b[2J&#8238;</b><img alt='\x1b[2J&#8238;'>",
    "```\n\x1b[2J\u202e\n```",
    "![\x1b[2J&#8238;](x)\n\n| \x1b[2J&#8238; |\n|-|",
    "[x](https://a \x1b)\n# \x1b[2J&#8238;\n- \x1b[2J\x85\u2028",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("is_markdown", [True, False])
def test_nothing_that_a_terminal_obeys_reaches_a_line(text: str, is_markdown: bool) -> None:
    lines = [line.plain for line in lines_of(text, is_markdown=is_markdown)]
    assert any(lines)
    categories = {unicodedata.category(character) for line in lines for character in line}
    assert categories.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20_000,
        "x" * 100_000,
        "a\n" * 20_000,
        "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10_000,
        "- item\n" * 10_000,
        "```\n" + "code\n" * 10_000 + "```\nafter",
        "<pre>\n" + "code\n" * 10_000 + "</pre>\nafter",
        "> " * 50_000,
        "[" * 50_000,
        "*a_" * 30_000,
        "<" * 50_000,
        "<a " * 30_000,
        "[x]: y\n" * 20_000,
        "\x00" * 50_000,
    ],
    ids=range(14),
)
def test_pieces_are_bounded_whatever_is_in_them(text: str) -> None:
    source = cut_markdown(text)
    assert max(len(piece.text) for piece in source.pieces) <= MOST + 100
    assert lines_of(f"word\n\n{text[:6_000]}")[0].plain == "word"


def test_nothing_is_lost_where_a_text_is_cut() -> None:
    words = " ".join(f"w{n}" for n in range(5_000))
    text = f"{words}\n\n```\n" + "\n".join(f"c{n}" for n in range(5_000)) + "\n```\n\nend"
    lines = "\n".join(line.plain for line in lines_of(text))
    assert lines.split() == text.replace("```", "").split()
    plain = cut_plain(text)
    assert "\n".join(piece.text for piece in plain.pieces).split() == text.split()


def test_a_long_line_of_badges_is_still_read() -> None:
    text = "# T\n\n" + "[![a](https://x.org/a.svg)](https://x.org/a) " * 100 + "\n\nend"
    lines = [line.plain for line in lines_of(text)]
    assert lines[3].startswith("badges: a · a")
    assert lines[-2] == "end"


def test_a_code_block_of_any_length_ends() -> None:
    def kinds(text: str) -> list[str]:
        return [kind for kind, _ in groupby(piece.kind for piece in cut_markdown(text).pieces)]

    assert kinds("```\n" + "x\n" * 9_000 + "```\n# After") == ["markdown", "code", "markdown"]
    assert kinds("<!--\n" + "x\n" * 9_000 + "-->\n# After") == ["markdown", "hidden", "markdown"]


def test_the_head_of_a_long_table_is_repeated() -> None:
    source = cut_markdown("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 2_000)
    assert len(source.pieces) > 1
    assert all(piece.text.startswith("| a | b |") for piece in source.pieces)


def test_a_definition_counts_for_the_whole_text() -> None:
    assert (
        links("[far][1]\n\n" + "word\n\n" * 3_000 + "[1]: https://x.org")[0][1] == "https://x.org"
    )


def test_lists_headings_and_anchors() -> None:
    text = "## A & b\n\n<a name='Old'></a>\n\nSetext\n===\n\n<h2>In HTML</h2>\n\n## A & b\n\n```\n# no\n```"
    found = contents_of(readable(text, is_markdown=True))
    assert [(each.level, each.text) for each in found.headings] == [
        (2, "A & b"),
        (1, "Setext"),
        (2, "In HTML"),
        (2, "A & b"),
    ]
    assert [each.ordinal for each in found.headings] == [0, 1, 2, 3]
    assert {"a--b", "a--b-1", "old", "setext"} <= set(found.places)


def test_slugs_are_githubs() -> None:
    assert slug_of("What's new? (v2.0)") == "whats-new-v20"
    assert slug_of("Ünïcode_x") == "ünïcode_x"
