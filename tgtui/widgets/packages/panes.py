"""Panes side by side, or one at a time under tabs where there is no room for more."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tgtui.widgets.keys import key
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList


class Tab(Static):
    """Names a pane where only one of them fits; a click sends `Chosen`."""

    DEFAULT_CSS = """
    Tab { width: auto; height: 1; padding: 0 1; color: $foreground-muted; }
    Tab.-active { color: $primary; text-style: bold; }
    """
    ALLOW_SELECT = False

    class Chosen(Message):
        """The pane with this id is wanted."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, pane: str) -> None:
        super().__init__(id=f"tab-{pane}")
        self._pane = pane

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Chosen(self._pane))


class TabbedPane(ListPane):
    """The key that leads there and its name stand in its border and on its tab."""

    def __init__(self, rows: RowList[Any], name: str, *, id: str) -> None:
        self._label = f"[{key(f'package.{id}')}] {name}"
        super().__init__(rows, self._label, id=id)
        self.tab = Tab(id)
        self.tab.update(Content(self._label))

    def describe(self, text: str | Content) -> None:
        """What stands after its name: how many, of what."""
        title = Content(self._label)
        if text:
            title = Content.assemble(title, " ", text)
        self.entitle(title)
        self.tab.update(title)


class PackagePanes(Vertical):
    """The pane with the focus is the active one, which alone is shown on a narrow screen."""

    DEFAULT_CSS = """
    PackagePanes { height: 1fr; }
    """

    def __init__(self, *panes: TabbedPane) -> None:
        """From left to right; each has an id."""
        super().__init__()
        self._panes = {str(pane.id): pane for pane in panes}
        self._active = next(iter(self._panes))

    def compose(self) -> ComposeResult:
        yield Horizontal(*(pane.tab for pane in self._panes.values()), id="tabs")
        yield Horizontal(*self._panes.values(), id="panes")

    def on_mount(self) -> None:
        self._activate(self._active)

    def wait(self) -> None:
        """Each is being read."""
        for pane in self._panes.values():
            pane.wait()

    def give_up(self, text: Content) -> None:
        """Say this in the panes that are still waiting."""
        for pane in self._panes.values():
            if pane.is_waiting:
                pane.say(text)

    def go_to(self, name: str) -> None:
        """Show the pane and give its list the focus."""
        self._activate(name)
        self._panes[name].list.focus()

    def step(self, step: int) -> None:
        """To the pane this many places to the right; stops at the outermost ones."""
        names = list(self._panes)
        place = names.index(self._active) + step
        self.go_to(names[max(0, min(len(names) - 1, place))])

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for name, pane in self._panes.items():
            if event.widget is pane.list:
                self._activate(name)

    @on(Tab.Chosen)
    def _tab_chosen(self, event: Tab.Chosen) -> None:
        self.go_to(event.pane)

    def _activate(self, name: str) -> None:
        self._active = name
        for each, pane in self._panes.items():
            pane.set_class(each == name, "-active")
            pane.tab.set_class(each == name, "-active")
