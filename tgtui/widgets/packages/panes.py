"""The three lists of the package screen: side by side, or one at a time under tabs where there is no room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tgtui.data.views.edges import Dependent
from tgtui.data.views.versions import VersionRow
from tgtui.syntax.reference import DEFAULT_REGISTRY
from tgtui.widgets.lists.growing_list import GrowingList
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.packages.columns import (
    EdgeRow,
    dependent_columns,
    edge_columns,
    edge_heading,
    version_columns,
)

TITLES = {"versions": "Versions", "dependencies": "Dependencies", "dependents": "Used by"}
"""By the pane's id, from left to right."""


class Tab(Static):
    """Names a pane where only one of them fits; a click sends `Chosen`."""

    DEFAULT_CSS = """
    Tab { width: auto; height: 1; padding: 0 1; color: $foreground-muted; }
    Tab.-active { color: $primary; text-style: bold; }
    """
    ALLOW_SELECT = False

    class Chosen(Message):
        """The pane called `name` is wanted."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, pane: str) -> None:
        super().__init__(id=f"tab-{pane}")
        self._pane = pane

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Chosen(self._pane))


class VersionList(GrowingList[VersionRow]):
    """Of one package."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "select",
            id="versions.select",
            tooltip="Go to the version's dependencies, and have them loaded where they are not here",
        )
    ]


class EdgeList(RowList[EdgeRow]):
    """While it is empty, enter is left to the screen, which has the dependencies loaded."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "select":
            return self.current is not None
        return super().check_action(action, parameters)


class PackagePanes(Vertical):
    """The pane with the focus is the active one, which alone is shown on a narrow screen."""

    DEFAULT_CSS = """
    PackagePanes { height: 1fr; }
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.marked: dict[UUID, VersionRow] = {}
        """Versions to be compared."""
        self.registry = DEFAULT_REGISTRY
        """Of the package, whose words are used."""
        self.version_rows = VersionList(
            version_columns(now, lambda: self.registry, self.marked),
            key=lambda row: row.id,
            id="versions-list",
        )
        self.edge_rows = EdgeList(
            edge_columns(),
            key=lambda row: row.edge.id if row.edge else row.heading,
            heading=edge_heading,
            id="dependencies-list",
        )
        self.dependent_rows = GrowingList[Dependent](
            dependent_columns(),
            key=lambda row: (row.version_id, row.range, row.type),
            id="dependents-list",
        )
        self.versions = ListPane(self.version_rows, "", id="versions")
        self.dependencies = ListPane(self.edge_rows, "", id="dependencies")
        self.dependents = ListPane(self.dependent_rows, "", id="dependents")
        self._panes = {
            "versions": self.versions,
            "dependencies": self.dependencies,
            "dependents": self.dependents,
        }
        self._tabs = {name: Tab(name) for name in TITLES}
        self._active = "versions"

    def compose(self) -> ComposeResult:
        yield Horizontal(*self._tabs.values(), id="tabs")
        yield Horizontal(*self._panes.values(), id="panes")

    def on_mount(self) -> None:
        self._activate(self._active)
        for name in TITLES:
            self.title(name, "")

    def toggle_mark(self) -> None:
        """Of the version under the cursor."""
        row = self.version_rows.current
        if row is not None and self.marked.pop(row.id, None) is None:
            self.marked[row.id] = row
        self.version_rows.redraw()

    def wait(self) -> None:
        """All of it is being read."""
        for pane in self._panes.values():
            pane.wait()

    def give_up(self, text: Content) -> None:
        """What is still waited for does not come."""
        for pane in self._panes.values():
            if pane.is_waiting:
                pane.say(text)

    def title(self, name: str, amount: str | Content) -> None:
        """What stands above a pane, and on its tab, behind its number and name."""
        number = list(TITLES).index(name) + 1
        title = Content(f"[{number}] {TITLES[name]}")
        if amount:
            title = Content.assemble(title, " ", amount)
        self._panes[name].border_title = title
        self._tabs[name].update(title)

    def go_to(self, name: str) -> None:
        """Show the pane and give its list the focus."""
        self._activate(name)
        self._panes[name].list.focus()

    def step(self, step: int) -> None:
        """To the pane so many places to the right; the outermost ones are the end."""
        names = list(TITLES)
        place = names.index(self._active) + step
        self.go_to(names[max(0, min(len(names) - 1, place))])

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for name, pane in self._panes.items():
            if event.widget is pane.list:
                self._activate(name)

    @on(Tab.Chosen)
    def _tab_chosen(self, event: Tab.Chosen) -> None:
        self.go_to(event.name)

    def _activate(self, name: str) -> None:
        self._active = name
        for each in TITLES:
            self._panes[each].set_class(each == name, "-active")
            self._tabs[each].set_class(each == name, "-active")
