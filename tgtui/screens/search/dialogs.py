"""The dialogs of the search screen: which order, a name to save the search under, a file to export to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.content import Content
from textual.widgets import Input

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import counted, number
from tgtui.output import package_list
from tgtui.screens.dialogs.line import LineScreen
from tgtui.screens.dialogs.menus import Choice, MenuScreen
from tgtui.screens.search.results import SORT_LABELS
from tgtui.syntax.query import Sort
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER

EXPORT_FILE = "packages.csv"


def sort_menu(current: Sort) -> MenuScreen:
    """Every order."""
    choices = [Choice(sort, text) for sort, text in SORT_LABELS.items()]
    return MenuScreen("Sort", "sorts", choices, start=current)


def sort_of(choice: Choice) -> Sort:
    """The order that a line of the menu stands for."""
    return next(sort for sort in SORT_LABELS if sort == choice.label)


def save_dialog(typed: str) -> LineScreen:
    """Asks for the name of the search."""

    def judge(name: str) -> Content:
        if not name.strip():
            raise UsageError("Give the search a name.")
        return Content.assemble("Saves ", safe(typed, 200, style="bold"))

    return LineScreen("Save the search", f"{ENTER} saves", typed, judge)


class ExportDialog(LineScreen):
    """Asks for the file."""

    def __init__(self, total: int | None, count: Callable[[], Awaitable[int]]) -> None:
        """`count` says how many there are if `total` is None."""
        super().__init__(_heading(total), f"{ENTER} writes", EXPORT_FILE, self._judge_file)
        self._total = total
        self._count = count

    def on_mount(self) -> None:
        if self._total is None:
            self.start(self._say_total, failed=lambda _: None)  # the export itself says it

    async def _say_total(self) -> None:
        self._total = await self._count()
        self.entitle(_heading(self._total))
        self._say(self.query_one(Input).value)

    def _judge_file(self, text: str) -> Content:
        path = package_list.file_named(text)
        kind, _text = package_list.FORMATS[path.suffix.lower()]
        replaces = " and replaces the file there" if path.exists() else ""
        is_part = self._total is not None and self._total > package_list.EXPORTED_AT_MOST
        most = " (the maximum)" if is_part else ""
        return safe(f"Writes {_amount(self._total)}{most} as {kind} to {path}{replaces}.", 400)


def _heading(total: int | None) -> str:
    return f"Export {_amount(total)}"


def _amount(total: int | None) -> str:
    if total is None:
        return "all matching packages"
    if total > package_list.EXPORTED_AT_MOST:
        return f"the first {number(package_list.EXPORTED_AT_MOST)} of {counted(total, 'package')}"
    return counted(total, "package")
