"""Every key that works where the focus is, made from the bindings themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tgtui.identity.roles import lacking
from tgtui.screens.base import BaseScreen
from tgtui.screens.keys import is_global
from tgtui.widgets.flow import Flow, Page, PageText

KEY_WIDTH = 14
"""Cells of the column of keys."""
PLAIN_WORDS = {
    "app.focus_next": "Go to the next pane or field",
    "app.focus_previous": "Go to the one before",
    "screen.copy_text": "Copy the text that is selected with the mouse",
}
"""Of what Textual binds by itself, by action."""


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One action and the keys that run it here."""

    keys: str
    text: str


class HelpScreen(ModalScreen[None]):
    """Closes with escape, `?` or `q`."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._groups = help_groups(about)
        self._lacking = what_is_lacking(about)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = Content("Keys")
            scroll.border_subtitle = Content("esc closes · ctrl+p finds every action by name")
            for title, rows in self._groups:
                yield Static(Content(title), classes="help-title")
                for row in rows:
                    yield PageText(_line(row))
            if self._lacking:
                yield Static(Content("What your role does not offer"), classes="help-title")
            for sentence in self._lacking:
                yield Static(Content(sentence), classes="help-note")


def what_is_lacking(screen: Screen[Any]) -> list[str]:
    """How people get each role that they lack, a sentence each."""
    if not isinstance(screen, BaseScreen) or not screen.is_live:
        return []
    person = screen.catalogue.principal
    told = [lacking(person, role) for role in ("authenticated", "admin") if not person.can(role)]
    return list(dict.fromkeys(told))


def help_groups(screen: Screen[Any]) -> list[tuple[str, list[HelpRow]]]:
    """Rows under "Here" (what has the focus), "This screen" and "Everywhere"."""
    titles = {"here": "Where the focus is", "screen": "On this screen", "app": "Everywhere"}
    found: dict[str, dict[str, tuple[list[str], Binding]]] = {group: {} for group in titles}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.system or not active.enabled:
            continue
        group = "app" if active.node is screen.app or is_global(binding) else "here"
        if group == "here" and active.node is screen:
            group = "screen"
        keys, _ = found[group].setdefault(binding.action, ([], binding))
        display = screen.app.get_key_display(binding)
        if display not in keys:
            keys.append(display)
    return [
        (
            titles[group],
            [HelpRow(" ".join(keys), _said_of(binding)) for keys, binding in rows.values()],
        )
        for group, rows in found.items()
        if rows
    ]


def _said_of(binding: Binding) -> str:
    return PLAIN_WORDS.get(binding.action) or binding.tooltip or binding.description


def _line(row: HelpRow) -> Page:
    """Its words stay beside the keys, on as many lines as they take."""
    keys = Content.styled(row.keys.ljust(KEY_WIDTH), "bold $text-accent")
    words = [Content(word) for word in row.text.split()]
    return Page([Flow(words, Content(" "), Content.assemble("  ", keys, " "))], "")
