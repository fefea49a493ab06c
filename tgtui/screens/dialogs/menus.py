"""Small menus: what to copy, which page to open, which theme to use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.links import web_address
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageDetail
from tgtui.registries.registration import registration
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

ROOM = 55
"""Cells of a line in a small dialog."""
MAX_TEXT = 2_000
"""Longer than any name, version or address that is stored: what is copied or opened must be whole."""


class Choice(Struct, frozen=True):
    """One line of a menu."""

    label: str
    """Empty for what continues the line before."""
    text: str
    """What is copied or opened; clean."""


class MenuScreen(Dialog[Choice | None]):
    """Returns the chosen line, None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="menu.close")
    ]

    def __init__(
        self, title: str, does: str, choices: Sequence[Choice], *, start: str | None = None
    ) -> None:
        """`does` says what enter does, as in `copies`; `start` is the label of the line the cursor starts on."""
        is_long = any(cell_len(choice.text) > ROOM for choice in choices)
        super().__init__(
            title, f"{key('list.select')} {does} · {key('menu.close')} closes", is_large=is_long
        )
        self._start = start
        self._choices = choices

    def compose_body(self) -> Iterable[Widget]:
        is_counted = all(choice.label.isdigit() or not choice.label for choice in self._choices)
        width = 3 if is_counted else 12
        yield RowList[Choice](
            [
                Column(lambda choice: Content.styled(choice.label, MUTED), width=width),
                Column(lambda choice: safe(choice.text, MAX_TEXT), tells=True),
            ],
            key=lambda choice: choice.label or choice.text,
            click_selects=True,
        )

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(self._choices, start=self._start)

    @on(RowList.Selected)
    def _chosen(self, event: RowList.Selected) -> None:
        self.dismiss(event.row)


class ThemeScreen(Dialog[None]):
    """Shows the theme under the cursor at once; enter applies it, escape reverts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "revert", "Close", id="theme.close")
    ]

    def __init__(self, themes: Sequence[str], current: str) -> None:
        super().__init__("Theme", f"{key('list.select')} applies · {key('theme.close')} closes")
        self._themes = themes
        self._before = current

    def compose_body(self) -> Iterable[Widget]:
        yield RowList[str]([Column(lambda name: Content(name))], key=lambda name: name, id="themes")

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.set_rows(self._themes)
        rows.move_to_key(self._before)

    @on(RowList.Highlighted)
    def _try(self, event: RowList.Highlighted) -> None:
        if event.row is not None:
            self.app.theme = event.row

    @on(RowList.Selected)
    def _keep(self, event: RowList.Selected) -> None:
        name: str = event.row
        self.app.tell(f'To keep it, put  theme = "{name}"  in the settings file.')
        self.dismiss()

    def action_revert(self) -> None:
        self.app.theme = self._before
        self.dismiss()


def copy_choices(registry: str, name: str, version: str | None) -> list[Choice]:
    """Name, name and version, purl, and the install command of each client."""
    reference = PackageReference(registry, name, version)
    choices = [Choice("name", name), Choice("purl", reference.purl)]
    known = registration(registry)
    pinned = f"{name}{known.version_sign or '@'}{version}"
    if version is not None:
        choices.insert(1, Choice("version", pinned))
    if version is None or not known.installs_versions:
        pinned = name
    choices += [Choice(client, command.format(pinned)) for client, command in known.install.items()]
    return [Choice(choice.label, clean(choice.text, MAX_TEXT)) for choice in choices]


def open_choices(detail: PackageDetail) -> list[Choice]:
    """The package's pages, if they are web addresses: its author may have written anything."""
    pages = {
        "homepage": detail.homepage,
        "repository": detail.repository,
        "registry": registration(detail.registry).page(detail.name),
    }
    addresses = {label: web_address(page, MAX_TEXT) for label, page in pages.items()}
    return [Choice(label, address) for label, address in addresses.items() if address is not None]
