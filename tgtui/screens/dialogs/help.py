"""Every key that works where the focus is, taken from the bindings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from msgspec import Struct
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Static

from tgtui.data.views.logins import Role
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.screens.base.keys import is_global
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.keys import PALETTE, key

Place = Literal["here", "screen", "app"]
"""Where a key works: in the focused widget, on the screen, everywhere."""
TITLES: dict[Place, str] = {
    "here": "Where the focus is",
    "screen": "On this screen",
    "app": "Everywhere",
}
KEY_WIDTH = 14
"""Width of the column of keys, in cells."""
PLAIN_WORDS = {
    "app.focus_next": "Go to the next pane or field",
    "app.focus_previous": "Go to the previous pane or field",
    "screen.copy_text": "Copy the text that is selected with the mouse",
}
"""For actions that Textual binds itself."""


class HelpRow(Struct, frozen=True):
    """One action and the keys that run it here."""

    keys: str
    text: str


class HelpGroup(Struct, frozen=True):
    """The keys that work in one place."""

    title: str
    rows: Sequence[HelpRow]


class HelpScreen(Dialog[None]):
    """Closes with escape, `?` or `q`."""

    CSS_PATH = [*Dialog.CSS_PATH, Path(__file__).with_name("help.tcss")]  # noqa: RUF012
    FRAME = VerticalScroll
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, groups: Sequence[HelpGroup], lacking: Sequence[str]) -> None:
        """`lacking` says how to get each role that is missing, a sentence each."""
        super().__init__(
            "Keys", f"{key('help.close')} closes · {PALETTE} finds every action by name"
        )
        self._groups = groups
        self._lacking = lacking

    def compose_body(self) -> Iterable[Widget]:
        for group in self._groups:
            yield Static(Content(group.title), classes="help-title")
            for row in group.rows:
                yield PageText(_line(row))
        if self._lacking:
            yield Static(Content("Not available with your role"), classes="help-title")
        for sentence in self._lacking:
            yield Static(Content(sentence), classes="help-note")


def help_groups(
    bindings: Iterable[ActiveBinding],
    place_of: Callable[[DOMNode], Place],
    display: Callable[[Binding], str],
) -> list[HelpGroup]:
    """The keys that work now, by where they work; `display` gives a key's name."""
    found: dict[Place, dict[str, tuple[list[str], Binding]]] = {place: {} for place in TITLES}
    for active in bindings:
        binding = active.binding
        if binding.system or not active.enabled:
            continue
        place: Place = "app" if is_global(binding) else place_of(active.node)
        keys, _ = found[place].setdefault(binding.action, ([], binding))
        shown = display(binding)
        if shown not in keys:
            keys.append(shown)
    return [
        HelpGroup(
            TITLES[place],
            [HelpRow(" ".join(keys), _said_of(binding)) for keys, binding in rows.values()],
        )
        for place, rows in found.items()
        if rows
    ]


def lacking_roles(person: Principal | None) -> list[str]:
    """How to get each role that the person has not, a sentence each; None while no one is known."""
    if person is None:
        return []
    roles: tuple[Role, ...] = ("authenticated", "admin")
    return list(dict.fromkeys(lacking(person, role) for role in roles if not person.can(role)))


def _said_of(binding: Binding) -> str:
    return PLAIN_WORDS.get(binding.action) or binding.tooltip or binding.description


def _line(row: HelpRow) -> Page:
    """The text stays beside the keys, on as many lines as it needs."""
    keys = Content.styled(row.keys.ljust(KEY_WIDTH), "bold $text-accent")
    words = [Content(word) for word in row.text.split()]
    return Page([Flow(words, Content(" "), Content.assemble("  ", keys, " "))], "")
