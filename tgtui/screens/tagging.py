"""The tag picker: which tags a package, or several, have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tgtui.data.tag_views import TagChoice
from tgtui.data.views import TagLabel
from tgtui.formatting import counted
from tgtui.names import fold
from tgtui.widgets.columns import Column
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED, tag_label
from tgtui.widgets.row_list import RowList

SIGNS = {"all": "[x]", "none": "[ ]", "some": "[-]"}


@dataclass(frozen=True, slots=True)
class TagChange:
    """What to give and to take."""

    add: frozenset[UUID]
    remove: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag, who has it, and whether that is to change."""

    label: TagLabel
    had: str
    """`all`, `none` or `some` of the packages."""
    wanted: str


class TagFilter(Input):
    """Letters narrow the list; the keys of the list work from here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the line takes it as a letter: no tag is looked for by a space.
        Binding("space", "screen.toggle_tag", "toggle", id="tags.toggle", priority=True),
        Binding("down", "screen.move(1)", "next", show=False, id="tags.down"),
        Binding("up", "screen.move(-1)", "previous", show=False, id="tags.up"),
    ]


class TagScreen(ModalScreen[TagChange | None]):
    """Ends with the change, None on escape."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="tags.close")]

    def __init__(self, title: str, packages: int, choices: Sequence[TagChoice]) -> None:
        super().__init__()
        self._title = title
        self._packages = packages
        self._tags = {choice.label.id: _row(choice, packages) for choice in choices}
        self._list = RowList[TagRow](
            [
                Column(_sign, width=3),
                Column(lambda row: tag_label(row.label)),
                Column(lambda row: safe(row.label.slug, 40, style=MUTED)),
            ],
            key=lambda row: row.label.id,
            click_selects=True,
            id="tags-list",
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = safe(f"Tags of {self._title}", 70)
            dialog.border_subtitle = Content("space toggles · enter saves · esc closes")
            yield TagFilter(placeholder="type to filter", compact=True, id="tag-filter")
            yield self._list
            yield Static(id="verdict")

    def on_mount(self) -> None:
        self.query_one("#tag-filter").focus()
        self._list.can_focus = False  # the filter line has the keys
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _save(self) -> None:
        rows = self._tags.values()
        add = frozenset(row.label.id for row in rows if row.wanted == "all" and row.had != "all")
        remove = frozenset(
            row.label.id for row in rows if row.wanted == "none" and row.had != "none"
        )
        self.dismiss(TagChange(add, remove) if add or remove else None)

    @on(RowList.Selected)
    def _clicked(self) -> None:
        self.action_toggle_tag()

    def action_move(self, step: int) -> None:
        self._list.move_to_line(self._list.cursor_line + step)

    def action_toggle_tag(self) -> None:
        row = self._list.current
        if row is None:
            return
        # What some have is given to all first; a third press leaves it as it was.
        cycle = ["some", "all", "none"] if row.had == "some" else ["none", "all"]
        following = cycle[(cycle.index(row.wanted) + 1) % len(cycle)]
        changed = replace(row, wanted=following)
        self._tags[row.label.id] = changed
        self._show(self.query_one(TagFilter).value)

    def _show(self, typed: str) -> None:
        wanted = fold(typed.strip())
        self._list.set_rows(
            [
                row
                for row in self._tags.values()
                if wanted in fold(row.label.name) or wanted in fold(row.label.slug)
            ]
        )
        self._say()

    def _say(self) -> None:
        changes = [
            f"{'+' if row.wanted == 'all' else '-'}{row.label.slug}"
            for row in self._tags.values()
            if row.wanted != row.had
        ]
        if not self._tags:
            text = Content("There are no tags yet.")
        elif changes:
            of = f" of {counted(self._packages, 'package')}" if self._packages > 1 else ""
            text = safe(f"Changes{of}: {', '.join(changes)}", style="$text-success")
        elif not self._list.rows:
            text = Content("No tag has that in its name.")
        else:
            text = Content("Nothing changes yet.")
        self.query_one("#verdict", Static).update(text)


def _row(choice: TagChoice, packages: int) -> TagRow:
    had = "none" if not choice.count else "all" if choice.count >= packages else "some"
    return TagRow(choice.label, had, had)


def _sign(row: TagRow) -> Content:
    style = "bold $text-success" if row.wanted == "all" else MUTED
    return Content.styled(SIGNS[row.wanted], style)
