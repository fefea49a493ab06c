"""The filters beside the results: registries, tags, ages and states with their counts, and saved searches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar, Literal

from msgspec import Struct
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import short_number
from tgtui.data.views.searches import Facet, SavedSearchRow, SearchFacets
from tgtui.syntax.measures import written_age
from tgtui.syntax.query import WATCHED, SearchQuery
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.lists.row_list import RowList

COUNT_WIDTH = 6
TAGS_SHOWN = 10
"""The most common ones in the results; any other is found by typing `tag:`."""
LICENCES_SHOWN = 6
"""Like the tags."""
PROJECTS_SHOWN = 8
UNSAID = "unknown"
"""The licence of what says nothing of it."""
Kind = Literal["heading", "registry", "tag", "age", "state", "licence", "project", "saved"]


class FacetRow(Struct, frozen=True):
    """A filter that can be turned on or off, a saved search, or the heading of a group."""

    kind: Kind
    value: str
    """`npm`, a tag's slug, `<30d`, `deprecated`, a saved search's query, or the heading."""
    label: str = ""
    count: int | None = None
    is_on: bool = False
    is_bound: bool = False


class FacetList(RowList[FacetRow]):
    """Enter, space or a click sends `Selected` with the FacetRow that should change."""

    DEFAULT_CSS = """
    /* Without the focus the cursor would look like a filter that is on. */
    FacetList:blur > .lines--cursor { background: transparent; }
    FacetList:blur > .lines--marker { color: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "filter",
            id="facets.select",
            tooltip="Turn the filter on or off, or run the saved search",
        ),
        Binding("space", "select", "filter", show=False, id="facets.toggle"),
        Binding(
            "x,delete",
            "forget",
            "delete",
            id="facets.forget",
            tooltip="Delete the saved search under the cursor",
        ),
    ]

    class ForgetWanted(Message):
        """The row under the cursor is to be forgotten; only a saved search can be."""

        def __init__(self, row: FacetRow | None) -> None:
            super().__init__()
            self.row = row

    def __init__(self, can_save: Callable[[], bool], *, id: str) -> None:
        """`can_save`: the person may have saved searches."""
        super().__init__(
            [
                Column(_label, tells=True),
                Column(_count, width=COUNT_WIDTH, align="right"),
            ],
            key=lambda row: (row.kind, row.label if row.kind == "saved" else row.value),
            heading=_heading,
            click_selects=True,
            id=id,
            classes="pane",
        )
        self._can_save = can_save
        self.border_title = Content("Filter")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._can_save() if action == "forget" else super().check_action(action, parameters)

    def action_forget(self) -> None:
        self.post_message(self.ForgetWanted(self.current))

    def show(
        self,
        facets: SearchFacets,
        query: SearchQuery,
        saved: Sequence[SavedSearchRow],
        *,
        can_watch: bool = False,
        projects: Sequence[str] = (),
    ) -> None:
        """What results can be narrowed by, and which of it is on. `can_watch` offers what the person watches too,
        `projects` are those whose packages can be found."""
        rows = _group("registry", "Registry", facets.registries, query.registries)
        rows += _group("tag", "Tag", facets.tags[:TAGS_SHOWN], query.tags)
        rows += _group("age", "Freshness", facets.ages, _ages(query))
        rows += _group("state", "State", facets.states, query.states)
        if can_watch or query.is_watched:
            rows.append(FacetRow("state", WATCHED, WATCHED, is_on=bool(query.is_watched)))
        if any(each.value != UNSAID for each in facets.licences) or query.licences:
            licences = facets.licences[:LICENCES_SHOWN]
            rows += _group("licence", "Licence", licences, query.licences)
        named = sorted(query.projects) + [
            each for each in projects[:PROJECTS_SHOWN] if each not in query.projects
        ]
        if named:
            rows.append(FacetRow("heading", "Project"))
            rows += [
                FacetRow("project", each, each, is_on=each in query.projects) for each in named
            ]
        if saved:
            rows.append(FacetRow("heading", "Saved"))
            typed = str(query)
            rows += [
                FacetRow("saved", each.query, each.name, is_on=each.query == typed)
                for each in saved
            ]
        self.set_rows(rows)


def _group(
    kind: Kind, title: str, facets: Sequence[Facet], chosen: Collection[str]
) -> list[FacetRow]:
    """One kind of filter; what is on is listed even if nothing has it."""
    rows = [
        FacetRow(kind, facet.value, facet.label, facet.count, facet.value in chosen, facet.is_bound)
        for facet in facets
    ]
    known = {facet.value for facet in facets}
    rows += [FacetRow(kind, value, value, 0, True) for value in sorted(set(chosen) - known)]
    return [FacetRow("heading", title), *rows] if rows else []


def _ages(query: SearchQuery) -> list[str]:
    ages = (("<", query.newer_than), (">", query.older_than))
    return [f"{sign}{written_age(days)}" for sign, days in ages if days is not None]


def _heading(row: FacetRow) -> Content | None:
    return Content(row.value) if row.kind == "heading" else None


def _label(row: FacetRow) -> Content:
    label = registry_label(row.value) if row.kind == "registry" else safe(row.label, 40)
    if row.count == 0 and not row.is_on:
        label = label.stylize(MUTED)
    if not row.is_on:
        return Content("  ").append(label)
    return Content.assemble(Content.styled("✓ ", "bold $text-success"), label.stylize("bold"))


def _count(row: FacetRow) -> Content:
    text = "" if row.count is None else short_number(row.count, is_bound=row.is_bound)
    return Content.styled(text, MUTED)
