"""Two versions of a package side by side: what their dependencies differ in, and what an install gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tgtui.basics.errors import TgtuiError
from tgtui.data.graph.comparison import Comparison, compare
from tgtui.data.packages.detail import find_package, package_detail
from tgtui.data.views.versions import VersionRow
from tgtui.output.comparison import sides_in_words
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.loading import being_loaded
from tgtui.screens.base.opening import OpenPackage
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.tree.commands import SwapVersions
from tgtui.screens.tree.compare_rows import (
    CompareRow,
    compare_columns,
    compare_heading,
    compare_rows,
)
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList


class CompareScreen(BaseScreen):
    """Has both versions loaded first; follows the catalogue while it is open."""

    DEFAULT_CSS = """
    CompareScreen #compare-head { height: auto; max-height: 3; padding: 0 1; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(SwapVersions)

    def __init__(self, before: VersionRow, after: VersionRow, name: str) -> None:
        """`name` is the package's."""
        super().__init__()
        self._before, self._after = before, after
        self._name_of_package = name
        self._found: Comparison | None = None
        self._wanted: set[object] = set()
        self._rows = RowList[CompareRow](
            compare_columns(), key=lambda row: row.key, heading=compare_heading
        )
        self._pane = ListPane(self._rows, "Differences", id="differences")

    def place(self) -> Content:
        return Content("Compare")

    def compose_body(self) -> Iterable[Widget]:
        yield Static(id="compare-head")
        yield self._pane

    def on_mount(self) -> None:
        self._rows.focus()
        self._pane.wait()
        self._draw_head()

    def report(self, error: TgtuiError) -> None:
        super().report(error)
        if self._pane.is_waiting:
            self._say(str(error))

    async def refresh_live(self) -> None:
        found = await self.catalogue.database.read(compare, self._before.id, self._after.id)
        self._found = found
        self._draw_head()
        if found is None:
            self._say("One of the versions is no longer in the catalogue; esc goes back.")
            return
        if unloaded := _unloaded(found):
            await self._load(unloaded)
            return
        rows = compare_rows(found)
        self._rows.set_rows(rows)
        if rows:
            self._pane.say(None)
        else:
            self._say("Nothing differs: the same dependencies, and the same below them.")

    def action_swap(self) -> None:
        self._before, self._after = self._after, self._before
        self._found = None
        self._rows.set_rows([], reset=True)
        self._pane.wait()
        self._draw_head()
        self.hint()

    async def action_ask(self) -> None:
        """Once more for what could not be loaded."""
        if self._found is not None and _unloaded(self._found):
            self._wanted.clear()
            await self._load(_unloaded(self._found))
        else:
            await super().action_ask()

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.start("open", self._open, event.row)

    async def _open(self, row: CompareRow) -> None:
        name = row.name.rpartition(" = ")[2]
        package_id = await self.catalogue.database.read(find_package, row.registry, name)
        if package_id is None:
            self.tell(f"{row.registry}:{name} is not in the catalogue yet.")
        else:
            self.app.open(OpenPackage(package_id))

    async def _load(self, versions: Sequence[VersionRow]) -> None:
        """Once for each; what the worker stores brings the screen up to date."""
        person = self.catalogue.principal
        for version in versions:
            if version.id not in self._wanted and person.can("ask"):
                self._wanted.add(version.id)
                await self.catalogue.requesting.want_version(version.id)
        package = await self.catalogue.database.read(package_detail, versions[0].package_id)
        self._rows.set_rows([], reset=True)
        self._pane.say(
            being_loaded(
                [version.version for version in versions],
                package.request if package is not None else None,
                self.unattended(package.registry) if package is not None else "",
                self.app.now(),
                key="a",
                person=person,
            )
        )

    def _say(self, sentence: str) -> None:
        self._rows.set_rows([], reset=True)
        self._pane.say(safe(sentence, style=MUTED))

    def _draw_head(self) -> None:
        parts = [
            safe(self._name_of_package, style="bold $primary"),
            Content("  "),
            safe(self._before.version, 80, style="bold"),
            Content.styled(" → ", MUTED),
            safe(self._after.version, 80, style="bold"),
        ]
        if self._found is not None and not _unloaded(self._found):
            words = sides_in_words(self._found)
            parts.append(Content.styled(f"   {words}", MUTED))
            if not (self._found.before.is_whole and self._found.after.is_whole):
                parts.append(Content.styled(" · not all of it is loaded yet", "$text-warning"))
        self.query_one("#compare-head", Static).update(Content("").join(parts))


def _unloaded(found: Comparison) -> list[VersionRow]:
    versions = (found.before.version, found.after.version)
    return [version for version in versions if not version.dependencies_loaded]
