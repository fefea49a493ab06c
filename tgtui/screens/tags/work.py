"""What an admin does to tags on their screen, each with a way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.data.views.tags import Merged, TagRow
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.dialogs.tag_editor import TagEditor, draft_of
from tgtui.screens.tags.choice import ChooseTagScreen

if TYPE_CHECKING:
    from tgtui.services.curation import Curating

T = TypeVar("T")
Undo = Callable[[], Awaitable[TagRow]]


class TagWork:
    """Opens the dialogs, asks the service, says what became of it, and keeps how the last thing is undone."""

    def __init__(self, screen: BaseScreen) -> None:
        self._screen = screen
        self._undo: Undo | None = None
        self.newest: str | None = None
        """The slug of the tag that was made or changed last: the cursor goes there once it is listed."""

    @property
    def can_undo(self) -> bool:
        """Something was done, and not undone yet."""
        return self._undo is not None

    @property
    def _curating(self) -> Curating:
        return self._screen.catalogue.curating

    def make(self) -> None:
        """A new tag."""

        def made(tag: TagRow | None) -> None:
            if tag is not None:
                what = f"{tag.name} is made; t on a package gives it"
                self._did(what, lambda: self._curating.delete_tag(tag.id), tag)

        self._screen.app.push_screen(TagEditor(self._screen.catalogue), made)

    def edit(self, before: TagRow) -> None:
        """Another name, slug, description or colour."""

        def edited(after: TagRow | None) -> None:
            if after is not None:
                self._did(
                    f"{after.name} is changed",
                    lambda: self._curating.edit_tag(
                        after.id, draft_of(before), seen=after.updated_at
                    ),
                    after,
                )

        self._screen.app.push_screen(TagEditor(self._screen.catalogue, before), edited)

    async def delete(self, before: TagRow) -> None:
        """Says how many packages had it."""
        tag = await self._tried(self._curating.delete_tag(before.id))
        if tag is not None:
            what = f"{tag.name} is deleted; {counted(tag.packages, 'package')} had it"
            self._did(what, lambda: self._curating.restore_tag(tag.id))

    async def restore(self, before: TagRow) -> None:
        """Back on every package that had it."""
        tag = await self._tried(self._curating.restore_tag(before.id))
        if tag is not None:
            what = f"{tag.name} is back on {counted(tag.packages, 'package')}"
            self._did(what, lambda: self._curating.delete_tag(tag.id), tag)

    def merge(self, source: TagRow, others: Sequence[TagRow]) -> None:
        """Its packages get one of the others, which is asked for."""

        async def chosen(into: TagRow | None) -> None:
            if into is not None:
                merged = await self._tried(self._curating.merge_tags(source.id, into.id))
                if merged is not None:
                    self._merged(merged)

        self._screen.app.push_screen(ChooseTagScreen(source, others), chosen)

    async def undo(self) -> None:
        """What was done last; once."""
        undo, self._undo = self._undo, None
        if undo is None:
            return
        tag = await self._tried(undo())
        if tag is not None:
            state = "is deleted" if tag.deleted_at is not None else "is as it was"
            self._screen.tell(f"Undone: {tag.name} {state}.")
            self.newest = tag.slug
        self._screen.refresh_bindings()
        self._screen.hint()

    def _merged(self, merged: Merged) -> None:
        moved = counted(len(merged.moved), "package")
        names = merged.source.name, merged.into.name
        self._did(
            f"{moved} moved from {names[0]} to {names[1]}; {names[0]} is deleted",
            lambda: self._curating.unmerge_tags(merged),
            merged.into,
        )

    def _did(self, what: str, undo: Undo, tag: TagRow | None = None) -> None:
        self._undo = undo
        self.newest = tag.slug if tag is not None else None
        self._screen.tell(f"{what}. u undoes it.")
        self._screen.refresh_bindings()
        self._screen.hint()

    async def _tried(self, work: Awaitable[T]) -> T | None:
        """None, and the reason said, where it could not be done."""
        try:
            return await work
        except TgtuiError as error:
            self._screen.tell(error, is_error=True)
            self._screen.hint()
            return None
