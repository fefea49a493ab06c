"""The tags: how many packages have each; admins create, change, delete and merge them here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar, TypeVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.views.tags import TagRow
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenSearch
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.tag_editor import TagEditor, draft_of
from tgtui.screens.tags.choice import ChooseTagScreen
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
from tgtui.screens.tags.list_pane import TagsPane
from tgtui.widgets.find_bar import FindBar, FindInput
from tgtui.widgets.keys import key
from tgtui.widgets.lists.row_list import RowList

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

T = TypeVar("T")
Undo = Callable[[], Awaitable[TagRow]]


class TagsScreen(BaseScreen):
    """The list of tags, a line to find one in it, and what admins do to tags, each with an undo."""

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
        self._find = FindBar(placeholder="a word in the name, slug or description")
        self._pane = TagsPane(self.read, self.now)
        self._undo: Undo | None = None
        """Takes back the last change; None if there is none, or it was taken back."""

    def compose_body(self) -> Iterable[Widget]:
        yield self._find
        yield self._pane

    def place(self) -> Content:
        return Content("Tags")

    async def refresh_live(self) -> None:
        await self._pane.load(self.catalogue.principal)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_tags":
            return False
        if action in CHANGING and not (self.is_live and self.catalogue.principal.can("admin")):
            return False
        tag = self._pane.current
        if action in OF_A_TAG:
            return tag is not None and tag.deleted_at is None
        if action == "restore_tag":
            return tag is not None and tag.deleted_at is not None
        if action == "undo":
            return self._undo is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if not (self.is_live and self.catalogue.principal.can("admin")):
            return ""
        tag = self._pane.current
        if action == "undo":
            return "There is no change of yours to undo."
        if action == "restore_tag":
            return "The tag is not deleted." if tag is not None else ""
        if action in OF_A_TAG and tag is not None:
            return f"The tag is deleted; {key('tags.restore')} restores it."
        return ""

    @on(RowList.Highlighted, "#tags-all")
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RowList.Selected, "#tags-all")
    def _chosen(self) -> None:
        if self.check_action("search_tag", ()):
            self.action_search_tag()
        elif why := self.why_not("search_tag"):
            self.tell(why)

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self._pane.find(event.text)
        self.refresh_bindings()

    @on(FindBar.Taken)
    def _taken(self) -> None:
        self._pane.list.focus()

    @on(FindInput.Left)
    def _close_find(self) -> None:
        self._find.close()
        self._pane.list.focus()
        self._pane.find("")
        self.refresh_bindings()

    def action_find(self) -> None:
        self._find.open()

    def action_back(self) -> None:
        if self._find.is_open:
            self._close_find()
        else:
            super().action_back()

    def action_search_tag(self) -> None:
        tag = self._pane.current
        if tag is not None:
            self.app.open(OpenSearch(f"tag:{tag.slug}"))

    def action_toggle_deleted(self) -> None:
        self._pane.toggle_deleted()
        self.load()

    def action_new_tag(self) -> None:
        self.app.push_screen(TagEditor(self.read, self.catalogue.curating), self._created)

    def _created(self, tag: TagRow | None) -> None:
        if tag is not None:
            undo = partial(self.catalogue.curating.delete_tag, tag.id)
            self._did(
                f"{tag.name} is created; {key('app.tags')} on a package applies it", undo, tag
            )

    def action_edit_tag(self) -> None:
        tag = self._pane.current
        if tag is not None:
            editor = TagEditor(self.read, self.catalogue.curating, tag)
            self.app.push_screen(editor, partial(self._edited, tag))

    def _edited(self, before: TagRow, after: TagRow | None) -> None:
        if after is not None:
            edit = self.catalogue.curating.edit_tag
            undo = partial(edit, after.id, draft_of(before), seen=after.updated_at)
            self._did(f"{after.name} is changed", undo, after)

    async def action_delete_tag(self) -> None:
        if self._pane.current is None:
            return
        curating = self.catalogue.curating
        tag = await self._tried(curating.delete_tag(self._pane.current.id))
        if tag is not None:
            what = f"{tag.name} is deleted; {counted(tag.packages, 'package')} had it"
            self._did(what, partial(curating.restore_tag, tag.id))

    async def action_restore_tag(self) -> None:
        if self._pane.current is None:
            return
        curating = self.catalogue.curating
        tag = await self._tried(curating.restore_tag(self._pane.current.id))
        if tag is not None:
            what = f"{tag.name} is restored to {counted(tag.packages, 'package')}"
            self._did(what, partial(curating.delete_tag, tag.id), tag)

    def action_merge_tag(self) -> None:
        source = self._pane.current
        if source is not None:
            others = [tag for tag in self._pane.tags if tag is not source]
            self.app.push_screen(ChooseTagScreen(source, others), partial(self._chosen_for, source))

    def _chosen_for(self, source: TagRow, into: TagRow | None) -> None:
        if into is not None:
            self.act("merge", self._merge, source, into)

    async def _merge(self, source: TagRow, into: TagRow) -> None:
        curating = self.catalogue.curating
        merged = await self._tried(curating.merge_tags(source.id, into.id))
        if merged is not None:
            moved = counted(len(merged.moved), "package")
            old, new = merged.source.name, merged.into.name
            what = f"{moved} moved from {old} to {new}; {old} is deleted"
            self._did(what, partial(curating.unmerge_tags, merged), merged.into)

    async def action_undo(self) -> None:
        undo, self._undo = self._undo, None
        if undo is None:
            return
        tag = await self._tried(undo())
        if tag is not None:
            state = "is deleted" if tag.deleted_at is not None else "is back to what it was"
            self.tell(f"Undone: {tag.name} {state}.")
            self._pane.move_to(tag.slug)
        self.refresh_bindings()
        self.load()

    def _did(self, what: str, undo: Undo, tag: TagRow | None = None) -> None:
        """Say what was done, remember how to undo it, and put the cursor on `tag`."""
        self._undo = undo
        self._pane.move_to(tag.slug if tag is not None else None)
        self.tell(f"{what}. {key('tags.undo')} undoes it.")
        self.refresh_bindings()
        self.load()

    async def _tried(self, work: Awaitable[T]) -> T | None:
        """None, and the reason shown, if it could not be done."""
        try:
            return await work
        except TgtuiError as error:
            self.tell(error, is_error=True)
            self.hint()
            return None
