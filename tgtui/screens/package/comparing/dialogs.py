"""Dialogs of comparisons: which packages, under which name, and the saved ones."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import ClassVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.errors import TgtuiError
from tgtui.data.views.comparing import SavedComparison
from tgtui.screens.base.opening import OpenSideBySide
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.screens.dialogs.line import LineScreen
from tgtui.services.personal.comparing import SavedComparisons, compared_in
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER, key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

NOTHING_SAVED = "You saved no comparisons yet. {} saves the packages that stand side by side."


class PackagesScreen(LineScreen):
    """Asks which packages to compare, and opens them; what is typed comes behind those that are there."""

    def __init__(self, text: str, *, replaces: bool) -> None:
        """`replaces`: the screen behind is closed then."""
        super().__init__(
            "Compare packages",
            f"{ENTER} compares",
            text,
            _judge,
            placeholder="npm:react   npm:preact@10.0.0   jsr:@std/assert",
            empty=Content("Two to four packages, of any registries."),
        )
        self._replaces = replaces

    def dismiss(self, result: str | None = None) -> AwaitComplete:
        app, closed = self.app, super().dismiss(result)
        if result is not None:
            if self._replaces:
                app.pop_screen()
            app.open(OpenSideBySide(compared_in(result)))
        return closed

    def on_mount(self) -> None:
        line = self.query_one(Input)
        line.select_on_focus = False
        line.value = f"{line.value.strip()} ".lstrip()
        line.cursor_position = len(line.value)


def _judge(typed: str) -> Content:
    named = "   ".join(map(str, compared_in(typed)))
    return Content.assemble("Compares ", safe(named, 300, style="bold $text-success"))


def name_dialog(title: str, name: str) -> LineScreen:
    """Asks for the name of a comparison."""

    def judge(typed: str) -> Content:
        from tgtui.data.search.saved import usable_name

        return Content.assemble("Saves ", safe(usable_name(typed, "comparison"), style="bold"))

    return LineScreen(title, f"{ENTER} saves", name, judge)


class ComparisonsScreen(Dialog[None]):
    """Opens the chosen one, renames and deletes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="comparisons.close"),
        Binding("e", "rename", "Rename", id="comparisons.rename"),
        Binding("x,delete", "delete", "Delete", id="comparisons.delete"),
    ]

    def __init__(self) -> None:
        does = {
            "list.select": "opens",
            "comparisons.rename": "renames",
            "comparisons.delete": "deletes",
        }
        told = " · ".join(f"{key(id)} {word}" for id, word in does.items())
        super().__init__("Saved comparisons", f"{told} · {key('comparisons.close')} closes")
        self._list = RowList[SavedComparison](
            [
                Column(lambda row: safe(row.name), share=2, tells=True),
                Column(lambda row: safe(row.packages, style=MUTED), share=3, tells=True),
            ],
            key=lambda row: row.name,
            click_selects=True,
        )
        self._verdict = Static(id="verdict")

    def compose_body(self) -> Iterable[Widget]:
        yield self._list
        yield self._verdict

    def on_mount(self) -> None:
        self._list.focus()
        self.seek(self._read_rows, failed=self._say)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        app, row = self.app, event.row
        self.dismiss()
        app.open(OpenSideBySide(compared_in(row.packages)))

    @property
    def _kept(self) -> SavedComparisons:
        catalogue = self.app.catalogue
        assert catalogue is not None  # its key works only then
        return catalogue.comparisons

    def action_rename(self) -> None:
        row = self._list.current
        if row is not None:
            dialog = name_dialog(f"Rename {row.name}", row.name)
            self.app.push_screen(dialog, lambda name: self._renamed(row, name))

    def action_delete(self) -> None:
        row = self._list.current
        if row is not None:
            self.act(lambda: self._change(self._kept.delete(row.name)), failed=self._say)

    def _renamed(self, row: SavedComparison, name: str | None) -> None:
        if name is not None:
            self.act(lambda: self._change(self._kept.rename(row.name, name)), failed=self._say)

    async def _change(self, change: Awaitable[bool]) -> None:
        await change
        self._verdict.update("")
        await self._read_rows()

    async def _read_rows(self) -> None:
        rows = await self._kept.own()
        self._list.set_rows(rows)
        self._list.refresh(layout=True)  # as high as its rows
        if not rows:
            self._verdict.update(NOTHING_SAVED.format(key("compare.save")))

    def _say(self, error: TgtuiError) -> None:
        self._verdict.update(safe(error, style="$text-error"))
