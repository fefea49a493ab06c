"""The view of a long text: what is in sight is what was asked for, though nobody knows how high the text is."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tests.screens.driving import until
from tgtui.widgets.packages.reading.contents import contents_of
from tgtui.widgets.packages.reading.text import readable
from tgtui.widgets.packages.reading.view import TextView

SECTION = (
    "## Section {n}\n\n" + "words and more words " * 30 + "\n\n- a [link](https://x.org/{n})\n\n"
)
TEXT = "".join(SECTION.replace("{n}", str(n)) for n in range(400)) + "needle the **last line**"


class Reader(App[None]):
    def compose(self) -> ComposeResult:
        yield TextView()


def in_sight(view: TextView) -> list[str]:
    height = view.scrollable_content_region.height
    return [view.render_line(y).text.rstrip() for y in range(height)]


async def test_scrolls_through_a_text_of_unknown_height_without_jumps() -> None:
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.query_one(TextView)
        view.show(readable(TEXT, is_markdown=True))
        assert in_sight(view)[0] == "Section 0"
        down = [in_sight(view)]
        for _ in range(40):
            view.action_page_down()
            await pilot.pause()
            now = in_sight(view)
            assert now[0] == down[-1][-1]  # one line stays in sight
            down.append(now)
        for before in reversed(down[:-1]):
            view.action_page_up()
            await pilot.pause()
            assert in_sight(view) == before
        view.action_last()
        await pilot.pause()
        assert in_sight(view)[-2:] == ["needle the last line", ""]
        last = in_sight(view)
        view.action_page_up()
        await pilot.pause()
        assert in_sight(view)[-1] == last[0]


async def test_goes_to_headings_and_hits_whatever_was_measured_before() -> None:
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.query_one(TextView)
        text = readable(TEXT, is_markdown=True)
        view.show(text)
        headings = contents_of(text).headings
        for number in (399, 5, 200, 201):
            view.go_to(headings[number])
            await pilot.pause()
            if number != 399:
                assert in_sight(view)[0] == f"Section {number}"
            assert f"Section {number}" in in_sight(view)
        assert view.links_in_sight()[0] == ("link", "https://x.org/201")
        ((piece, count),) = await view.find("THE last  LINE")
        assert count == 1
        view.go_to_hit(piece, 0)
        await pilot.pause()
        assert "needle the last line" in in_sight(view)
        assert await view.find(" ") == []
        await pilot.resize_terminal(30, 20)
        await until(pilot, lambda: max(map(len, in_sight(view))) <= 30)
        view.action_first()
        await pilot.pause()
        assert in_sight(view)[0] == "Section 0"


async def test_shows_an_empty_text_and_one_after_it() -> None:
    app = Reader()
    async with app.run_test(size=(60, 20)):
        view = app.query_one(TextView)
        view.show(readable("", is_markdown=True))
        assert set(in_sight(view)) == {""}
        view.action_last()
        view.action_page_down()
        view.show(readable("a\tb", is_markdown=False))
        assert in_sight(view)[0] == "a   b"
