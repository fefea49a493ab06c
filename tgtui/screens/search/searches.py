"""What is done with a search itself: narrow it, sort it, keep it, complete it, say what its list is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content

from tgtui.basics.errors import TgtuiError, UsageError
from tgtui.basics.formatting import counted, number
from tgtui.data.views.searches import SearchFacets
from tgtui.screens.search.promised import narrowed
from tgtui.syntax.query import Dependency, SearchQuery, Sort
from tgtui.widgets.content import safe
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.lists.sparse_rows import SparseRows
from tgtui.widgets.search.facets import FacetRow

if TYPE_CHECKING:
    from tgtui.data.search.absent import Absence
    from tgtui.screens.search.screen import SearchScreen

COMPLETED = 5
"""Names that are looked at to complete `dep:`."""
SORT_LABELS: dict[Sort, str] = {
    "relevance": "how well it matches, then how much it is used here",
    "name": "by name",
    "updated": "latest release first",
    "dependents": "most depended on here first",
    "popular": "most opened, asked for and tagged here first",
}


def chosen(query: SearchQuery, row: FacetRow) -> SearchQuery | str:
    """The search with a filter put on or taken off, or the saved one."""
    if row.kind == "saved" or row.kind == "heading":
        return row.value
    return narrowed(query, row.kind, row.value)


def list_title(query: SearchQuery, marked: int, doing: str) -> Content:
    """Above the list: its order and how many are marked; or, as long as that takes, how far is what is being done."""
    if doing:
        return Content.assemble("Packages · ", (f"{doing} · esc stops", "$text-warning"))
    parts = ["Packages"]
    if query.sort != "relevance":
        parts.append(SORT_LABELS[query.sort])
    title = Content(" · ".join(parts))
    if marked:
        title = Content.assemble(title, " · ", (f"{number(marked)} marked", "$text-success"))
    return title


def matching(facets: SearchFacets, found: SparseRows[Any, Any]) -> str:
    """How many match: as far as the filters counted, or all, if those were counted since."""
    is_exact = not facets.is_bound or found.is_exact
    count = found.total if facets.is_bound and is_exact else facets.matching
    return f"{number(count)}{'' if is_exact else '+'} of {counted(facets.catalogue, 'package')}"


def likeness(query: SearchQuery, listed: int, similar: Collection[object]) -> Content | None:
    """Below the list: that names of it are only nearly what was typed."""
    if not similar:
        return None
    typed = safe(query.text, 60, style="bold")
    if len(similar) < listed:
        return Content.assemble(f"The last {len(similar)} are only named nearly as `", typed, "`.")
    return Content.assemble(
        "`", typed, "` is not in the catalogue; these are named nearly so. In the list ",
        ("a", "bold $text-accent"), " asks for it.",
    )  # fmt: skip


def position(rows: SparseList[Any], found: SparseRows[Any, Any], *, is_counting: bool) -> Content:
    """Below the list: the row under the cursor, where that is out of sight those one looks at."""
    if not found.total:
        return Content("")
    lines, line = rows.lines_in_sight(), rows.cursor_line
    if line in lines or not lines:
        place = f"row {number(line + 1)}"
    else:
        place = f"rows {number(lines.start + 1)} to {number(lines.stop)}"
    if is_counting:
        return Content(f"{place} · counting…")
    return Content(f"{place} of {number(found.total)}{'' if found.is_exact else '+'}")


def choose_sort(screen: SearchScreen, query: SearchQuery) -> None:
    """A menu of every order."""
    from tgtui.screens.dialogs.menus import Choice, MenuScreen

    def chosen(choice: Choice | None) -> None:
        for sort in SORT_LABELS:
            if choice is not None and choice.label == sort:
                screen.write(query.sorted_by(sort))

    choices = [Choice(sort, text) for sort, text in SORT_LABELS.items()]
    menu = MenuScreen("Sort", "enter sorts", choices, start=query.sort)
    screen.app.push_screen(menu, chosen)


def save(screen: SearchScreen, text: str) -> None:
    """Ask for a name and keep the search under it."""
    from tgtui.screens.dialogs.line import LineScreen

    typed = text.strip()
    if not typed:
        screen.tell("Type a search first; then it can be kept under a name.")
        return

    def judge(name: str) -> Content:
        if not name.strip():
            raise UsageError("Give the search a name.")
        return Content.assemble("Keeps ", safe(typed, 200, style="bold"))

    async def named(name: str | None) -> None:
        if name is None:
            return
        try:
            await screen.catalogue.save_search(name, typed)
        except TgtuiError as error:
            screen.tell(error, is_error=True)
        else:
            screen.tell(f"Kept as {name.strip()}; the filters list it.")
            screen.hint()

    screen.app.push_screen(LineScreen("Save the search", "enter saves", typed, judge), named)


async def forget(screen: SearchScreen, row: FacetRow | None) -> None:
    """The saved search under the cursor of the filters, if it is one."""
    if row is None or row.kind != "saved":
        screen.tell("Only saved searches can be forgotten.")
    elif await screen.catalogue.forget_search(row.label):
        screen.tell(f"{row.label} is forgotten; the search was: {row.value}")
        screen.hint()


async def absent(
    screen: SearchScreen, tags: Collection[str], dependencies: Collection[Dependency]
) -> Sequence[Absence]:
    """Of these parts of a search, those that no package here can fulfil."""
    if not (tags or dependencies):
        return ()
    from tgtui.data.search.absent import absent_parts

    return await screen.catalogue.database.read(absent_parts, tags, dependencies)


class Exclusions:
    """What a minus leaves out that is not there at all: said beside the line, until something else is left out."""

    def __init__(self, screen: SearchScreen) -> None:
        self._screen = screen
        self._asked: object = None
        self.note = ""

    def forget_others(self, query: SearchQuery) -> None:
        """What was said of something else holds no longer."""
        if (query.without_tags, query.without_dependencies) != self._asked:
            self.note = ""

    async def look(self, query: SearchQuery) -> None:
        """Read what is to be said."""
        asked = query.without_tags, query.without_dependencies
        found = await absent(self._screen, *asked)
        self._asked, self.note = asked, found[0].sentence if found else ""


async def values_of(screen: SearchScreen, operator: str, begun: str) -> Sequence[str]:
    """What may stand behind `tag:` and `dep:`, for the line's completion."""
    read = screen.catalogue.database.read
    try:
        if operator == "tag":
            from tgtui.data.tags.reading import slugs_beginning

            return await read(slugs_beginning, begun)
        from tgtui.data.search.results import search_packages

        words = SearchQuery(words=(begun,)) if begun else SearchQuery()
        page = await read(search_packages, words, limit=COMPLETED)
        return [row.name for row in page.rows]
    except TgtuiError:  # the search itself says it
        return ()
