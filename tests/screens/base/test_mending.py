"""What is mended of Textual: what a change on the screen costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.css.stylesheet import Stylesheet
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tests.screens.driving import shows, until
from tgtui.screens.base.mending import KEPT_IN_STRIPS, mend


class Tall(Static, can_focus=True):
    DEFAULT_CSS = "Tall { height: 8; border: round white; }"


class Flat(Static, can_focus=True):
    DEFAULT_CSS = "Flat { height: 1; }"


class Quiet(App[None]):
    """Nothing changes here but what a test changes."""

    def compose(self) -> ComposeResult:
        yield Tall("a\nb\nc\nd\ne\nf")
        yield Flat("at rest")


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    mend()
    app = Quiet()
    async with app.run_test() as pilot:
        await until(pilot, lambda: not app.query_one(Tall)._repaint_regions)
        yield pilot


async def test_only_the_lines_that_change_are_gone_through(
    pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone_through: list[tuple[str, int]] = []
    render = Widget.render_lines

    def rendered(widget: Widget, crop: Region) -> Any:
        gone_through.append((type(widget).__name__, crop.height))
        return render(widget, crop)

    tall = pilot.app.query_one(Tall)
    monkeypatch.setattr(Widget, "render_lines", rendered)
    tall.refresh(Region(0, 3, tall.size.width, 1))
    await pilot.pause()
    assert gone_through == [("Tall", 1)]
    gone_through.clear()
    tall.refresh(Region(0, 2, tall.size.width, 1))
    pilot.app.query_one(Flat).update("changed")
    await pilot.pause()
    assert sorted(gone_through) == [("Flat", 1), ("Tall", 1)]


async def test_a_title_draws_its_line_and_only_if_it_changes(
    pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tall = pilot.app.query_one(Tall)
    drawn: list[int] = []
    render = tall._styles_cache.render_line

    def drawing(styles: Any, y: int, *more: Any) -> Any:
        drawn.append(y)
        return render(styles, y, *more)

    tall.border_title, tall.border_subtitle = "above", "below"
    await shows(pilot, "below")
    monkeypatch.setattr(tall._styles_cache, "render_line", drawing)
    tall.border_title, tall.border_subtitle = "above", "below"
    assert not tall._repaint_regions
    tall.border_subtitle = "further below"
    await shows(pilot, "further below")
    assert set(drawn) == {7}
    drawn.clear()
    tall.border_title = "further above"
    await shows(pilot, "further above")
    assert set(drawn) == {0}


async def test_another_focus_draws_only_what_loses_and_gets_it(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    screen.set_focus(pilot.app.query_one(Tall))
    await until(pilot, lambda: not screen._repaint_regions)
    screen.set_focus(pilot.app.query_one(Flat))
    assert not screen._repaint_regions


def test_a_line_makes_what_it_keeps_when_it_is_used() -> None:
    mend()
    line = Strip([Segment("hello "), Segment("world")], 11)
    with pytest.raises(AttributeError):
        object.__getattribute__(line, "_crop_cache")
    assert line.crop(3, 8).text == "lo wo"
    assert line.crop(3, 8) is line.crop(3, 8)
    assert [part.text for part in line.divide([4, 11])] == ["hell", "o world"]
    assert line.adjust_cell_length(12).text == "hello world "
    kept = {name for name in Strip.__slots__ if name.endswith("_cache")} - {"_render_cache"}
    assert kept == set(KEPT_IN_STRIPS), "Textual's lines keep something else now"
    with pytest.raises(AttributeError, match="no attribute 'width'"):
        line.width  # type: ignore[attr-defined]  # noqa: B018


async def test_rules_are_parsed_once_and_anew_for_another_theme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mend()
    parsed: list[str] = []
    parse = Stylesheet._parse_rules

    def noted(sheet: Stylesheet, css: str, *args: Any, **named: Any) -> Any:
        if css not in {key[0] for key in sheet._parse_cache.keys()}:  # noqa: SIM118 - theirs
            parsed.append(css)
        return parse(sheet, css, *args, **named)

    class Own(Screen[None]):
        CSS = "Flat { height: 2; color: $foreground; }"

    class Themed(Quiet):
        CSS = "Tall { color: $foreground; width: 41; }"

        def __init__(self) -> None:
            super().__init__()
            self.theme = "dracula"

    monkeypatch.setattr(Stylesheet, "_parse_rules", noted)
    app = Themed()
    async with app.run_test() as pilot:
        tall = app.query_one(Tall)
        was = tall.styles.color
        assert parsed.count(Themed.CSS) == 1
        await app.push_screen(Own())
        assert (parsed.count(Themed.CSS), parsed.count(Own.CSS)) == (1, 1)
        app.theme = "textual-light"
        await pilot.pause()
        assert (parsed.count(Themed.CSS), parsed.count(Own.CSS)) == (2, 2)
        assert tall.styles.color != was
