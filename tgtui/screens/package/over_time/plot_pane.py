"""One picture, drawn as large as there is room; its numbers where there is too little."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tgtui.data.views.over_time import Picture
from tgtui.output.over_time import figure, in_words
from tgtui.screens.base.work import start
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.packages.plots import drawn

NUMBERS = 200
"""That are listed in place of a picture, the newest."""


class PlotPane(Container):
    """`show` draws; another size draws anew."""

    def __init__(self, hint: Callable[[Picture], str]) -> None:
        """`hint` says what a key would do for a picture; empty if nothing."""
        super().__init__(id="plot", classes="pane")
        self._hint = hint
        self._picture: Picture | None = None
        self._drawn = Static(id="drawn")
        self._told = Static(id="told")

    def compose(self) -> ComposeResult:
        yield self._drawn
        yield self._told

    def show(self, picture: Picture) -> None:
        """Draw this one."""
        self._picture = picture
        self.border_title = Content(picture.title)
        hint = self._hint(picture)
        told = safe(in_words(picture), 300)
        self._told.update(told + Content.styled(f"\n{hint}", MUTED) if hint else told)
        start(self, "draw", self._draw)

    def on_resize(self) -> None:
        start(self, "draw", self._draw)

    async def _draw(self) -> None:
        picture, size = self._picture, self._drawn.content_size
        if picture is None or not size:
            return
        lines = await asyncio.to_thread(drawn, picture, size.width, size.height)
        if picture is self._picture:
            self._drawn.update(Content(lines) if lines else _numbers(picture))


def _numbers(picture: Picture) -> Content:
    pairs = list(zip(picture.labels, picture.values, strict=True))[: -NUMBERS - 1 : -1]
    lines = [safe(f"{figure(picture, value):>10}  {label}", 80) for label, value in pairs]
    return Content("\n").join(lines)
