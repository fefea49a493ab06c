"""Home: results while one types, filters on the left, a preview on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.data.views.packages import PackageRow
from tgtui.data.views.searches import SavedSearchRow, SearchFacets
from tgtui.screens.base.commands import (
    CopyMenu,
    OpenMenu,
    PaneLeft,
    PaneRight,
    ShowTree,
    TagPackages,
    bindings,
)
from tgtui.screens.base.opening import OpenPackage, OpenTagPicker, OpenTree
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.search import asking, searches, whole
from tgtui.screens.search.commands import (
    ClearSearch,
    ExportPackages,
    MarkAll,
    MarkPackage,
    OpenCurrent,
    SaveSearch,
    SortResults,
    ToggleFacets,
    TogglePreview,
)
from tgtui.screens.search.preview_pane import Previewing
from tgtui.screens.search.promised import PromisedCounts
from tgtui.screens.search.results import FoundPackages
from tgtui.syntax.query import SearchQuery, parse_search
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.lists.sparse_list import SparseList
from tgtui.widgets.packages.preview import Preview
from tgtui.widgets.search.box import SearchBox
from tgtui.widgets.search.facets import FacetList, FacetRow


class SearchScreen(BaseScreen):
    """A line to type in, the filters, what was found, a preview of what the cursor is on."""

    CSS_PATH = "search.tcss"
    AUTO_FOCUS = "#box"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        OpenCurrent,
        ShowTree,
        MarkPackage,
        MarkAll,
        TagPackages,
        ExportPackages,
        SortResults,
        SaveSearch,
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
        self.found = FoundPackages(self)
        """The list in the middle."""
        self._facets: SearchFacets | None = None
        """Of the search that was counted last."""
        self._saved: Sequence[SavedSearchRow] = ()
        self._is_reading = False
        """Rows of what was typed are being read; what is typed meanwhile is read next."""
        self._exclusions = searches.Exclusions(self)
        self._promised = PromisedCounts()
        self._previewing = Previewing(self, lambda: self._current)

    def compose_body(self) -> Iterable[Widget]:
        yield SearchBox(self._completions, placeholder="react   npm:   tag:frontend", id="box")
        panes = FacetList(id="facets"), self.found.pane, Preview(id="preview")
        yield Horizontal(*panes, id="body")

    def on_mount(self) -> None:
        if not self.is_live:
            self.found.pane.say(Content(self.app.opening_note))

    @property
    def box(self) -> SearchBox:
        """Where one types."""
        return self.query_one("#box", SearchBox)

    @property
    def _current(self) -> PackageRow | None:
        return self.found.rows.current

    async def refresh_live(self) -> None:
        self._saved = await self.catalogue.saved_searches()
        await self._search()
        await self._previewing.show()

    def focus_box(self) -> None:
        """Ready to type, what is there selected."""
        self.box.focus()
        self.box.select_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"open_package", "copy_menu", "open_menu", "mark"}:
            return self.is_mounted and self._current is not None
        if action == "show_tree":
            return self.is_mounted and self._current is not None and self._current.state == "ready"
        if action in {"mark_all", "export"}:
            return self.is_mounted and self.found.rows.line_count > 0
        if action == "tag_packages":
            is_admin = self.is_live and self.catalogue.principal.can("admin")
            return is_admin and self.is_mounted and bool(self.found.chosen)
        if action in {"save_search", "forget_search"}:
            return self.is_live and self.catalogue.principal.can("ask")
        return super().check_action(action, parameters)

    @on(Input.Changed, "#box")
    def _typed(self, event: Input.Changed) -> None:
        if event.value.startswith("/"):  # the key that leads here, pressed when one is here already
            self.box.value = event.value.lstrip("/")
            return
        query = self.found.query = parse_search(event.value)
        self._exclusions.forget_others(query)
        self.box.judge(query, self._exclusions.note)
        if self.is_live and not self._is_reading:
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
        self._previewing.follow(event.row)

    @on(SparseList.Moved, "#results-list")
    def _looked(self) -> None:
        self.found.pages.look()
        self.call_after_refresh(self._show_place)
        if self.found.is_at_bound:
            self.start("end", self.found.count)

    @on(SparseList.LastWanted, "#results-list")
    def _last_wanted(self) -> None:
        self.start("end", self.found.go_to_end)

    @on(RowList.Selected, "#facets")
    def _filter(self, event: RowList.Selected) -> None:
        row: FacetRow = event.row
        self.write(searches.chosen(self.found.query, row))

    def write(self, query: SearchQuery | str) -> None:
        """Put a search into the line, as if it was typed."""
        self.box.value = clean(query, 1_000)
        self.box.cursor_to_end()

    def action_focus_results(self) -> None:
        self.found.rows.focus()

    def action_open_package(self) -> None:
        if self._current is not None:
            if self.is_live and self.found.query.words:
                self.catalogue.tending.note("search", self._current.id)
            self.app.open(OpenPackage(self._current.id))

    async def action_show_tree(self) -> None:
        detail = await self._previewing.detail()
        if detail is not None and detail.latest is not None:
            self.app.open(OpenTree(detail.latest.id, f"{detail.name}@{detail.latest.version}"))

    async def action_copy_menu(self) -> None:
        from tgtui.screens.dialogs.menus import copy_menu

        detail = await self._previewing.detail()
        if detail is not None:
            copy_menu(self, detail, detail.latest.version if detail.latest else None)

    async def action_open_menu(self) -> None:
        from tgtui.screens.dialogs.menus import open_menu

        detail = await self._previewing.detail()
        if detail is not None:
            open_menu(self, detail)

    def action_mark(self) -> None:
        if self._current is not None:
            self.found.marked.toggle(self._current)
            self.found.rows.action_cursor_down()
            self.found.show_title()

    def action_mark_all(self) -> None:
        whole.mark_all(self)

    def action_tag_packages(self) -> None:
        rows = self.found.chosen
        if rows:
            title = rows[0].name if len(rows) == 1 else counted(len(rows), "package")
            self.app.open(OpenTagPicker([row.id for row in rows], title))

    def action_export(self) -> None:
        from tgtui.screens.search.export import export

        export(self)

    def action_sort_results(self) -> None:
        searches.choose_sort(self, self.found.query)

    def action_save_search(self) -> None:
        searches.save(self, self.box.value)

    async def action_forget_search(self) -> None:
        await searches.forget(self, self.query_one(FacetList).current)

    async def action_ask(self) -> None:
        await asking.ask(self)

    def action_toggle_facets(self) -> None:
        self._toggle("-facets-toggled", "-preview-toggled")

    def action_toggle_preview(self) -> None:
        self._toggle("-preview-toggled", "-facets-toggled")

    def _toggle(self, pane: str, other: str) -> None:
        self.toggle_class(pane)
        if self.has_class("-narrow"):  # between both no name would be read
            self.remove_class(other)

    def action_clear_search(self) -> None:
        self.box.value = ""
        self.box.focus()

    def action_back(self) -> None:
        if self.found.work.is_running:
            self.found.work.stop()
        elif self.found.marked and self.focused is self.found.rows:
            self.found.marked.clear()
            self.found.show_title()
        elif self.focused is not self.box:
            self.box.focus()
        else:
            self.box.value = ""

    def action_pane(self, step: int) -> None:
        all_panes = self.query_one("#facets"), self.found.rows, self.query_one("#preview")
        panes = [pane for pane in all_panes if pane.display]
        here = next((place for place, pane in enumerate(panes) if pane is self.focused), None)
        if here is not None and 0 <= here + step < len(panes):
            panes[here + step].focus()

    async def _completions(self, operator: str, begun: str) -> Sequence[str]:
        return await searches.values_of(self, operator, begun) if self.is_live else ()

    async def _search_typed(self) -> None:
        self._is_reading = True
        try:
            query = None
            while query != self.found.query:
                query = self.found.query
                await self.found.read(reset=True)
        finally:
            self._is_reading = False
        await self.painted()
        await self._count(query)

    async def _search(self, *, reset: bool = False) -> None:
        """Rows first, counts after. What the next letter overtook is not shown."""
        query = self.found.query
        await self.found.read(reset=reset)
        await self._count(query)

    async def _count(self, query: SearchQuery | None) -> None:
        from tgtui.data.search.facets import search_facets

        if query is None or query != self.found.query:
            return
        facets = await self.catalogue.database.read(search_facets, query, now=self.app.now())
        if query != self.found.query:
            return
        self._show_facets(self._promised.kept(query, facets))
        await self._exclusions.look(query)
        if query == self.found.query:
            self.box.judge(query, self._exclusions.note)

    def _show_facets(self, facets: SearchFacets) -> None:
        self._facets = facets
        self.found.show_total(facets)
        self.query_one(FacetList).show(facets, self.found.query, self._saved)
        self._show_matching()

    def _show_place(self) -> None:
        """In the borders, once the list is painted: that is what people wait for."""
        self.found.show_position()
        self._show_matching()

    def _show_matching(self) -> None:
        if self._facets is not None:
            text = searches.matching(self._facets, self.found.pages.found)
            self.box.border_subtitle = Content(f"{text} · {self.found.milliseconds} ms")

    async def _open_or_ask(self) -> None:
        """Enter in the box: what was typed last counts, also when its results are not there yet."""
        await self._search(reset=self.found.rows.cursor_line <= 0)
        if self._current is not None:
            self.action_open_package()
        elif self.found.query.words:
            await asking.open_renamed_or_ask(self)
