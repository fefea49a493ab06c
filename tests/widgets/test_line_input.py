"""The cursor of a line stands still when no one types."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from textual.app import App, ComposeResult
from textual.widgets import Input

import tgtui
from tgtui.widgets.line_input import BLINKS, LineInput


class OneLine(App[None]):
    def compose(self) -> ComposeResult:
        yield LineInput()


async def test_after_some_blinks_the_cursor_stays_until_the_next_key() -> None:
    async with OneLine().run_test() as pilot:
        line = pilot.app.query_one(LineInput)
        assert is_blinking(line)
        for _ in range(BLINKS):
            line._toggle_cursor()
        assert line._cursor_visible
        assert not is_blinking(line)
        await pilot.press("a")
        assert is_blinking(line)
        line._toggle_cursor()
        assert not line._cursor_visible


def is_blinking(line: LineInput) -> bool:
    """Whether its timer wakes it up."""
    return line._blink_timer is not None and line._blink_timer._active.is_set()


def test_every_line_of_the_screens_rests() -> None:
    for module in pkgutil.walk_packages(tgtui.__path__, "tgtui."):
        if module.name.startswith(("tgtui.screens", "tgtui.widgets")):
            import_module(module.name)
    lines = [kind for kind in kinds_of(Input) if kind.__module__.startswith("tgtui.")]
    assert lines
    assert all(issubclass(kind, LineInput) for kind in lines)


def kinds_of(kind: type[Input]) -> Iterator[type[Input]]:
    for below in kind.__subclasses__():
        yield below
        yield from kinds_of(below)
