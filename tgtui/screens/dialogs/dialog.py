"""The frame of every dialog: a box over the screen, with a heading above and its keys below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from textual import getters
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.screens.base.ordering import AWAITED, SOUGHT
from tgtui.screens.base.screen import Shell
from tgtui.screens.base.work import Work, start
from tgtui.widgets.content import safe
from tgtui.widgets.lists.cutting import cut
from tgtui.widgets.selecting import Selecting

FRAME_CELLS = 2
"""Cells by which the heading is shorter than the lines below it."""
HEADING_CELLS = 240
"""A heading may hold names of any length."""

Result = TypeVar("Result")


class Closing:
    """For a screen: it closes itself, and nothing else. No screen of its own, else Textual would overlook the other's styles."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it with this result, and what was opened over it. It may be closed: a click comes with a key, an answer
        late."""
        me: Any = self
        app: App[Any] = me.app
        if me not in app.screen_stack:
            return AwaitComplete()
        while app.screen is not me:
            app.pop_screen()
        closed: AwaitComplete = super().dismiss(result)  # type: ignore[misc]
        return closed


class Dialog(Selecting, Closing, ModalScreen[Result], Generic[Result]):
    """Subclasses yield their widgets in `compose_body`, and close with `dismiss`."""

    app = getters.app(Shell)

    CSS_PATH = [Path(__file__).with_name("dialog.tcss")]  # noqa: RUF012 - as Screen declares it
    FRAME: ClassVar[type[Widget]] = Vertical

    def __init__(self, heading: str, keys: str, *, is_large: bool = False) -> None:
        """`keys` says what the keys do, as in `enter saves · esc closes`. The heading may be hostile text."""
        super().__init__()
        self._heading = heading
        self._keys_said = keys
        self._classes_of_frame = "dialog -large" if is_large else "dialog"

    def compose(self) -> ComposeResult:
        with self.FRAME(classes=self._classes_of_frame) as frame:
            frame.border_title = safe(self._heading, HEADING_CELLS)  # until its width is known
            frame.border_subtitle = Content(self._keys_said)
            yield from self.compose_body()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_heading)

    def entitle(self, heading: str) -> None:
        """Another heading; where it is too long, its middle gives way."""
        self._heading = heading
        self._draw_heading()

    def compose_body(self) -> Iterable[Widget]:
        """The widgets in the box."""
        return ()

    @property
    def frame(self) -> Widget:
        """The box."""
        return self.query_one(".dialog", self.FRAME)

    def start(
        self, work: Work, *, failed: Callable[[TgtuiError], object], group: str = "work"
    ) -> None:
        """Run `work` while the dialog is open; this cancels earlier work of the same group."""
        start(self, group, work, failed)

    def act(
        self, work: Work, *, failed: Callable[[TgtuiError], object], group: str = "work"
    ) -> None:
        """The same for what a key asked for; the next one waits for it."""
        start(self, group, work, failed, name=AWAITED)

    def seek(
        self, work: Work, *, failed: Callable[[TgtuiError], object], group: str = "work"
    ) -> None:
        """The same for what is read to be acted on; what is typed into a line doesn't wait."""
        start(self, group, work, failed, name=SOUGHT)

    def say_keys(self, keys: str) -> None:
        """Show what the keys do now."""
        self._keys_said = keys
        self.frame.border_subtitle = Content(keys)

    def _draw_heading(self) -> None:
        for frame in self.query(".dialog"):  # none if it was closed meanwhile
            text, room = safe(self._heading, HEADING_CELLS), frame.size.width - FRAME_CELLS
            shown = cut(text, room) if room > 0 else text
            if frame.border_title != shown.markup:
                frame.border_title = shown
