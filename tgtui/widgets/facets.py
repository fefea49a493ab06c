"""The filters beside the results: registries and tags with their counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.content import Content

from tgtui.data.views import SearchFacets
from tgtui.formatting import number
from tgtui.widgets.columns import Column
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED, registry_label
from tgtui.widgets.row_list import RowList

COUNT_WIDTH = 5


@dataclass(frozen=True, slots=True)
class FacetRow:
    """A filter that can be put on or taken off, or the heading of a group."""

    kind: Literal["heading", "registry", "tag"]
    value: str
    """`npm`, a tag's slug, or the heading."""
    label: str = ""
    count: int = 0
    is_on: bool = False


class FacetList(RowList[FacetRow]):
    """Enter, space or a click sends `Selected` with the FacetRow that should change."""

    DEFAULT_CSS = """
    /* Without the focus the cursor would look like a filter that is on. */
    FacetList:blur > .lines--cursor { background: transparent; }
    FacetList:blur > .lines--marker { color: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "filter", id="facets.select"),
        Binding("space", "select", "filter", show=False, id="facets.toggle"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(
            [
                Column(_label),
                Column(_count, width=COUNT_WIDTH, align="right"),
            ],
            key=lambda row: (row.kind, row.value),
            heading=_heading,
            click_selects=True,
            id=id,
            classes="pane",
        )
        self.border_title = Content("Filter")

    def show(
        self, facets: SearchFacets, registries: Collection[str], tags: Collection[str]
    ) -> None:
        """What results can be narrowed by, and what they are narrowed by now."""
        rows = [FacetRow("heading", "Registry")] if facets.registries or registries else []
        rows += [
            FacetRow("registry", facet.value, facet.label, facet.count, facet.value in registries)
            for facet in facets.registries
        ]
        if facets.tags or tags:
            rows.append(FacetRow("heading", "Tag"))
        counted = {facet.value for facet in facets.tags}
        rows += [
            FacetRow("tag", facet.value, facet.label, facet.count, facet.value in tags)
            for facet in facets.tags
        ]
        rows += [FacetRow("tag", tag, tag, 0, True) for tag in sorted(set(tags) - counted)]
        self.set_rows(rows)


def _heading(row: FacetRow) -> Content | None:
    return Content(row.value) if row.kind == "heading" else None


def _label(row: FacetRow) -> Content:
    label = registry_label(row.value) if row.kind == "registry" else safe(row.label, 40)
    if not row.is_on:
        return Content("  ").append(label)
    return Content.assemble(Content.styled("✓ ", "bold $text-success"), label.stylize("bold"))


def _count(row: FacetRow) -> Content:
    return Content.styled(number(row.count), MUTED)
