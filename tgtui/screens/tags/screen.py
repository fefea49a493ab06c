"""The tags: how many packages have each, and for admins making, changing, deleting and merging them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.formatting import counted
from tgtui.data.tags.reading import list_tags, tags_stamp
from tgtui.data.views.tags import TagRow
from tgtui.identity.roles import lacking
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenSearch
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.tags.commands import (
    DeleteTag,
    EditTag,
    FindTag,
    MergeTag,
    NewTag,
    RestoreTag,
    SearchTag,
    ShowDeletedTags,
    UndoTagChange,
)
from tgtui.screens.tags.work import TagWork
from tgtui.syntax.names import fold
from tgtui.widgets.content import safe
from tgtui.widgets.find_bar import FindBar, FindInput
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.tags.columns import DESCRIBED_FROM, TagLine, tag_columns, tag_heading, tag_lines

CHANGING = {
    "new_tag",
    "edit_tag",
    "delete_tag",
    "merge_tag",
    "restore_tag",
    "undo",
    "toggle_deleted",
}
"""Actions of admins."""
OF_A_TAG = {"search_tag", "edit_tag", "delete_tag", "merge_tag"}
"""Actions on a tag that is not deleted."""


class TagsScreen(BaseScreen):
    """One list: the tags by name, and below them, where asked for, those that are deleted."""

    CSS_PATH = "tags.tcss"
    AUTO_FOCUS = "#tags-all"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SearchTag,
        FindTag,
        NewTag,
        EditTag,
        DeleteTag,
        RestoreTag,
        MergeTag,
        UndoTagChange,
        ShowDeletedTags,
    )

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[TagLine] = ()
        self._deleted: Sequence[TagLine] = ()
        self._shows_deleted = False
        self._stamp: object = None
        """Of what is listed."""
        self._work = TagWork(self)
        self._list = RowList[TagLine](
            tag_columns(lambda: self.app.now()),
            key=lambda line: line.key,
            heading=tag_heading,
            id="tags-all",
        )
        self._pane = ListPane(self._list, "Tags", id="tags")
        self._find = FindBar(placeholder="a word of the name, the slug or the description")

    def compose_body(self) -> Iterable[Widget]:
        yield self._find
        yield self._pane

    def place(self) -> Content:
        return Content("Tags")

    async def refresh_live(self) -> None:
        stamp = (await self.catalogue.database.read(tags_stamp), self._shows_deleted)
        if stamp == self._stamp:
            self._list.redraw()  # for the ages
            return
        self._stamp = stamp
        self._lines = await self._read(deleted=False)
        self._deleted = await self._read(deleted=True) if self._shows_deleted else ()
        self._show()

    async def _read(self, *, deleted: bool) -> Sequence[TagLine]:
        """In threads: ten thousand lines take longer than a frame."""
        tags = await self.catalogue.database.read(list_tags, deleted=deleted)
        return await asyncio.to_thread(tag_lines, tags)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_tags":
            return False
        if action in CHANGING and not (self.is_live and self.catalogue.principal.can("admin")):
            return False
        if action in OF_A_TAG:
            return self._current is not None and self._current.deleted_at is None
        if action == "restore_tag":
            return self._current is not None and self._current.deleted_at is not None
        if action == "undo":
            return self._work.can_undo
        return super().check_action(action, parameters)

    @property
    def _current(self) -> TagRow | None:
        line = self._list.current
        return line.tag if line is not None else None

    @on(RowList.Highlighted, "#tags-all")
    def _moved(self) -> None:
        self._describe()
        self.refresh_bindings()

    @on(RowList.Selected, "#tags-all")
    def _chosen(self) -> None:
        if self.check_action("search_tag", ()):
            self.action_search_tag()
        elif self.check_action("restore_tag", ()):
            self.tell("The tag is deleted; r restores it.")

    @on(FindBar.Sought)
    def _sought(self) -> None:
        self._show()

    @on(FindBar.Taken)
    def _taken(self) -> None:
        self._list.focus()

    @on(FindInput.Left)
    def _left(self) -> None:
        self._close_find()

    def action_find(self) -> None:
        self._find.open()

    def action_back(self) -> None:
        if self._find.is_open:
            self._close_find()
        else:
            super().action_back()

    def action_search_tag(self) -> None:
        if self._current is not None:
            self.app.open(OpenSearch(f"tag:{self._current.slug}"))

    def action_toggle_deleted(self) -> None:
        self._shows_deleted = not self._shows_deleted
        self.hint()

    def action_new_tag(self) -> None:
        self._work.make()

    def action_edit_tag(self) -> None:
        if self._current is not None:
            self._work.edit(self._current)

    async def action_delete_tag(self) -> None:
        if self._current is not None:
            await self._work.delete(self._current)

    async def action_restore_tag(self) -> None:
        if self._current is not None:
            await self._work.restore(self._current)

    def action_merge_tag(self) -> None:
        if self._current is not None:
            tags = [line.tag for line in self._lines if line.tag is not None]
            self._work.merge(self._current, [tag for tag in tags if tag is not self._current])

    async def action_undo(self) -> None:
        await self._work.undo()

    def _close_find(self) -> None:
        self._find.close()
        self._list.focus()
        self._show()

    def _show(self) -> None:
        wanted = fold(self._find.text.strip())
        found, deleted = (
            [line for line in lines if wanted in line.text]
            for lines in (self._lines, self._deleted)
        )
        if self._shows_deleted:
            deleted.insert(0, TagLine(None, "Deleted" if deleted else "Deleted: none"))
        self._list.set_rows([*found, *deleted])
        if self._work.newest is not None and self._list.move_to_key(self._work.newest):
            self._work.newest = None
        count = counted(len(self._lines), "tag")
        self._pane.border_subtitle = Content(f"{len(found)} of {count}" if wanted else count)
        self._pane.say(None if self._list.rows else Content.styled(self._nothing(wanted), MUTED))
        self._describe()
        self.refresh_bindings()

    def _nothing(self, wanted: str) -> str:
        if wanted:
            return "No tag has that in its name, slug or description. esc shows all."
        if self.catalogue.principal.can("admin"):
            return "There are no tags. n makes one, d shows those that are deleted."
        return "There are no tags yet."

    def _describe(self) -> None:
        """Below the list: the whole description where it may be cut, and who curates."""
        lines: list[Content] = []
        tag = self._current
        if tag is not None and tag.description and self._is_cut(tag.description):
            lines.append(safe(tag.description))
        if self.is_live and not self.catalogue.principal.can("admin"):
            lines.append(Content.styled(lacking(self.catalogue.principal, "admin"), MUTED))
        self._pane.note(Content("\n").join(lines) if lines else None)

    def _is_cut(self, description: str) -> bool:
        """The list has little room for it, or none."""
        width: int = self._list.size.width
        return width < DESCRIBED_FROM or len(description) > width * 2 // 5
