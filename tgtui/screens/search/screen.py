"""Home: results as you type, filters on the left, a preview on the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.data.views.comparing import FEWEST, MOST
from tgtui.output.requests import PACKAGE_STATES
from tgtui.screens.base import opening
from tgtui.screens.base.commands import (
    ComparePackages,
    CopyMenu,
    OpenMenu,
    PaneLeft,
    PaneRight,
    ShowTree,
    TagPackages,
    WatchPackages,
    bindings,
)
from tgtui.screens.base.ordering import MOVES
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.search.commands import (
    ClearSearch,
    ExportPackages,
    MarkAll,
    MarkPackage,
    OpenCurrent,
    SaveSearch,
    ShowShared,
    SortResults,
    ToggleFacets,
    TogglePreview,
)
from tgtui.screens.search.empty import Ask, Nothing, Open, OpenFlaw, reference_text
from tgtui.screens.search.facets_pane import FacetsPane
from tgtui.screens.search.jobs import Queued, Told
from tgtui.screens.search.line import SearchLine
from tgtui.screens.search.preview_pane import PreviewPane
from tgtui.screens.search.results import ResultsPane
from tgtui.syntax.query import SearchQuery, parse_search
from tgtui.syntax.reference import PackageReference
from tgtui.widgets.keys import key
from tgtui.widgets.lists.row_list import RowList
from tgtui.widgets.search.news import NewsLine

if TYPE_CHECKING:
    from tgtui.screens.dialogs.menus import Choice  # dialogs are imported when they open

ON_MARKS = frozenset(
    {"ask", "compare_packages", "export", "mark", "tag_packages", "watch_packages"}
)
"""Actions on what is marked."""
SHARED_AT_MOST = 20
"""Packages whose trees are compared: each may have some ten thousand versions."""
OF_ONE = frozenset({"copy_menu", "open_menu", "mark"})
"""Actions on the package under the cursor."""


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
        WatchPackages,
        ComparePackages,
        ExportPackages,
        ShowShared,
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
        self.facets = FacetsPane(
            self.read,
            self.now,
            lambda: self.catalogue.searches.own(),
            can_save=lambda: self.check_action("save_search", ()) is True,
            id="facets",
        )
        named, hint = lambda: self.facets.projects, "react   npm:   tag:frontend"
        self.box = SearchLine(self.read, self._leave_box, named, placeholder=hint, id="box")
        self.results = ResultsPane(
            self.read,
            self.now,
            stopwatch=lambda: self.app.stopwatch(),
            renamed=lambda name: self.catalogue.renamed(name),
            person=lambda: self.catalogue.principal,
            is_typing=lambda: self.focused is self.box,
            is_enter_here=lambda: self.focused in (self.box, self.results.rows),
            id="results",
        )
        self.preview = PreviewPane(self.read, self.now, id="preview")
        self._news = NewsLine()
        self._recount: Timer | None = None
        self._is_recounted = False
        """The next refresh is no change of the catalogue, only the moment to count it again."""

    def compose_body(self) -> Iterable[Widget]:
        if not self.is_live:
            self.results.say(Content(self.app.opening_note))
        yield self.box
        yield self._news
        yield Horizontal(self.facets, self.results, self.preview, id="body")

    async def refresh_live(self) -> None:
        self._search_as_person()
        await self._show_news()
        await self.facets.refresh_saved()
        await self._search_again()
        await self.preview.read_again()
        await self._follow_size()

    def is_behind(self, action: str, *, is_seeking: bool) -> bool:
        """What is listed is not what was searched for; or its row under the cursor, from where one can move on, is
        not here; or not all that is to be marked is."""
        is_read = super().is_behind(action, is_seeking=is_seeking)
        if self.results.is_marking and action in ON_MARKS:
            return True
        is_row_awaited = action not in MOVES and self.focused is self.results.rows
        return (is_read and self.results.is_behind) or (
            is_row_awaited and self.results.is_reading_current
        )

    def focus_box(self) -> None:
        """Ready to type, with the text selected."""
        self.box.focus()
        self.box.select_all()

    def _leave_box(self) -> None:
        self.results.rows.focus()

    def write(self, query: SearchQuery | str) -> None:
        """Put a search into the line, as if it was typed."""
        self.box.value = clean(query, 1_000)
        self.box.cursor_to_end()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self.results.current
        if action == "open_package":
            return current is not None or self._can_enter
        if action in OF_ONE:
            return current is not None
        if action == "show_tree":
            return current is not None and current.state == "ready"
        if action in {"mark_all", "export"}:
            return self.results.rows.line_count > 0
        if action == "watch_packages":
            return bool(self.results.chosen) and super().check_action(action, parameters)
        if action == "tag_packages":
            is_admin = self.is_live and self.catalogue.principal.can("admin")
            return is_admin and bool(self.results.chosen)
        if action == "save_search":
            return self.is_live and self.catalogue.principal.can("authenticated")
        if action == "show_shared":
            return 1 < len(self.results.marks) <= SHARED_AT_MOST
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        current = self.results.current
        if action == "show_shared":
            return f"Mark 2 to {SHARED_AT_MOST} packages first: {key('search.mark')} marks one."
        if current is None:
            is_on_one = action in {*OF_ONE, "mark_all", "export", "show_tree", "watch_packages"}
            return "There is no package in the list." if is_on_one else ""
        if action == "show_tree":
            name = f"{current.registry}:{current.name}"
            return f"{name} {PACKAGE_STATES[current.state]}, so it has no tree yet."
        return ""

    @property
    def key_labels(self) -> Mapping[str, str]:
        """The list says itself what enter does with a row."""
        can_enter = self._can_enter
        return {"open_package": self.results.on_enter.label if can_enter else ""}

    @property
    def _can_enter(self) -> bool:
        """Enter in the empty list does what it does in the search line."""
        enter = self.results.on_enter
        is_something = not isinstance(enter, Nothing) or bool(enter.why)
        is_empty = not self.results.rows.line_count
        return is_empty and is_something and self.focused is self.results.rows

    # Rows come first, then the counts and the preview; what the next letter overtakes is dropped.

    @on(Input.Changed, "#box")
    def _typed(self, event: Input.Changed) -> None:
        if event.value.startswith("/"):  # the key that leads here, pressed when already here
            self.box.value = event.value.lstrip("/")
            return
        self.results.search_query = parse_search(event.value)
        self._search_as_person()
        if self.is_live and not self.results.is_searching:
            self.seek("search", self._search)

    @on(Input.Submitted, "#box")
    def _submitted(self) -> None:
        if self.is_live:
            self.act("search", self._open_or_ask)

    def _search_as_person(self) -> None:
        """What is watched is one's own; who that is, is known once the catalogue is open."""
        query = self.results.search_query
        if self.is_live:
            query = query.asked_by(self.catalogue.principal.account_id)
        self.results.search_query = self.facets.search = query
        self.box.follow(query)

    async def _show_news(self) -> None:
        glance = await self.catalogue.watching.glance()
        self.facets.is_anything_watched = glance.watched > 0
        self.facets.projects = await self.catalogue.projects.names()
        self._news.show(glance)

    async def _search(self) -> None:
        query = await self.results.search()
        await self.painted()
        await self._count(query)

    async def _search_again(self, *, reset: bool = False) -> None:
        query = self.results.search_query
        await self.results.refresh_rows(reset=reset)
        await self._count(query)

    async def _count(self, query: SearchQuery) -> None:
        if query != self.results.search_query:
            return
        facets = await self.facets.count()
        if facets is not None:
            self.results.show_total(facets)
            self._show_matching()
            self._count_again_in(facets.again_in)
            await self.box.look_up()

    async def _follow_size(self) -> None:
        """When the catalogue changes, not with each letter."""
        was_recounted, self._is_recounted = self._is_recounted, False
        again_in = await self.facets.follow_size()
        self._show_matching()
        if again_in and not was_recounted:
            self._count_again_in(again_in)

    def _count_again_in(self, seconds: float) -> None:
        """Else a change that came while counts were remembered would show only with the next one."""
        if self._recount is not None:
            self._recount.stop()
        self._recount = self.set_timer(seconds, self._count_anew) if seconds else None

    def _count_anew(self) -> None:
        self._is_recounted = True
        self.hint()

    async def _open_or_ask(self) -> None:
        """What was typed last counts, even before its results are there."""
        await self._search_again(reset=self.results.rows.cursor_line <= 0)
        await self._enter()

    async def _enter(self) -> None:
        match self.results.on_enter:
            case Open(package_id):
                self._open(package_id)
            case OpenFlaw(what):
                self.app.open(what)
            case Ask(package):
                await self.ask_for(package)
            case Nothing(why) if why:
                self.tell(why)

    @on(ResultsPane.Listed)
    def _listed(self) -> None:
        self.box.will(self.results.on_enter.label)
        self._show_matching()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        self.results.say_again()

    @on(ResultsPane.TotalChanged)
    def _show_matching(self) -> None:
        counted = self.facets.counted
        if counted is not None:
            is_of_list = self.facets.counted_of == self.results.listed
            of_list = counted if is_of_list else None
            self.box.border_subtitle = Content(self.results.summary(of_list, counted.catalogue))

    @on(RowList.Highlighted, "#results-list")
    def _moved(self, event: RowList.Highlighted) -> None:
        self.refresh_bindings()
        self.preview.row = event.row

    @on(RowList.Selected, "#results-list")
    def _chosen(self) -> None:
        self.action_open_package()

    @on(RowList.Selected, "#facets")
    def _filter(self, event: RowList.Selected) -> None:
        self.write(self.facets.search_by(event.row))

    @on(Told)
    def _told(self, event: Told) -> None:
        self.tell(event.text, is_error=event.is_error)

    @on(Queued)
    def _queued(self) -> None:
        self.hint()

    def action_open_package(self) -> None:
        row = self.results.current
        if row is not None:
            self._open(row.id)
        elif self._can_enter:
            self.act("search", self._enter)

    def _open(self, package_id: UUID) -> None:
        if self.is_live and self.results.search_query.words:
            self.catalogue.tending.note("search", package_id)
        self.app.open(opening.OpenPackage(package_id))

    async def action_show_tree(self) -> None:
        self.preview.row = self.results.current  # the message that says so may be under way
        detail = await self.preview.detail()
        if detail is not None and (latest := detail.latest) is not None:
            self.app.open(opening.OpenTree(latest.id, f"{detail.name}@{latest.version}"))

    def action_copy_menu(self) -> None:
        row = self.results.current
        if row is not None:
            self.app.open(opening.OpenCopies(row.registry, row.name, row.latest_version))

    async def action_open_menu(self) -> None:
        self.preview.row = self.results.current  # likewise
        detail = self.preview.known or await self.preview.detail()
        if detail is not None:
            self.app.open(opening.OpenPages(detail))

    def action_mark(self) -> None:
        self.results.mark()

    def action_mark_all(self) -> None:
        self.results.mark_all()

    def action_tag_packages(self) -> None:
        rows = self.results.chosen
        if rows:
            title = rows[0].name if len(rows) == 1 else counted(len(rows), "package")
            self.app.open(opening.OpenTagPicker([row.id for row in rows], title))

    def action_watch_packages(self) -> None:
        rows = self.results.chosen
        if rows:
            name = f"{rows[0].registry}:{rows[0].name}"
            self.act("watch", self.toggle_watched, [row.id for row in rows], name)

    def action_compare_packages(self) -> None:
        """Those that are marked, if they fit side by side; else a dialog asks."""
        rows = self.results.chosen
        packages = [PackageReference(row.registry, row.name) for row in rows[: MOST + 1]]
        if FEWEST <= len(packages) <= MOST:
            self.app.open(opening.OpenSideBySide(packages))
        elif len(packages) > MOST:
            self.tell(f"{len(rows)} packages are marked; {MOST} fit side by side at most.")
        else:
            self.app.open(opening.OpenComparing(" ".join([*map(str, packages), ""])))

    def action_export(self) -> None:
        from tgtui.screens.search.dialogs import ExportDialog

        dialog = ExportDialog(self.results.exported, self.results.count)
        self.app.push_screen(dialog, self._export_to)

    def _export_to(self, file: str | None) -> None:
        from tgtui.output.package_list import file_named

        if file is not None:
            self.results.export(file_named(file))

    def action_show_shared(self) -> None:
        self.app.open(opening.OpenShared([row.id for row in self.results.marks.rows]))

    def action_sort_results(self) -> None:
        from tgtui.screens.search.dialogs import sort_menu

        self.app.push_screen(sort_menu(self.results.search_query.sort), self._sort)

    def _sort(self, choice: Choice | None) -> None:
        from tgtui.screens.search.dialogs import sort_of

        if choice is not None:
            self.write(self.results.search_query.sorted_by(sort_of(choice)))

    def action_save_search(self) -> None:
        from tgtui.screens.search.dialogs import save_dialog

        typed = self.box.value.strip()
        if typed:
            self.app.push_screen(save_dialog(typed), self._save_as)
        else:
            self.tell("Type a search first; then you can save it under a name.")

    def _save_as(self, name: str | None) -> None:
        if name is not None:
            self.act("save", self._save, name)

    async def _save(self, name: str) -> None:
        try:
            await self.catalogue.searches.save(name, self.box.value.strip())
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"Saved as {name.strip()}; the filters list it.")
            self.hint()

    @on(FacetsPane.ForgetWanted)
    def _forget_wanted(self, event: FacetsPane.ForgetWanted) -> None:
        row = event.row
        if row is None or row.kind != "saved":
            self.tell("Only saved searches can be deleted.")
        else:
            self.act("save", self._forget, row.label, row.value)

    async def _forget(self, name: str, search: str) -> None:
        if await self.catalogue.searches.forget(name):
            self.tell(f"Deleted the saved search {name}: {search}")
            self.hint()

    async def action_ask(self) -> None:
        """For all that is marked; for what was not found, at once, if enter would; else in a dialog, filled with what
        is likely meant."""
        row = self.results.current
        if self.results.marks:
            self.results.ask_for_marked(self.catalogue.requesting)
        elif row is None and not isinstance(self.results.on_enter, Nothing):
            await self._enter()
        elif row is not None and row.state != "ready":
            self.app.open(opening.OpenAsk(f"{row.registry}:{row.name}"))
        else:
            self.app.open(opening.OpenAsk(reference_text(self.results.search_query)))

    def action_toggle_facets(self) -> None:
        self._toggle("-facets-toggled", "-preview-toggled")

    def action_toggle_preview(self) -> None:
        self._toggle("-preview-toggled", "-facets-toggled")

    def _toggle(self, pane: str, other: str) -> None:
        self.toggle_class(pane)
        if self.has_class("-narrow"):  # between both no name would be readable
            self.remove_class(other)

    def action_clear_search(self) -> None:
        self.box.value = ""
        self.box.focus()

    def action_back(self) -> None:
        if self.results.job.is_running:
            self.results.job.stop()
        elif self.results.marks and self.focused is self.results.rows:
            self.results.clear_marks()
        elif self.focused is not self.box:
            self.box.focus()
        else:
            self.box.value = ""

    def action_pane(self, step: int) -> None:
        panes = [pane for pane in (self.facets, self.results.rows, self.preview) if pane.display]
        here = next((place for place, pane in enumerate(panes) if pane is self.focused), None)
        if here is not None and 0 <= here + step < len(panes):
            panes[here + step].focus()
