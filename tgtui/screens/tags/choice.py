"""The dialog to choose the tag that another one is merged into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.formatting import counted
from tgtui.data.views.tags import TagRow
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.syntax.names import fold
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER, key
from tgtui.widgets.labels import MUTED, tag_label
from tgtui.widgets.line_input import LineInput
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList


class ListFilter(LineInput):
    """Letters filter the list below; the keys that move in it work from here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.move(1)", "next", show=False, id="choice.down"),
        Binding("up", "screen.move(-1)", "previous", show=False, id="choice.up"),
    ]


class ChooseTagScreen(Dialog[TagRow | None]):
    """Returns the tag that gets the packages of `source`, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="choice.close")
    ]

    def __init__(self, source: TagRow, others: Sequence[TagRow]) -> None:
        super().__init__(
            f"Merge {source.name} into", f"{ENTER} merges · {key('choice.close')} closes"
        )
        self._source = source
        self._others = [(fold(f"{tag.name}\n{tag.slug}"), tag) for tag in others]
        self._list = RowList[TagRow](
            [
                Column(lambda tag: tag_label(tag.label), share=3, tells=True),
                Column(
                    lambda tag: Content.styled(counted(tag.packages, "package"), MUTED),
                    width=16,
                    align="right",
                ),
            ],
            key=lambda tag: tag.id,
            click_selects=True,
            id="tags-list",
        )

    def compose_body(self) -> Iterable[Widget]:
        yield ListFilter(placeholder="type to filter", compact=True, id="tag-filter")
        yield self._list
        yield Static(id="verdict")

    def on_mount(self) -> None:
        self._list.can_focus = False  # the filter has the keys
        self.query_one(ListFilter).focus()
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    @on(RowList.Selected)
    def _done(self) -> None:
        if self._list.current is not None:
            self.dismiss(self._list.current)

    @on(RowList.Highlighted)
    def _moved(self) -> None:
        self._say()

    def action_move(self, step: int) -> None:
        self._list.move_to_line(self._list.cursor_line + step)

    def _show(self, typed: str) -> None:
        wanted = fold(typed.strip())
        self._list.set_rows([tag for text, tag in self._others if wanted in text])
        self._say()

    def _say(self) -> None:
        into = self._list.current
        if into is None:
            text = Content("No other tag has that in its name.")
        else:
            text = safe(
                f"{counted(self._source.packages, 'package moves', 'packages move')} from {self._source.name} to {into.name},"
                f" keeping who tagged them and when; {self._source.name} is deleted."
            )
        self.query_one("#verdict", Static).update(text)
