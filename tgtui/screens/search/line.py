"""The line a search is typed in, with what only the catalogue knows of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from tgtui.basics.errors import TgtuiError
from tgtui.data.storage.reader import Reader
from tgtui.syntax.query import OPERATORS, Dependency, SearchQuery
from tgtui.widgets.search.box import SearchBox

if TYPE_CHECKING:
    from tgtui.data.search.absent import Absence  # imports the database's library

COMPLETED = 5
"""Names offered for `dep:` and its siblings."""


class SearchLine(SearchBox):
    """Completes tags, projects, advisories and names, and says beside the line what a minus excludes in vain."""

    def __init__(
        self,
        read: Reader,
        leave: Callable[[], object],
        projects: Callable[[], Collection[str]],
        *,
        placeholder: str,
        id: str,
    ) -> None:
        """`projects` returns the names that `in:` knows."""
        super().__init__(self._values_of, leave, placeholder=placeholder, id=id)
        self._read = read
        self._projects = projects
        self._typed = SearchQuery()
        self._noted: object = None
        """The exclusions that the note is about."""
        self._note = ""

    def follow(self, query: SearchQuery) -> None:
        """This is what it says now."""
        self._typed = query
        if _exclusions(query) != self._noted:
            self._note = ""
        self.judge(query, self._note)

    async def look_up(self) -> None:
        """Find out whether what a minus excludes exists at all, and say so if not."""
        asked = _exclusions(self._typed)
        found = await absent(self._read, *asked)
        if asked == _exclusions(self._typed):
            self._noted, self._note = asked, found[0].sentence if found else ""
            self.judge(self._typed, self._note)

    async def _values_of(self, operator: str, begun: str) -> Sequence[str]:
        if operator == "in":
            return [name for name in self._projects() if name.startswith(begun)]
        try:
            if operator == "tag":
                from tgtui.data.tags.reading import slugs_beginning

                return await self._read(slugs_beginning, begun)
            if operator == "advisory":
                from tgtui.data.versions.advisories.naming import advisories_beginning

                return await self._read(advisories_beginning, begun)
            if operator not in OPERATORS:  # nothing lists all keywords or people
                return ()
            from tgtui.data.search.results import search_packages

            words = SearchQuery(words=(begun,)) if begun else SearchQuery()
            page = await self._read(search_packages, words, limit=COMPLETED)
            return [row.name for row in page.rows]
        except TgtuiError:  # not open yet, or the search itself says it
            return ()


async def absent(
    read: Reader, tags: Collection[str], dependencies: Collection[Dependency]
) -> Sequence[Absence]:
    """Of these parts of a search, those that no package here can fulfil."""
    if not (tags or dependencies):
        return ()
    from tgtui.data.search.absent import absent_parts

    return await read(absent_parts, tags, dependencies)


def _exclusions(query: SearchQuery) -> tuple[Collection[str], Collection[Dependency]]:
    return query.without_tags, query.without_dependencies
