"""Parts that stay whole where text is laid out in lines."""

from __future__ import annotations

from uuid import UUID

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.selection import Selection

from tgtui.data.views.tags import TagLabel
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.labels import SQUARE, TAG_GAP, tag_label

NAMES = ["backend", "database", "devops", "front end", "x"]


def labels(*names: str, color: str | None = None) -> list[Content]:
    return [tag_label(TagLabel(UUID(int=1), name, name, color)) for name in names]


TAGS = Flow(labels(*NAMES), TAG_GAP, Content("Tags  "))


def lines(width: int) -> list[str]:
    return [line.content.plain for line in TAGS.lines(width)]


def test_everything_stands_on_one_line_where_there_is_room() -> None:
    assert lines(80) == ["Tags  ■ backend  ■ database  ■ devops  ■ front end  ■ x"]


def test_lines_are_filled_and_begin_below_each_other() -> None:
    assert lines(28) == ["Tags  ■ backend  ■ database", "      ■ devops  ■ front end", "      ■ x"]


@pytest.mark.parametrize("width", range(1, 80))
def test_a_square_is_never_parted_from_its_name(width: int) -> None:
    shown = lines(width)
    assert not [line for line in shown if line.rstrip().endswith(SQUARE)]
    assert [line for line in shown if len(line) > width and line.count(SQUARE) > 1] == []
    assert "".join(shown).replace(" ", "") == lines(80)[0].replace(" ", "")


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "■ backend  ■ database  ■ devops  ■ front end  ■ x"),
        (25, "■ backend  ■ database +3"),
        (23, "■ backend +4"),
        (12, "■ backend +4"),
        (11, "■ backe… +4"),
        (2, "… +4"),
    ],
)
def test_one_line_shows_whole_parts_and_counts_the_others(width: int, line: str) -> None:
    assert TAGS.first_line(width).plain == line
    assert Flow([], TAG_GAP).first_line(width).plain == ""


def test_nothing_is_an_empty_line() -> None:
    assert [line.content.plain for line in Flow([], TAG_GAP).lines(10)] == [""]


def test_pages_are_the_same_where_they_say_the_same_in_the_same_colours() -> None:
    def page(color: str | None) -> Page:
        return Page([Flow(labels("a", color=color), TAG_GAP)], "\n")

    assert page("#ff0000").is_same(page("#ff0000"))
    assert not page("#ff0000").is_same(page("#00ff00"))


class OnePage(App[None]):
    """It alone."""

    def compose(self) -> ComposeResult:
        yield PageText(Page([TAGS, Content("below")], "\n\n"))


async def test_a_page_is_as_high_as_its_lines_and_what_is_selected_can_be_copied() -> None:
    app = OnePage()
    async with app.run_test(size=(28, 10)):
        text = app.query_one(PageText)
        assert text.size.height == 5
        assert text.get_selection(Selection(Offset(6, 1), Offset(14, 1))) == ("■ devops", "\n")
        assert text.get_selection(Selection(Offset(0, 4), None)) == ("below", "\n")
