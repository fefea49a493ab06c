"""The list of tags: by name, and below them, if asked for, the deleted ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from textual import on
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.data.storage.reader import Reader
from tgtui.data.tags.reading import list_tags, tags_stamp
from tgtui.data.views.tags import TagRow
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.syntax.names import fold
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.pane import ListPane
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.tags.columns import DESCRIBED_FROM, TagLine, tag_columns, tag_heading, tag_lines


class TagsPane(ListPane):
    """Loads the tags, and lists those that match what is to be found."""

    def __init__(self, read: Reader, now: Callable[[], datetime]) -> None:
        rows = RowList[TagLine](
            tag_columns(now), key=lambda line: line.key, heading=tag_heading, id="tags-all"
        )
        super().__init__(rows, "Tags", id="tags")
        self._read = read
        self._person: Principal | None = None
        """None until the catalogue is open."""
        self._lines: Sequence[TagLine] = ()
        self._deleted: Sequence[TagLine] = ()
        self._shows_deleted = False
        self._wanted = ""
        """What to find, folded."""
        self._stamp: object = None
        """Of what is listed."""
        self._next_current: str | None = None
        """Slug of the tag the cursor goes to once it is listed."""

    @property
    def current(self) -> TagRow | None:
        """The tag under the cursor."""
        line = self.list.current
        return line.tag if line is not None else None

    @property
    def tags(self) -> list[TagRow]:
        """All that are not deleted."""
        return [line.tag for line in self._lines if line.tag is not None]

    async def load(self, person: Principal) -> None:
        """List the tags again, if they changed."""
        self._person = person
        stamp = (await self._read(tags_stamp), self._shows_deleted)
        if stamp == self._stamp:
            self.list.redraw()  # for the ages
            return
        self._stamp = stamp
        self._lines = await self._load_lines(deleted=False)
        self._deleted = await self._load_lines(deleted=True) if self._shows_deleted else ()
        self._list_matches()

    def find(self, text: str) -> None:
        """List only the tags with this in their name, slug or description."""
        self._wanted = fold(text.strip())
        self._list_matches()

    def toggle_deleted(self) -> None:
        """Show or hide the deleted tags; they are loaded by the next `load`."""
        self._shows_deleted = not self._shows_deleted

    def move_to(self, slug: str | None) -> None:
        """Put the cursor on this tag as soon as the next `load` lists it."""
        self._next_current = slug

    async def _load_lines(self, *, deleted: bool) -> Sequence[TagLine]:
        """Prepared in a thread: ten thousand lines take longer than a frame."""
        tags = await self._read(list_tags, deleted=deleted)
        return await asyncio.to_thread(tag_lines, tags)

    def _list_matches(self) -> None:
        found, deleted = (
            [line for line in lines if self._wanted in line.text]
            for lines in (self._lines, self._deleted)
        )
        if self._shows_deleted:
            deleted.insert(0, TagLine(None, "Deleted" if deleted else "Deleted: none"))
        self.list.set_rows([*found, *deleted])
        if self._next_current is not None and self.list.move_to_key(self._next_current):
            self._next_current = None
        count = counted(len(self._lines), "tag")
        self.locate(Content(f"{len(found)} of {count}" if self._wanted else count))
        self.say(None if self.list.rows else Content.styled(self._empty_words(), MUTED))
        self._describe()

    def _empty_words(self) -> str:
        if self._wanted:
            return (
                f"No tag has that in its name, slug or description. {key('find.close')} shows all."
            )
        if self._person is not None and self._person.can("admin"):
            new, deleted = key("tags.new"), key("tags.deleted")
            return f"There are no tags. {new} creates one, {deleted} shows deleted tags."
        return "There are no tags yet."

    @on(RowList.Highlighted)
    def _describe(self) -> None:
        """Below the list: the whole description if the list cuts it, and what is needed to change tags."""
        lines: list[Content] = []
        tag = self.current
        if tag is not None and tag.description and self._is_cut(tag.description):
            lines.append(safe(tag.description))
        if self._person is not None and not self._person.can("admin"):
            lines.append(Content.styled(lacking(self._person, "admin"), MUTED))
        self.note(Content("\n").join(lines) if lines else None)

    def _is_cut(self, description: str) -> bool:
        """The list has little room for it, or none."""
        width: int = self.list.size.width
        return width < DESCRIBED_FROM or len(description) > width // 3
