"""The dependency tree of one version, or of what depends on it: read as it is unfolded, live, searched as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tgtui.basics.errors import TgtuiError
from tgtui.basics.files.paths import working_folder
from tgtui.basics.formatting import size
from tgtui.basics.text import clean
from tgtui.data.graph.finding import Hit
from tgtui.data.graph.tree import TreeQuery
from tgtui.output.trees.files import write_file
from tgtui.screens.base.commands import bindings
from tgtui.screens.base.opening import OpenPackage, OpenTree
from tgtui.screens.base.screen import BaseScreen
from tgtui.screens.tree.commands import (
    AnyVersion,
    ExportTree,
    FilterTree,
    FindInTree,
    FlipTree,
    HitBefore,
    JumpBack,
    NextHit,
    NodeDependents,
    NodeTree,
    OtherExtras,
    Why,
)
from tgtui.screens.tree.detail_pane import DetailPane
from tgtui.screens.tree.dialogs import Export, ExportScreen, FilterScreen, Way, WhyScreen
from tgtui.screens.tree.filter import TreeFilter
from tgtui.screens.tree.find_bar import TreeFindBar
from tgtui.screens.tree.head import TreeHead
from tgtui.screens.tree.knowledge import TreeKnowledge
from tgtui.screens.tree.tree_pane import TreePane
from tgtui.syntax.reference import PackageReference
from tgtui.versions.npm.platform import Platform
from tgtui.widgets.find_bar import FindBar, FindInput
from tgtui.widgets.keys import key
from tgtui.widgets.tree.legend import TreeLegend
from tgtui.widgets.tree.view import TreeView

REST = 4
"""A look at the whole tree is followed by a rest this many times as long: looking must not slow the worker."""
QUICK_S = 0.1
"""A look that took no longer needs no rest."""
MAX_NAME = 80
"""Characters of a name in a question."""
WHY_NOT = {
    "any_version": (
        "Dependents are of one version or of any; {} shows the dependents.",
        "tree.flip",
    ),
    "export": (
        "The tree of what it brings can be exported, not its dependents; {} reverses it.",
        "tree.flip",
    ),
    "hit": ("Find something first: {} asks for a name.", "tree.find"),
    "jump_back": ("The cursor did not come here from a repeat.", "tree.back"),
}
"""By action, for a key that does nothing where it is pressed; and the binding whose key it names."""


class TreeScreen(BaseScreen):
    """Opens at once; totals, counts and freshness arrive on their own."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        FindInTree,
        Why,
        FlipTree,
        AnyVersion,
        OtherExtras,
        FilterTree,
        ExportTree,
        NextHit,
        HitBefore,
        NodeDependents,
        NodeTree,
        JumpBack,
    )

    def __init__(self, version_id: UUID, title: str, *, is_upwards: bool = False) -> None:
        """`title` names the version until it has been read, e.g. `express@4.21.2`."""
        super().__init__()
        self.knowledge = TreeKnowledge(self.read, self._platform)
        self.pane = TreePane(
            TreeQuery(version_id, is_upwards),
            title,
            read=self.read,
            knowledge=self.knowledge,
            want=self._want,
            can_ask=self._can_ask,
            unattended=self.unattended,
        )
        self._head = TreeHead()
        self._find_bar = TreeFindBar()
        self._detail = DetailPane(self.read, self.knowledge, self._can_ask)
        self._legend = TreeLegend()
        self._looking = self.coalescer(self._look_at_all)
        self._sighting = self.coalescer(self.pane.read_what_is_seen)
        self._explaining = self.coalescer(self._explain)

    def place(self) -> Content:
        return Content("Dependents" if self.pane.shown.is_upwards else "Dependency tree")

    def compose_body(self) -> Iterable[Widget]:
        yield self._head
        yield self._find_bar
        yield self.pane
        yield self._detail
        yield self._legend

    def on_mount(self) -> None:
        self.pane.view.focus()
        self._draw_head()

    async def refresh_live(self) -> None:
        await self.pane.read_again()
        self.refresh_bindings()
        if self.pane.is_gone:
            self._clear_around()
            return
        self.draw_frame()
        self._draw_head()
        # After the lines, however large the whole is.
        self._looking.hint()
        self._explaining.hint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "ask":
            return self._can_ask()
        if action == "any_version":
            return self.pane.shown.is_upwards
        if action == "extras":
            return not self.pane.shown.is_upwards and len(self.pane.environments) > 1
        if action == "export":
            return not self.pane.shown.is_upwards and self.pane.package is not None
        if action == "hit":
            return self._find_bar.has_hits
        if action == "jump_back":
            return self.pane.view.came_from is not None
        if action in {"why", "node_dependents", "node_tree"}:
            return self.pane.view.current is not None
        if action in {"find", "flip", "filter"}:
            return self.is_live
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action == "export" and not self.pane.shown.is_upwards:
            return ""
        why, named = WHY_NOT.get(action.partition("(")[0], ("", ""))
        return why.format(key(named)) if why and self.is_live else ""

    # What the cursor is on, and what is seen.

    @on(TreeView.Highlighted)
    def _highlighted(self) -> None:
        self._detail.show(self.pane.spot)
        self._explaining.hint()
        self.refresh_bindings()

    @on(TreeView.Looked)
    def _looked(self) -> None:
        self._draw_legend()
        if self.is_live:
            self._sighting.hint()

    @on(TreeView.Counted)
    def _draw_legend(self) -> None:
        view = self.pane.view
        marks = view.model.marks_to_explain(view.in_sight())
        has_counts = any(view.look.brings.values())
        self._legend.show(marks, is_upwards=view.model.is_upwards, has_counts=has_counts)

    async def _look_at_all(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            await self.pane.look()
        except TgtuiError:
            return  # the queue strip says it: the tree itself is read from the same database
        self._draw_head()
        await self.pane.count()
        self._explaining.hint()
        took = loop.time() - started
        if took > QUICK_S:
            await asyncio.sleep(REST * took)

    async def _explain(self) -> None:
        if (spot := self.pane.spot) is not None:
            try:
                await self._detail.explain(spot, self.pane.shown)
            except TgtuiError as error:
                self.tell(error, is_error=True)

    # Opening what a node stands for, and asking for it.

    @on(TreeView.PackageChosen)
    def _package_chosen(self, event: TreeView.PackageChosen) -> None:
        edge = event.node.edge
        if edge.package_id is None:
            self.tell(f"{edge.name} is not in the catalogue yet: there is nothing to open.")
        else:
            version = edge.resolved_version if edge.resolved_version_id else None
            self.app.open(OpenPackage(edge.package_id, version))

    def action_node_dependents(self) -> None:
        self._open_node(is_upwards=True)

    def action_node_tree(self) -> None:
        self._open_node(is_upwards=False)

    def _open_node(self, *, is_upwards: bool) -> None:
        if (node := self.pane.view.current) is None:
            return
        edge = node.edge
        if edge.resolved_version_id is None:
            self.tell(f"{edge.name} is not in the catalogue: there is nothing to show yet.")
            return
        title = f"{edge.name}@{edge.resolved_version}"
        self.app.open(OpenTree(edge.resolved_version_id, title, is_upwards))

    async def action_ask(self) -> None:
        """Queue the node's package, or the dependencies of its version."""
        if (node := self.pane.view.current) is None:
            return
        edge = node.edge
        try:
            if edge.resolved_version_id is not None and not edge.is_loaded:
                await self._want(edge.resolved_version_id)
            elif edge.is_missing or edge.is_unresolved:
                await self.catalogue.requesting.ask(PackageReference(edge.registry, edge.name))
            else:
                self.tell("It is already fully loaded.")
                return
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"{edge.registry}:{edge.name} is queued; the line below shows the progress.")
            self.hint()

    # Finding.

    def action_find(self) -> None:
        self._find_bar.open()

    def action_hit(self, step: int) -> None:
        self._find_bar.step(step)

    def action_back(self) -> None:
        """First out of a search, then out of the tree."""
        if self._find_bar.is_open:
            self._end_search()
        else:
            super().action_back()

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        self.seek("find", self._find, event.text.strip())

    @on(FindBar.Taken)
    def _taken(self) -> None:
        if self._find_bar.has_hits:
            self.set_focus(self.pane.view)
            self._find_bar.step(1)

    @on(TreeFindBar.GoTo)
    def _go_to(self, event: TreeFindBar.GoTo) -> None:
        self.act("jump", self._jump, event.hit)

    @on(FindInput.Left)
    def _end_search(self) -> None:
        had_focus = self._find_bar.has_focus_within
        self._find_bar.close()
        self.pane.view.highlight("")
        if had_focus:
            self.set_focus(self.pane.view)
        self.refresh_bindings()

    async def _find(self, text: str) -> None:
        if text:
            self._find_bar.wait()
        hits = await self.pane.hits(text)
        self._find_bar.show(hits, is_whole=self.knowledge.is_whole)
        self.refresh_bindings()

    async def _jump(self, hit: Hit) -> None:
        if not await self.pane.go_to(hit):
            self.tell("It is no longer in the tree; the tree is being reloaded.")
            self.hint()

    # Why a node is here.

    def action_why(self) -> None:
        if (node := self.pane.view.current) is None:
            return
        edge, query, root = node.edge, self.pane.shown, self.pane.title
        # What is not in the catalogue is explained by what needs it.
        explained = node if edge.resolved_version_id is not None else node.parent
        version_id = explained.edge.resolved_version_id if explained is not None else None
        if explained is None or version_id is None:
            self.tell(f"{root} depends on {edge.name} directly: {edge.range or '*'}.")
            return
        name = clean(f"{explained.edge.name}@{explained.edge.resolved_version}", MAX_NAME)
        if explained is not node:
            absent = clean(edge.name, MAX_NAME)
            title = f"{absent} is not in the catalogue. Why {name}, which needs it, is here:"
        elif query.is_upwards:
            title = f"How {name} comes to depend on {clean(root, MAX_NAME)}:"
        else:
            title = f"Why {name} is here:"
        ways = partial(self.knowledge.ways, query, version_id)
        self.app.push_screen(WhyScreen(title, self.pane.registry, ways), self._walk)

    def _walk(self, way: Way | None) -> None:
        if way is not None:
            self.act("why", self._walk_along, way)

    async def _walk_along(self, way: Way) -> None:
        if not await self.pane.walk_along(way.steps):
            self.tell("The filter hides this path, or it no longer exists.")

    # Another tree in the place of this one.

    def action_flip(self) -> None:
        query = self.pane.shown
        self._show(TreeQuery(query.version_id, not query.is_upwards), TreeFilter())

    def action_any_version(self) -> None:
        query, package = self.pane.shown, self.pane.package
        if package is not None:
            whole = package.id if query.package_id is None else None
            self._show(replace(query, package_id=whole), self.pane.filter)

    def action_extras(self) -> None:
        """The next of those that were asked for."""
        query, sets = self.pane.shown, [each.extras for each in self.pane.environments]
        place = sets.index(query.extras) + 1 if query.extras in sets else 0
        self._show(replace(query, extras=sets[place % len(sets)]), self.pane.filter)

    def action_filter(self) -> None:
        is_upwards = self.pane.shown.is_upwards
        dialog = FilterScreen(self.pane.filter, self.pane.registry, is_upwards=is_upwards)
        self.app.push_screen(dialog, self._apply)

    def _apply(self, filter: TreeFilter | None) -> None:
        if filter is not None and filter != self.pane.filter:
            self._show(replace(self.pane.shown, kinds=filter.kinds), filter)

    def _show(self, query: TreeQuery, filter: TreeFilter) -> None:
        self._end_search()
        self.pane.show(query, filter)
        self._clear_around()
        self._draw_head()
        if filter.only is None:
            self.load()
        else:
            self.seek("sift", self._sift)

    async def _sift(self) -> None:
        """Show only what the filter lets through, and go to the first of it."""
        hits = await self.pane.sift()
        self.load()
        self._find_bar.show(hits, is_whole=self.knowledge.is_whole)
        self._find_bar.step(1)
        self.refresh_bindings()

    def action_jump_back(self) -> None:
        self.pane.view.action_jump_back()

    # Writing it into a file.

    def action_export(self) -> None:
        """Choose a format; the file goes into the folder the program was started in."""
        package, version = self.pane.package, self.pane.version
        if package is not None and version is not None:
            dialog = ExportScreen(working_folder(), package.name, version.version)
            self.app.push_screen(dialog, self._export_to)

    def _export_to(self, export: Export | None) -> None:
        if export is not None:
            self.start("export", self._export, export)

    async def _export(self, export: Export) -> None:
        try:
            tree = await self.pane.exported(self.now())
            written = await asyncio.to_thread(write_file, tree, export.format, export.path)
        except TgtuiError as error:
            self.tell(error, is_error=True)
        else:
            self.tell(f"Wrote {export.path} ({size(written)}).")

    async def _want(self, version_id: UUID) -> None:
        await self.catalogue.requesting.want_version(version_id)

    def _platform(self) -> Platform:
        return Platform.of(self.catalogue.settings.npm.platform)

    def _can_ask(self) -> bool:
        return self.is_live and self.catalogue.principal.can("authenticated")

    def _clear_around(self) -> None:
        self._legend.clear_marks()
        self._detail.show(None)

    def _draw_head(self) -> None:
        pane = self.pane
        self._head.show(
            pane.name_shown,
            pane.package.registry if pane.package is not None else None,
            pane.facts(self.now()),
            pane.filter.words(pane.registry),
            is_upwards=pane.shown.is_upwards,
            doubts=pane.doubts,
        )
