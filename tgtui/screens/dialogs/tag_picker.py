"""The tag picker: which tags one or more packages have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import ago, counted
from tgtui.data.views.tags import TagChoice, TagLabel, TagRow
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.syntax.names import fold
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER, key
from tgtui.widgets.labels import MUTED, tag_label
from tgtui.widgets.line_input import LineInput
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

if TYPE_CHECKING:
    from tgtui.data.storage.reader import Reader
    from tgtui.services.curation import Curating

NEW_SIGN = " + "
SIGNS = {"all": "[x]", "none": "[ ]", "some": "[-]"}


class TagsChanged(Struct, frozen=True):
    """The result of applying and removing tags."""

    sentence: str
    is_partial: bool
    """Some tags or packages were deleted meanwhile."""


class PickRow(Struct, frozen=True):
    """A tag, which packages have it, and whether that will change; without a label, the offer to create one."""

    label: TagLabel | None
    had: str = "none"
    """`all`, `none` or `some` of the packages."""
    wanted: str = "none"
    count: int = 0
    assigned_by: str | None = None
    """Who applied it, if there is one package."""
    assigned_at: datetime | None = None
    new_name: str = ""
    """Name of the tag that is offered to be created."""
    text: str = ""
    """Its name and slug, folded, for the filter."""

    @property
    def key(self) -> str:
        """Slugs are unique, and quicker to compare than ids."""
        return self.label.slug if self.label is not None else ""


class TagFilter(LineInput):
    """Letters narrow the list; the keys of the list work from here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the box takes it as a letter: no one searches for a tag by a space.
        Binding("space", "screen.toggle_tag", "toggle", id="tags.toggle", priority=True),
        Binding("down", "screen.move(1)", "next", show=False, id="tags.down"),
        Binding("up", "screen.move(-1)", "previous", show=False, id="tags.up"),
    ]


