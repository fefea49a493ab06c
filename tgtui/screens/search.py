"""Home: results while one types, filters on the left, a preview on the right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from tgtui.commands import (
    ClearSearch,
    CopyMenu,
    OpenMenu,
    OpenPackage,
    PaneLeft,
    PaneRight,
    ShowTree,
    ToggleFacets,
    TogglePreview,
    bindings,
)
from tgtui.data.views import PackageRow, SearchFacets
from tgtui.formatting import counted, number
from tgtui.references import PackageReference
from tgtui.screens.asking import nothing_found, reference_text, wanted_reference
from tgtui.screens.base import BaseScreen
from tgtui.screens.paging import PagedRows
from tgtui.searching import SearchQuery, parse_search
from tgtui.text import clean
from tgtui.widgets.facets import FacetList, FacetRow
from tgtui.widgets.list_pane import ListPane
from tgtui.widgets.preview import Preview
from tgtui.widgets.results import result_columns
from tgtui.widgets.row_list import RowList
from tgtui.widgets.search_box import SearchBox

if TYPE_CHECKING:
    from tgtui.data.views import PackageDetail

TYPING_PAUSE_S = 0.03
"""How long a search waits for the next letter."""
PREVIEW_PAUSE_S = 0.06
"""How long the preview waits for the cursor to rest."""
PAGE = 100
LIVE_ROWS = 500
"""Rows that are read again when the catalogue changes; what was paged in below them stays as it was."""


class SearchScreen(BaseScreen):
    """Reads in pages; a search that is overtaken by the next letter is dropped."""

    CSS_PATH = "search.tcss"
    AUTO_FOCUS = "#box"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        OpenPackage,
        ShowTree,
        ToggleFacets,
        TogglePreview,
        ClearSearch,
        CopyMenu,
        OpenMenu,
        PaneLeft,
        PaneRight,
    )

    def __init__(self) -> None:
        super().__init__()
        self._query = SearchQuery()
        self._shown: SearchQuery | None = None
        """The query whose results are listed; None until there are any."""
        self._rows = RowList[PackageRow](
            result_columns(lambda: self.app.now()), key=lambda row: row.id, id="results-list"
        )
        self._paged: PagedRows[PackageRow, str] = PagedRows(self._rows)
        self._milliseconds = 0

    def compose_body(self) -> Iterable[Widget]:
        box = SearchBox(placeholder="react   npm:   tag:frontend", id="box", compact=False)
        box.border_title = Content("Search")
        yield box
        yield Horizontal(
            FacetList(id="facets"),
            ListPane(self._rows, "Packages", id="results"),
            Preview(id="preview"),
            id="body",
        )

    def on_mount(self) -> None:
        if not self.is_live:
            self._results.say(Content(self.app.opening_note))

    @property
    def box(self) -> SearchBox:
        """Where one types."""
        return self.query_one("#box", SearchBox)

    @property
    def _results(self) -> ListPane:
        return self.query_one("#results", ListPane)

    @property
    def _current(self) -> PackageRow | None:
        return self._rows.current

    async def refresh_live(self) -> None:
        await self._search()
        await self._show_preview(self._current)

    def focus_box(self) -> None:
        """Ready to type, what is there selected."""
        self.box.focus()
        self.box.select_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"open_package", "copy_menu", "open_menu"}:
            return self.is_mounted and self._current is not None
        if action == "show_tree":
            return self.is_mounted and self._current is not None and self._current.state == "ready"
        return super().check_action(action, parameters)

    @on(Input.Changed, "#box")
    def _typed(self, event: Input.Changed) -> None:
        if event.value.startswith("/"):  # the key that leads here, pressed when one is here already
            self.box.value = event.value.lstrip("/")
            return
        self._query = parse_search(event.value)
        if self.is_live:
            self.start("search", self._search_typed)

    @on(Input.Submitted, "#box")
    def _submitted(self) -> None:
        if self.is_live:
            self.start("search", self._open_or_ask)

    @on(RowList.Selected, "#results-list")
    def _chosen(self) -> None:
        self.action_open_package()

    @on(RowList.Highlighted, "#results-list")
    def _moved(self, event: RowList.Highlighted) -> None:
        self.refresh_bindings()
        if self.is_live:
            self.start("preview", self._preview_when_at_rest, event.row)

    @on(RowList.NearEnd, "#results-list")
    def _near_end(self) -> None:
        self.start("page", self._load_more)

    @on(RowList.Selected, "#facets")
    def _filter(self, event: RowList.Selected) -> None:
        row: FacetRow = event.row
        narrow = self._query.toggled_registry if row.kind == "registry" else self._query.toggled_tag
        self.box.value = clean(narrow(row.value))

    def action_focus_results(self) -> None:
        self._rows.focus()

    def action_open_package(self) -> None:
        if self._current is not None:
            self.app.show_package(self._current.id)

    async def action_show_tree(self) -> None:
        detail = await self._detail()
        if detail is not None and detail.latest is not None:
            self.app.show_tree(detail.latest.id, f"{detail.name}@{detail.latest.version}")

    async def action_copy_menu(self) -> None:
        detail = await self._detail()
        if detail is not None:
            self.copy_menu(detail, detail.latest.version if detail.latest else None)

    async def action_open_menu(self) -> None:
        detail = await self._detail()
        if detail is not None:
            self.open_menu(detail)

    async def action_ask(self) -> None:
        """What was not found at once; else a line to write it in, filled with what is likely meant."""
        row = self._current
        if row is None and self._query.words:
            await self.ask_for(reference_text(self._query))
        elif row is not None and row.state != "ready":
            self.ask_in_a_line(f"{row.registry}:{row.name}")
        else:
            self.ask_in_a_line(reference_text(self._query))

    def action_toggle_facets(self) -> None:
        self.toggle_class("-facets-toggled")

    def action_toggle_preview(self) -> None:
        self.toggle_class("-preview-toggled")

    def action_clear_search(self) -> None:
        self.box.value = ""
        self.box.focus()

    def action_back(self) -> None:
        if self.focused is not self.box:
            self.box.focus()
        else:
            self.box.value = ""

    def action_pane(self, step: int) -> None:
        panes = [
            pane
            for pane in (self.query_one("#facets"), self._rows, self.query_one("#preview"))
            if pane.parent is not None and pane.display
        ]
        here = next((place for place, pane in enumerate(panes) if pane is self.focused), None)
        if here is not None and 0 <= here + step < len(panes):
            panes[here + step].focus()

    async def _search_typed(self) -> None:
        await asyncio.sleep(TYPING_PAUSE_S)
        await self._search(reset=True)

    async def _search(self, *, reset: bool = False) -> None:
        """Rows first, counts after. What the next letter overtook is not shown."""
        from tgtui.data.search import search_facets, search_packages

        query = self._query
        reset = reset or query != self._shown
        limit = PAGE if reset else min(LIVE_ROWS, max(PAGE, len(self._rows.rows)))
        started = self.app.stopwatch()
        page = await self.catalogue.database.read(search_packages, query, limit=limit)
        if query != self._query:
            return
        self._milliseconds = round((self.app.stopwatch() - started) * 1000)
        self._shown = query
        self._paged.show(page.rows, page.next_cursor, reset=reset)
        await self._show_nothing(query)
        facets = await self.catalogue.database.read(search_facets, query)
        if query == self._query:
            self._show_facets(facets)

    async def _load_more(self) -> None:
        from tgtui.data.search import search_packages

        query, read = self._shown, self.catalogue.database.read
        if query is None:
            return
        await self._paged.read_on(
            lambda after: read(search_packages, query, after=after, limit=PAGE)
        )

    def _show_facets(self, facets: SearchFacets) -> None:
        self.query_one(FacetList).show(facets, self._query.registries, self._query.tags)
        self.box.border_subtitle = Content(
            f"{number(facets.matching)} of {counted(facets.catalogue, 'package')}"
            f" · {self._milliseconds} ms"
        )

    async def _show_nothing(self, query: SearchQuery) -> None:
        if self._rows.rows:
            self._results.say(None)
            return
        reference = wanted_reference(query)
        request = None
        if isinstance(reference, PackageReference):
            from tgtui.data.request_lists import newest_request

            request = await self.catalogue.database.read(
                newest_request, reference.registry, reference.name
            )
        if query == self._query:
            key = "enter" if self.focused is self.box else "a"
            can_ask = self.catalogue.principal.can("ask")
            self._results.say(
                nothing_found(query, reference, request, key, self.app.now(), can_ask=can_ask)
            )

    async def _open_or_ask(self) -> None:
        """Enter in the box: what was typed last counts, also when its results are not there yet."""
        await self._search(reset=self._rows.cursor_line <= 0)
        if self._current is not None:
            self.action_open_package()
        elif self._query.words:
            await self.ask_for(reference_text(self._query))

    async def _preview_when_at_rest(self, row: PackageRow | None) -> None:
        await asyncio.sleep(PREVIEW_PAUSE_S)
        await self._show_preview(row)

    async def _show_preview(self, row: PackageRow | None) -> None:
        from tgtui.data.packages import edges_of, package_detail

        read = self.catalogue.database.read
        detail = None if row is None else await read(package_detail, row.id)
        edges = None
        if detail is not None and detail.latest is not None and detail.latest.dependencies_loaded:
            edges = await read(edges_of, detail.latest.id, only_installed=True)
        here = self._current
        if (row and row.id) == (here and here.id):
            self.query_one(Preview).show(detail, edges, self.app.now())

    async def _detail(self) -> PackageDetail | None:
        from tgtui.data.packages import package_detail

        row = self._current
        if row is None:
            return None
        return await self.catalogue.database.read(package_detail, row.id)