class TagScreen(Dialog[TagsChanged | None]):
    """Returns what was changed, None on escape or if nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="tags.close"),
        Binding("ctrl+n", "new_tag", "New tag", id="tags.make"),
    ]

    def __init__(
        self,
        title: str,
        package_ids: Sequence[UUID],
        read: Reader,
        curating: Curating,
        now: datetime,
    ) -> None:
        super().__init__(
            f"Tags of {title}",
            f"{key('tags.toggle')} toggles · {ENTER} saves · {key('tags.make')} creates one · {key('tags.close')} closes",
        )
        self._ids = package_ids
        self._packages = len(package_ids)
        self._reader = read
        self._curating = curating
        self._now = now
        self._is_known = False
        """The tags are loaded."""
        self._tags: dict[str, PickRow] = {}
        """By slug."""
        self._names: set[str] = set()
        """Every name and slug, folded: a tag with one of these is not offered to be created."""
        self._list = RowList[PickRow](
            [
                Column(_sign, width=3),
                Column(_name, share=3, tells=True),
                Column(self._who, share=2, from_width=40),
            ],
            key=lambda row: row.key,
            click_selects=True,
            id="tags-list",
        )

    def compose_body(self) -> Iterable[Widget]:
        yield TagFilter(placeholder="type to filter", compact=True, id="tag-filter")
        yield self._list
        yield Static(id="verdict")

    def on_mount(self) -> None:
        self.query_one("#tag-filter").focus()
        self._list.can_focus = False  # the filter line has the keys
        self._say()
        self.seek(self._read, failed=self._could_not_read, group="read")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if self._changes:
            self.act(self._save, failed=self._say, group="save")
        else:
            self.dismiss(None)

    @on(RowList.Selected)
    def _clicked(self) -> None:
        self.action_toggle_tag()

    @on(RowList.Highlighted)
    def _moved(self) -> None:
        self._say()

    def action_move(self, step: int) -> None:
        self._list.move_to_line(self._list.cursor_line + step)

    def action_toggle_tag(self) -> None:
        row = self._list.current
        if row is None:
            return
        if row.label is None:
            self.action_new_tag()
            return
        # A tag that some have is first applied to all; a third press leaves it as it was.
        cycle = ["some", "all", "none"] if row.had == "some" else ["none", "all"]
        following = cycle[(cycle.index(row.wanted) + 1) % len(cycle)]
        self._tags[row.key] = replace(row, wanted=following)
        self._show(self.query_one(TagFilter).value)

    def action_new_tag(self) -> None:
        """Create one in its dialog, starting with the typed name; it is applied at once."""
        from tgtui.screens.dialogs.tag_editor import TagEditor

        def made(tag: TagRow | None) -> None:
            if tag is None:
                return
            had = self._tags.get(tag.slug, pick_row(TagChoice(tag.label, 0), self._packages))
            self._add(replace(had, wanted="all"))
            self.query_one(TagFilter).value = ""
            self._show("")
            self._list.move_to_key(tag.slug)

        typed = self.query_one(TagFilter).value.strip()
        self.app.push_screen(TagEditor(self._reader, self._curating, name=typed), made)

    async def _read(self) -> None:
        from tgtui.data.tags.reading import tag_choices

        choices = await self._reader(tag_choices, self._ids)
        # In a thread: ten thousand rows take longer than a frame.
        rows = await asyncio.to_thread(
            lambda: [pick_row(choice, self._packages) for choice in choices]
        )
        for row in rows:
            self._add(row)
        self._is_known = True
        self._show(self.query_one(TagFilter).value)
        self._list.refresh(layout=True)  # as high as its rows

    def _could_not_read(self, error: TgtuiError) -> None:
        self._is_known = True
        self._say(error)

    async def _save(self) -> None:
        add, remove = (
            frozenset(row.label.id for row in self._changes if row.label and row.wanted == wanted)
            for wanted in ("all", "none")
        )
        tagged = await self._curating.change_tags(self._ids, add=add, remove=remove)
        parts = [f"{counted(tagged.changed, 'tag assignment')} changed"]
        parts += [f"{counted(tagged.gone, 'tag')} deleted meanwhile"] if tagged.gone else []
        gone = counted(tagged.missing, "package")
        parts += [f"{gone} deleted meanwhile"] if tagged.missing else []
        self.dismiss(TagsChanged("; ".join(parts) + ".", bool(tagged.gone or tagged.missing)))

    @property
    def _changes(self) -> list[PickRow]:
        return [row for row in self._tags.values() if row.wanted != row.had]

    def _add(self, row: PickRow) -> None:
        self._tags[row.key] = row
        self._names.update(row.text.split("\n"))

    def _show(self, typed: str) -> None:
        typed = typed.strip()
        wanted = fold(typed)
        found = [row for row in self._tags.values() if wanted in row.text]
        if typed and self._is_known and wanted not in self._names:
            found.append(PickRow(None, new_name=typed))
        self._list.set_rows(found)
        self._say()

    def _who(self, row: PickRow) -> Content:
        """Who applied it and when; for several packages, how many have it."""
        if self._packages > 1:
            told = f"{row.count} of {self._packages}" if row.count else ""
        else:
            told = ", ".join(filter(None, (row.assigned_by, ago(row.assigned_at, self._now))))
        return safe(told, 60, style=MUTED)

    def _say(self, error: TgtuiError | None = None) -> None:
        changes = [
            f"{'+' if row.wanted == 'all' else '-'}{row.label.slug}"
            for row in self._changes
            if row.label is not None
        ]
        current = self._list.current
        if error is not None:
            text = safe(error, style="$text-error")
        elif not self._is_known:
            text = Content("loading…")
        elif current is not None and current.label is None:
            text = safe(f"{key('tags.toggle')} creates the tag and applies it.")
        elif not self._tags:
            text = safe(
                f"There are no tags yet; type a name, and {key('tags.toggle')} creates one."
            )
        elif changes:
            to = f" to {counted(self._packages, 'package')}" if self._packages > 1 else ""
            text = safe(f"Changes{to}: {', '.join(changes)}", style="$text-success")
        else:
            text = Content("No changes yet.")
        self.query_one("#verdict", Static).update(text)


def pick_row(choice: TagChoice, packages: int) -> PickRow:
    """The row at the start, for this number of packages."""
    had = "none" if not choice.count else "all" if choice.count >= packages else "some"
    return PickRow(
        choice.label,
        had,
        had,
        choice.count,
        choice.assigned_by,
        choice.assigned_at,
        text=fold(f"{choice.label.name}\n{choice.label.slug}"),
    )


def _sign(row: PickRow) -> Content:
    if row.label is None:
        return Content.styled(NEW_SIGN, "bold $text-accent")
    style = "bold $text-success" if row.wanted == "all" else MUTED
    return Content.styled(SIGNS[row.wanted], style)


def _name(row: PickRow) -> Content:
    if row.label is None:
        return Content.assemble("create the tag ", safe(row.new_name, 40, style="bold"))
    return tag_label(row.label)
